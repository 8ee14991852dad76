import { errorFields, type Logger } from '@dcann/http/log'
import { fromBase64Url } from '@dcann/protocol/bytes'
import { ProtocolError } from '@dcann/protocol/errors'
import { proveCosignatures, withSignatures } from '@dcann/protocol/log/cosignature'
import { type Hash, readFrontier } from '@dcann/protocol/log/merkle'
import { formatNote, type Note, type NoteSignature, parseNote } from '@dcann/protocol/log/note'
import { consistencyProof, type ReadHash } from '@dcann/protocol/log/proof'
import { headTime, type WitnessPolicy } from '@dcann/protocol/log/quorum'
import { hashReaderOverTiles, tilesToRead } from '@dcann/protocol/log/tile'
import type { Instant } from '@dcann/protocol/time'
import { submitCheckpoint } from '@dcann/sdk/log-client'
import type { World } from '@dcann/sdk/world'
import { settle } from '@dcann/store/shelf'
import type { Store } from '@dcann/store/store'
import { tileReader } from './job.ts'
import { cosignedHead, logHead } from './shelf.ts'

/** Whom the heads of the evidence log are handed to, and whose lines count. */
export type Witnessing = {
  /** Addresses below which witnesses take `add-checkpoint`. */
  readonly witnesses: readonly string[]
  /** Whose lines the root counts for the zone of this node; `undefined` where it demands none. */
  readonly policy: () => WitnessPolicy | undefined
}

export type CosignDesk = Witnessing & {
  readonly store: Store
  readonly fetch: World['fetch']
  readonly monotonic: () => number
  readonly logger: Pick<Logger, 'warn'>
}

type Head = { readonly size: number; readonly checkpoint: string }

/** Where this node stands with one witness: what that has cosigned, what it was handed here, and when it is asked again. */
type Course = { known: number; handed: number; failed: number; due: number }

const between = 500
const failureMost = 30_000

/**
 * Hands the newest head to every witness that has not seen it, all at once, and keeps it when a quorum has cosigned it. A witness
 * that is down is asked ever less often and keeps nobody waiting; nothing that is answered waits for any of this.
 *
 * spec: evidence#log
 */
export function cosignRound(desk: CosignDesk): (now: Instant) => Promise<number> {
  const begun = (): Course => ({ known: 0, handed: 0, failed: 0, due: 0 })
  const courses = desk.witnesses.map((url) => ({ url, course: begun() }))
  let pending: { readonly size: number; note: Note } | undefined

  const gather = async (head: Head, lines: readonly NoteSignature[], now: Instant): Promise<void> => {
    const policy = desk.policy()
    if (!policy) return
    if (pending?.size !== head.size) pending = { size: head.size, note: parseNote(head.checkpoint) }
    const known = new Set(policy.witnesses.map(({ name }) => name))
    const counted = lines.filter(({ name }) => known.has(name))
    // a line that does not verify is dropped before it stands beside good ones
    await proveCosignatures({ text: pending.note.text, signatures: counted }, policy.witnesses)
    pending.note = withSignatures(pending.note, counted)
    const proved = await proveCosignatures(pending.note, policy.witnesses)
    if (headTime(proved, policy, now) !== undefined) await keep(desk.store, head.size, formatNote(pending.note))
  }

  const handTo = async (url: string, course: Course, head: Head, now: Instant): Promise<void> => {
    try {
      course.known = await hand(desk, url, course.known, head, async (lines) => await gather(head, lines, now))
      course.handed = head.size
      course.failed = 0
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      if (course.failed === 0)
        desk.logger.warn('a witness does not cosign', { part: 'evidence', ...errorFields(error) })
      course.failed += 1
      course.due = desk.monotonic() + Math.min(between * 2 ** course.failed, failureMost)
    }
  }

  return async (now) => {
    const place = logHead.at('head')
    const held = place.from(await desk.store.read([place.key]))?.value
    if (!held) return between
    const { size } = readFrontier(fromBase64Url(held.frontier))
    const head = { size, checkpoint: held.checkpoint }
    const waiting = courses.filter(({ course }) => course.handed < size && course.due <= desk.monotonic())
    await Promise.all(waiting.map(async ({ url, course }) => await handTo(url, course, head, now)))
    return between
  }
}

/** Hands a head over from what the witness has; gives the size that it has then. Throws what it refused with. */
async function hand(
  { store, fetch }: Pick<CosignDesk, 'store' | 'fetch'>,
  url: string,
  known: number,
  { size, checkpoint }: Head,
  take: (lines: readonly NoteSignature[]) => Promise<void>,
): Promise<number> {
  for (let old = known, tries = 1; ; tries++) {
    const proof = old === 0 || old >= size ? [] : await proofBetween(store, old, size)
    const answer = await submitCheckpoint({ fetch }, url, { old, proof, checkpoint })
    if ('lines' in answer) {
      await take(answer.lines)
      return size
    }
    if (answer.size === old || answer.size > size || tries === 3) {
      throw new ProtocolError(
        'record-stale',
        `handing on a head of the evidence log: the witness has cosigned ${answer.size} lines, here are ${size}, and the one is not of the other`,
        { size: answer.size },
      )
    }
    old = answer.size
  }
}

async function proofBetween(store: Store, from: number, to: number): Promise<Hash[]> {
  const prove = (readHash: ReadHash): Hash[] => consistencyProof(from, to, readHash)
  const readTile = await tileReader(store, tilesToRead(to, prove))
  return prove(hashReaderOverTiles(to, readTile))
}

/** Keeps the newest; processes of one node may both have one. */
async function keep(store: Store, size: number, checkpoint: string): Promise<void> {
  const place = cosignedHead.at('head')
  await settle(async () => {
    const held = place.from(await store.read([place.key]))
    if (held && held.value.size > size) return
    await store.commit({ writes: [place.replace(held, { size, checkpoint })] })
  }, 5)
}
