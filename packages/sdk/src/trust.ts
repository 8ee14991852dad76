import { textOf, utf8 } from '@dcann/protocol/bytes'
import { canonicalText, parseBounded } from '@dcann/protocol/canonical'
import { ProtocolError } from '@dcann/protocol/errors'
import { times } from '@dcann/protocol/limits'
import { rootNoun, type RootRecord, rootStanding } from '@dcann/protocol/root'
import {
  parseSchema,
  readSigned,
  type RecordId,
  type Signed,
  signedSchema,
  type Verified,
} from '@dcann/protocol/signed'
import type { Instant } from '@dcann/protocol/time'
import { createRegistryClient } from './registry-client.ts'
import { admitRoots, rootInvalid } from './root-history.ts'
import { firstVersions, nextRoot } from './root-walk.ts'
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
   * With `maxAgeSeconds` it asks only when it last did longer ago.
   */
  readonly refresh: (maxAgeSeconds?: number) => Promise<void>
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

  let walked = Number.NEGATIVE_INFINITY
  const walk = async (): Promise<void> => {
    const known = roots.length
    const began = world.now()
    try {
      for (;;) {
        const next = await nextRoot(roots, clients, instantOf(world))
        if (next === undefined) break
        roots = [...roots, next]
        // a registry that takes its time over each version holds a client no longer than this; the next walk goes on
        if (Math.abs(world.now() - began) > times.rootWalk) return
      }
      walked = world.now()
    } finally {
      if (roots.length > known) await keep()
    }
  }
  let underWay: Promise<void> | undefined
  const refresh = async (maxAgeSeconds = 0): Promise<void> => {
    // a clock that was ahead and is set back does not put the next walk off
    if (maxAgeSeconds > 0 && Math.abs(world.now() - walked) < maxAgeSeconds) return
    // two walks at once would take one step twice
    underWay ??= walk().finally(() => {
      underWay = undefined
    })
    await underWay
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

function readRoots(seen: Uint8Array): Signed[] {
  try {
    return parseSchema(signedSchema.array().min(1), parseBounded(textOf(seen)), 'reading the roots seen before')
  } catch (error) {
    throw rootInvalid('reading the roots seen before', error)
  }
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
