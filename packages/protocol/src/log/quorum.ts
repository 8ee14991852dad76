import { ProtocolError } from '../errors.ts'
import { times } from '../limits.ts'
import type { ZoneName } from '../name.ts'
import type { RootRecord } from '../root.ts'
import type { Instant } from '../time.ts'
import type { Cosignature } from './cosignature.ts'

/** A witness that the root names: its key, the name on its lines, and who runs it. */
export type Witness = RootRecord['witness']['witnesses'][number]

/** Whose cosignatures count for a zone's heads, and how many of those who run them must have given one. */
export type WitnessPolicy = { readonly quorum: number; readonly witnesses: readonly Witness[] }

/**
 * The witnesses that count for a zone: those that others run than the zone itself, and the quorum of them; `undefined`
 * when the root demands none. Witnesses of one runner are one voice.
 *
 * Throws `root-invalid` for a quorum that bears nothing: below two, or not below the number of voices, of which there
 * must be three; under a test root one of two is enough.
 *
 * spec: log#quorum
 */
export function witnessPolicy(root: Pick<RootRecord, 'test' | 'witness'>, zone: ZoneName): WitnessPolicy | undefined {
  const { quorum } = root.witness
  if (quorum === 0) return undefined
  const witnesses = root.witness.witnesses.filter(({ by }) => by !== zone)
  const voices = new Set(witnesses.map(({ by }) => by)).size
  const [leastQuorum, leastVoices] = root.test ? [1, 2] : [2, 3]
  if (quorum >= leastQuorum && voices >= leastVoices && quorum < voices) return { quorum, witnesses }
  throw new ProtocolError(
    'root-invalid',
    `reading the witness policy for ${zone}: a quorum of ${quorum} out of ${voices} that others run; expected at least ${leastQuorum} out of ${leastVoices} or more, and one to spare`,
    { quorum, voices },
  )
}

/**
 * The time that a head's cosignatures give it: that of the oldest in the freshest quorum, so that one witness that signs
 * an old head again and again makes it no younger. `undefined` without a quorum. Each runner counts once, by its newest;
 * one dated more than five minutes ahead of `now` does not count.
 *
 * spec: log#quorum
 */
export function headTime(
  cosignatures: readonly Cosignature<Witness>[],
  { quorum, witnesses }: WitnessPolicy,
  now: Instant,
): Instant | undefined {
  const newest = new Map<string, Instant>()
  for (const { witness, time } of cosignatures) {
    const counts = witnesses.some(({ name, key, by }) => {
      return name === witness.name && key === witness.key && by === witness.by
    })
    if (!counts || time > now + times.nodeSkew) continue
    newest.set(witness.by, Math.max(time, newest.get(witness.by) ?? 0))
  }
  return [...newest.values()].toSorted((a, b) => b - a)[quorum - 1]
}
