import { textOf, utf8 } from '@dcann/protocol/bytes'
import { canonicalText, parseBounded } from '@dcann/protocol/canonical'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import { admitRoot, rootNoun, type RootRecord, rootSigners, rootStanding } from '@dcann/protocol/root'
import {
  parseSchema,
  proveSigned,
  readSigned,
  type RecordId,
  type Signed,
  signedSchema,
  type Verified,
} from '@dcann/protocol/signed'
import type { Instant } from '@dcann/protocol/time'
import { createRegistryClient } from './registry-client.ts'
import { instantOf, type World } from './world.ts'

/** The root as this client trusts it: what was pinned, and every version that followed by its own signatures. */
export type Trust = {
  /** Record id of the pinned root: what people compare when they compare roots. */
  readonly pin: RecordId
  /** Every version from the first to the newest known, each admitted after the one before. */
  readonly roots: () => readonly Verified<RootRecord>[]
  /** The newest version known. Throws `root-invalid` once it has expired for so long that nothing resolves under it. */
  readonly current: () => Verified<RootRecord>
  /**
   * Asks for newer versions and keeps them. When no registry answers, what is known goes on. Throws `rollback` for one
   * that serves an older version as a newer, `root-invalid` for one that does not follow, if no other registry does better.
   */
  readonly refresh: () => Promise<void>
}

export type TrustOptions = {
  readonly world: World
  /** The pinned root: the signed record, parsed. */
  readonly pinned: Signed
  /** Base addresses of registries that serve the root zone, asked in order. */
  readonly registries: readonly string[]
}

/**
 * Opens trust from a pinned root file: proves it by its own signatures, takes up the versions seen before, and walks on to
 * the newest. Needs the network only when the pin is not the first version and nothing was seen before.
 *
 * Throws `root-invalid`, or `unreachable` when an older version is needed and no registry answers.
 *
 * ```ts
 * const trust = await openTrust({ world, pinned: readRootFile(text), registries: ['https://registry.example'] })
 * ```
 *
 * spec: root#trust
 */
export async function openTrust({ world, pinned, registries }: TrustOptions): Promise<Trust> {
  const pin = readSigned(rootNoun, pinned)
  const key = `${pin.id}/roots`
  const clients = registries.map((url) => createRegistryClient(world, url))
  const seen = await world.seen.read(key)
  const before = seen === undefined ? await firstVersions(pinned, pin.payload.seq, clients) : readRoots(seen)
  let roots = await admitRoots(before, pin.id, instantOf(world))

  const keep = async (): Promise<void> => {
    await world.seen.write(key, utf8(canonicalText(roots.map(({ signed }) => signed))))
  }
  if (seen === undefined) await keep()

  const refresh = async (): Promise<void> => {
    const known = roots.length
    for (;;) {
      const next = await nextRoot(roots, clients, instantOf(world))
      if (next === undefined) break
      roots = [...roots, next]
    }
    if (roots.length > known) await keep()
  }
  await refresh()

  return {
    pin: pin.id,
    roots: () => roots,
    current: () => standingRoot(roots, instantOf(world)),
    refresh,
  }
}

/** Reads a root file: JSON of one signed record. Throws `root-invalid`. */
export function readRootFile(text: string): Signed {
  try {
    return parseSchema(signedSchema, parseBounded(text), 'reading the root file')
  } catch (error) {
    throw rootInvalid('reading the root file', error)
  }
}

/**
 * Admits versions of the root from the first on, and demands that the pinned one is among them. Throws `root-invalid`.
 *
 * spec: root#trust
 */
export async function admitRoots(
  signed: readonly Signed[],
  pin: RecordId,
  now: Instant,
): Promise<readonly Verified<RootRecord>[]> {
  const roots: Verified<RootRecord>[] = []
  for (const [i, one] of signed.entries()) {
    try {
      roots.push(await admitNext(roots.at(-1), one, now))
    } catch (error) {
      throw rootInvalid(`admitting version ${i + 1} of the root`, error)
    }
  }
  if (!roots.some(({ id }) => id === pin)) {
    throw new ProtocolError(
      'root-invalid',
      `admitting the root: the pinned ${quote(pin, 43)} is none of its ${roots.length} version(s); compare the root file with one from elsewhere`,
    )
  }
  return roots
}

async function admitNext(
  held: Verified<RootRecord> | undefined,
  signed: Signed,
  now: Instant,
): Promise<Verified<RootRecord>> {
  const submitted = readSigned(rootNoun, signed)
  const proposed = await proveSigned(submitted, rootSigners(held?.payload, submitted.payload))
  admitRoot(held, proposed, now)
  return proposed
}

function readRoots(seen: Uint8Array): Signed[] {
  try {
    return parseSchema(signedSchema.array().min(1), parseBounded(textOf(seen)), 'reading the roots seen before')
  } catch (error) {
    throw rootInvalid('reading the roots seen before', error)
  }
}

type Client = ReturnType<typeof createRegistryClient>

/** The versions before the pinned one vouch for nothing by themselves: the pinned one names them by record id. */
async function firstVersions(pinned: Signed, seq: number, clients: readonly Client[]): Promise<Signed[]> {
  const versions: Signed[] = []
  for (let version = 1; version < seq; version++) {
    const { found, error } = await askEach(clients, async (client) => await client.root(version))
    if (found === undefined) throw error ?? new ProtocolError('unreachable', 'opening trust: no registry is named')
    versions.push(found)
  }
  return [...versions, pinned]
}

async function nextRoot(
  roots: readonly Verified<RootRecord>[],
  clients: readonly Client[],
  now: Instant,
): Promise<Verified<RootRecord> | undefined> {
  const { found, error } = await askEach(clients, async (client) => {
    const signed = await client.root(roots.length + 1)
    refuseOlder(signed, roots.length)
    try {
      return await admitNext(roots.at(-1), signed, now)
    } catch (cause) {
      throw rootInvalid(`admitting version ${roots.length + 1} of the root from ${client.url}`, cause)
    }
  })
  if (error?.code === 'rollback' || error?.code === 'root-invalid') {
    if (found === undefined) throw error
  }
  return found
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
  clients: readonly Client[],
  ask: (client: Client) => Promise<T>,
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

function standingRoot(roots: readonly Verified<RootRecord>[], now: Instant): Verified<RootRecord> {
  const root = roots.at(-1)
  if (root === undefined || rootStanding(root.payload, now) === 'ended') {
    throw new ProtocolError(
      'root-invalid',
      `trusting the root: version ${roots.length} expired at ${root?.payload.expires} and resolves nothing any more; ask a registry for a newer one`,
      { standing: 'ended' },
    )
  }
  return root
}

function rootInvalid(doing: string, cause: unknown): ProtocolError {
  if (!(cause instanceof ProtocolError)) throw cause
  if (cause.code === 'rollback') return cause
  return new ProtocolError('root-invalid', `${doing}: ${cause.message}`, { cause: cause.code })
}
