import { fromBase64Url } from '@dcann/protocol/bytes'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import { times } from '@dcann/protocol/limits'
import { proveCosignatures } from '@dcann/protocol/log/cosignature'
import { openHead, type ProvedHead } from '@dcann/protocol/log/head-proof'
import type { Head } from '@dcann/protocol/log/merkle'
import { headTime, type WitnessPolicy } from '@dcann/protocol/log/quorum'
import { mapKey } from '@dcann/protocol/map/node'
import { verifyInMap } from '@dcann/protocol/map/proof'
import type { PublicKey } from '@dcann/protocol/key'
import type { ZoneName } from '@dcann/protocol/name'
import type { Resolution } from '@dcann/protocol/resolution'
import type { RecordId } from '@dcann/protocol/signed'
import type { Instant } from '@dcann/protocol/time'
import type { RegistryClient } from './registry-client.ts'
import type { SeenHeads } from './seen-heads.ts'

/** How a name's standing is proved: under a head that witnesses have cosigned, or by the log's key alone. */
export type Proof = 'cosigned' | 'uncosigned'

/** What stands under a name by its zone's map, and since when nothing newer is known of the head. */
export type Standing = {
  readonly record: RecordId | null
  readonly proof: Proof
  /** Of a cosigned head: the time of its quorum. */
  readonly at: Instant | undefined
  /** The zone's head that it is proved under. */
  readonly head: Head
}

export type StandingParts = {
  readonly zone: ZoneName
  readonly name: string
  readonly log: { readonly origin: string; readonly key: PublicKey }
  /** Where the log before this one ended, if there was one. */
  readonly frozen?: { readonly size: number; readonly root: string } | undefined
  /** Whose cosignatures the root demands for this zone; `undefined` when it demands none. */
  readonly policy: WitnessPolicy | undefined
  readonly resolution: Resolution
  readonly now: Instant
}

/**
 * Proves what stands under a name in the map of a zone's head, in the order of the specification: the head's signatures,
 * its quorum and age, its consistency with the head seen before, then the name in its map.
 *
 * Throws `proof-missing` for an answer without one, `key-unknown` or `record-signature-invalid` for a head that others
 * signed, `uncosigned` without the quorum that the root demands, `frozen` for a quorum older than a day, `forked` or
 * `rollback` for a head that does not go with those seen before, `evidence-broken` for a proof that proves nothing.
 *
 * spec: resolving#proof
 */
export async function proveStanding(
  { zone, name, log, frozen, policy, resolution, now }: StandingParts,
  seenHeads: SeenHeads,
  client: Pick<RegistryClient, 'consistency'>,
): Promise<Standing> {
  const { proof } = resolution
  if (proof === undefined) {
    throw new ProtocolError(
      'proof-missing',
      `resolving ${quote(name)}: the answer shows neither that its record stands nor that none does; ask another registry of the zone`,
    )
  }
  const head = await openHead(proof.head, log)
  const at = policy && (await timeOf(head, policy, zone, now))
  const { size, root } = head.checkpoint
  const ask = async (from: number, to: number): Promise<Uint8Array[]> =>
    (await client.consistency(zone, from, to)).proof.map((hash) => fromBase64Url(hash))
  await seenHeads(zone, { size, root }, now, ask, frozen && { size: frozen.size, root: fromBase64Url(frozen.root) })
  const { record } = verifyInMap(head.map, mapKey(zone, name), proof.map)
  return { record, proof: policy ? 'cosigned' : 'uncosigned', at, head: { size, root } }
}

async function timeOf(head: ProvedHead, policy: WitnessPolicy, zone: ZoneName, now: Instant): Promise<Instant> {
  const time = headTime(await proveCosignatures(head.checkpoint.note, policy.witnesses), policy, now)
  if (time === undefined) {
    throw new ProtocolError(
      'uncosigned',
      `resolving in ${quote(zone)}: its head has not the ${policy.quorum} cosignature(s) that the root demands; ask another registry of the zone`,
      { quorum: policy.quorum },
    )
  }
  if (now - time > times.stale) {
    throw new ProtocolError(
      'frozen',
      `resolving in ${quote(zone)}: no quorum has cosigned its head for ${now - time} s; ask another registry of the zone`,
      { age: now - time },
    )
  }
  return time
}
