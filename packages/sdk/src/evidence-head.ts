import { ProtocolError, quote } from '@dcann/protocol/errors'
import { equalBytes } from '@dcann/protocol/bytes'
import type { PublicKey } from '@dcann/protocol/key'
import { times } from '@dcann/protocol/limits'
import { proveCosignatures } from '@dcann/protocol/log/cosignature'
import { openHead } from '@dcann/protocol/log/head-proof'
import { formatNote, keyHash, type Note, parseNote, signatureTypes } from '@dcann/protocol/log/note'
import { headTime, type WitnessPolicy, witnessPolicy } from '@dcann/protocol/log/quorum'
import { mapKey } from '@dcann/protocol/map/node'
import { verifyInMap } from '@dcann/protocol/map/proof'
import type { ZoneName } from '@dcann/protocol/name'
import type { Resolution } from '@dcann/protocol/resolution'
import type { RootRecord } from '@dcann/protocol/root'
import type { RecordId, Verified } from '@dcann/protocol/signed'
import type { Instant } from '@dcann/protocol/time'
import { inForce } from './replay.ts'

/** Who stands behind what a zone said: others who cosigned its head, its log's key alone, or nothing but a statement. */
export type Vouched = 'cosigned' | 'uncosigned' | 'stated'

/** What a log's heads are signed under. */
type Log = { readonly origin: string; readonly key: PublicKey }

/** The witnesses that the root of a time demands for a zone; none when it demands none. */
export function policyAt(
  roots: readonly Verified<RootRecord>[],
  zone: ZoneName,
  at: Instant,
): WitnessPolicy | undefined {
  const root = inForce(roots, at)
  return root && witnessPolicy(root.payload, zone)
}

/**
 * Proves that a zone's head had in its map what the zone stated, by the log key and the witnesses of that time. A package is
 * of lines that are proved and no others, so a line of anybody else breaks it.
 *
 * Throws `evidence-broken` for a proof of something else, `frozen` for a quorum older than a day before the answer, and what
 * `openHead` and `proveCosignatures` throw.
 *
 * spec: evidence#verification
 */
export async function proveStated(
  { zone, name, proof }: Pick<Resolution, 'zone' | 'name' | 'proof'>,
  record: RecordId | null,
  log: Log,
  policy: WitnessPolicy | undefined,
  dates: { readonly stated: Instant; readonly answered: Instant },
): Promise<Vouched> {
  if (proof === undefined) return 'stated'
  const head = await openHead(proof.head, log)
  requireOwnLines(head.checkpoint.note, { name: log.origin, key: log.key }, policy)
  const time = await timeOfHead(head.checkpoint.note, policy, dates.stated)
  if (time !== undefined && time < dates.answered - times.stale) {
    throw new ProtocolError(
      'frozen',
      `reading the chain: the head that has ${quote(name)} is of more than a day before`,
    )
  }
  const standing = verifyInMap(head.map, mapKey(zone, name), proof.map)
  if (standing.record !== record) {
    throw new ProtocolError('evidence-broken', `reading the chain: the map has another record of ${quote(name)}`)
  }
  return time === undefined ? 'uncosigned' : 'cosigned'
}

/** The time of a head's quorum, if it has one. Throws as `proveCosignatures` does. */
export async function timeOfHead(
  note: Note,
  policy: WitnessPolicy | undefined,
  now: Instant,
): Promise<Instant | undefined> {
  return policy && headTime(await proveCosignatures(note, policy.witnesses), policy, now)
}

/** Refuses lines that nothing here proves. Throws `evidence-broken`. */
export function requireOwnLines(
  note: Note,
  by: { readonly name: string; readonly key: PublicKey },
  policy: WitnessPolicy | undefined,
): void {
  const known = [
    { name: by.name, hash: keyHash(by.name, signatureTypes.ed25519, by.key) },
    ...(policy?.witnesses ?? []).map(({ name, key }) => ({
      name,
      hash: keyHash(name, signatureTypes.cosignature, key),
    })),
  ]
  for (const line of note.signatures) {
    if (known.some(({ name, hash }) => name === line.name && equalBytes(hash, line.keyHash))) continue
    throw new ProtocolError(
      'evidence-broken',
      `reading a head: it has a line by ${quote(line.name)}, which nothing here can prove`,
    )
  }
}

/**
 * Whether a note has lines of as many as a root demands, unproved: whoever waits for them asks again until it has. A root that
 * demands none is waited for by nobody.
 *
 * spec: log#quorum
 */
export function bearsQuorum(note: string, policy: WitnessPolicy | undefined): boolean {
  if (!policy) return true
  const names = new Set(parseNote(note).signatures.map(({ name }) => name))
  const voices = new Set(policy.witnesses.filter(({ name }) => names.has(name)).map(({ by }) => by))
  return voices.size >= policy.quorum
}

/** A note with the lines of its own log and of these witnesses, and without anybody else's: what a package keeps of it. */
export function withOwnLines(note: string, policy: WitnessPolicy | undefined): string {
  const parsed = parseNote(note)
  const origin = parsed.text.slice(0, parsed.text.indexOf('\n'))
  const names = new Set([origin, ...(policy?.witnesses ?? []).map(({ name }) => name)])
  return formatNote({ ...parsed, signatures: parsed.signatures.filter(({ name }) => names.has(name)) })
}
