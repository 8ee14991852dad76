import { ProtocolError } from '@dcann/protocol/errors'
import { proveCosignatures, withSignatures } from '@dcann/protocol/log/cosignature'
import { formatNote, keyHash, type Note, type NoteSignature, parseNote, signatureTypes } from '@dcann/protocol/log/note'
import { consistencyProof, type ReadHash } from '@dcann/protocol/log/proof'
import { headTime, type WitnessPolicy } from '@dcann/protocol/log/quorum'
import { hashReaderOverTiles, tilesToRead } from '@dcann/protocol/log/tile'
import type { Hash } from '@dcann/protocol/log/merkle'
import type { ZoneName } from '@dcann/protocol/name'
import type { Instant } from '@dcann/protocol/time'
import { submitCheckpoint } from '@dcann/sdk/log-client'
import type { World } from '@dcann/sdk/world'
import type { Store } from '@dcann/store/store'
import type { HeadBoard } from '../log/heads.ts'
import { tileReader } from '../log/read-tile.ts'
import type { Head } from '../log/shelf.ts'

export type HandDesk = {
  readonly store: Store
  readonly heads: HeadBoard
  readonly fetch: World['fetch']
}

/** Hands heads to witnesses and keeps what they say of them. */
export type Hander = {
  /**
   * Hands a zone's newest head to the witness at this address, from the size that it is thought to have cosigned last; gives
   * the size that it has now. Throws what the witness refused with, `record-stale` when it has another head of that size.
   */
  readonly hand: (zone: ZoneName, prefix: string, known: number, now: Instant) => Promise<number>
}

export function createHander({ store, heads, fetch }: HandDesk): Hander {
  const notes = new Map<ZoneName, Map<number, { readonly head: Head; note: Note }>>()

  const gather = async (zone: ZoneName, head: Head, lines: readonly NoteSignature[], now: Instant): Promise<void> => {
    const policy = heads.policy(zone)
    if (!policy || head.checkpoint === null) return
    const bySize = notes.get(zone) ?? new Map<number, { readonly head: Head; note: Note }>()
    notes.set(zone, bySize)
    const known = heads.resolvable(zone)
    const begun = known?.size === head.size ? known.checkpoint : head.checkpoint
    const pending = bySize.get(head.size) ?? { head, note: parseNote(begun ?? head.checkpoint) }
    bySize.set(head.size, pending)
    pending.note = await withNewest(pending.note, lines, policy)
    const proved = await proveCosignatures(pending.note, policy.witnesses)
    if (headTime(proved, policy, now) === undefined) return
    for (const size of bySize.keys()) if (size < head.size) bySize.delete(size)
    await heads.cosign(zone, { ...head, checkpoint: formatNote(pending.note) })
  }

  const hand: Hander['hand'] = async (zone, prefix, known, now) => {
    const head = heads.get(zone)
    if (!head || head.checkpoint === null) return known
    let old = known
    for (let attempt = 1; ; attempt++) {
      const proof = old === 0 || old >= head.size ? [] : await proofBetween(store, zone, old, head.size)
      const answer = await submitCheckpoint({ fetch }, prefix, { old, proof, checkpoint: head.checkpoint })
      if ('lines' in answer) {
        await gather(zone, head, answer.lines, now)
        return head.size
      }
      if (answer.size === old || answer.size > head.size || attempt === 3) {
        throw new ProtocolError(
          'record-stale',
          `handing on a head of ${zone}: the witness has cosigned ${answer.size} entries, here are ${head.size}, and the one is not of the other`,
          { size: answer.size },
        )
      }
      old = answer.size
    }
  }
  return { hand }
}

/** A note with these lines, each in the place of an older one by the same witness; lines that count for nothing are left out. */
async function withNewest(note: Note, lines: readonly NoteSignature[], { witnesses }: WitnessPolicy): Promise<Note> {
  const fresh: NoteSignature[] = []
  for (const witness of witnesses) {
    const hash = String(keyHash(witness.name, signatureTypes.cosignature, witness.key))
    const own = lines.filter((line) => line.name === witness.name && String(line.keyHash) === hash)
    const good = await proveCosignatures({ text: note.text, signatures: own }, [witness]).catch(whenForged)
    if (good.length > 0) fresh.push(...own)
  }
  const replaced = new Set(fresh.map(({ name, keyHash: hash }) => `${name} ${String(hash)}`))
  const kept = note.signatures.filter((line) => !replaced.has(`${line.name} ${String(line.keyHash)}`))
  return withSignatures({ text: note.text, signatures: kept }, fresh)
}

/** A witness that answers with a line that does not verify has said nothing. */
function whenForged(error: unknown): [] {
  if (error instanceof ProtocolError) return []
  throw error
}

async function proofBetween(store: Store, zone: ZoneName, from: number, to: number): Promise<Hash[]> {
  const prove = (readHash: ReadHash): Hash[] => consistencyProof(from, to, readHash)
  const read = await tileReader(store, zone, tilesToRead(to, prove))
  return prove(hashReaderOverTiles(to, read))
}
