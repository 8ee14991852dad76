import { ProtocolError } from '@dcann/protocol/errors'
import { limits } from '@dcann/protocol/limits'
import { rootNoun, type RootRecord } from '@dcann/protocol/root'
import { readSigned, type Signed, type Verified } from '@dcann/protocol/signed'
import type { Instant } from '@dcann/protocol/time'
import type { RegistryClient } from './registry-client.ts'
import { admitNext, rootInvalid } from './root-history.ts'

/**
 * Fetches every version up to the pinned one, which alone vouches for those before: it names them by record id.
 * Throws `unreachable`.
 */
export async function firstVersions(
  pinned: Signed,
  seq: number,
  clients: readonly RegistryClient[],
): Promise<Signed[]> {
  if (seq > limits.rootVersions) throw tooMany(seq)
  const versions: Signed[] = []
  for (let version = 1; version < seq; version++) {
    const { found, error } = await askEach(clients, async (client) => await client.root(version))
    if (found === undefined) throw error ?? new ProtocolError('unreachable', 'opening trust: no registry is named')
    versions.push(found)
  }
  return [...versions, pinned]
}

/**
 * Fetches the version after the newest known, from the first registry whose version follows; `undefined` when there is none
 * or none answers. Throws `rollback` or `root-invalid` for a lie that no other registry makes good.
 */
export async function nextRoot(
  roots: readonly Verified<RootRecord>[],
  clients: readonly RegistryClient[],
  now: Instant,
): Promise<Verified<RootRecord> | undefined> {
  const { found, error } = await askEach(clients, async (client) => {
    const signed = await client.root(roots.length + 1)
    if (roots.length >= limits.rootVersions) throw tooMany(roots.length + 1)
    try {
      refuseOlder(signed, roots.length)
      return await admitNext(roots.at(-1), signed, now)
    } catch (cause) {
      throw rootInvalid(`admitting version ${roots.length + 1} of the root from ${client.url}`, cause)
    }
  })
  if (error?.code === 'rollback' || error?.code === 'root-invalid') throw error
  return found
}

function tooMany(version: number): ProtocolError {
  return new ProtocolError(
    'root-invalid',
    `walking the root: there is a version ${version}, expected ${limits.rootVersions} at most`,
    { version },
  )
}

function refuseOlder(signed: Signed, known: number): void {
  const { seq } = readSigned(rootNoun, signed).payload
  if (seq <= known) {
    throw new ProtocolError(
      'rollback',
      `asking for version ${known + 1} of the root: got version ${seq}, and ${known} is known; ask another registry`,
      { known, seq },
    )
  }
}

/** What the first registry gives that gives anything, else the gravest of what went wrong. */
async function askEach<T>(
  clients: readonly RegistryClient[],
  ask: (client: RegistryClient) => Promise<T>,
): Promise<{ found?: T; error?: ProtocolError }> {
  let gravest: ProtocolError | undefined
  for (const client of clients) {
    try {
      return { found: await ask(client) }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      if (gravest === undefined || error.code === 'rollback' || error.code === 'root-invalid') gravest = error
    }
  }
  return gravest === undefined ? {} : { error: gravest }
}
