import { base64Url, equalBytes, fromBase64Url, textOf, utf8 } from '@dcann/protocol/bytes'
import { canonicalText, parseBounded } from '@dcann/protocol/canonical'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import { times } from '@dcann/protocol/limits'
import type { Hash, Head } from '@dcann/protocol/log/merkle'
import { verifyConsistency } from '@dcann/protocol/log/proof'
import type { ZoneName } from '@dcann/protocol/name'
import { parseSchema, type RecordId, recordIdSchema } from '@dcann/protocol/signed'
import type { Instant } from '@dcann/protocol/time'
import { z } from 'zod'
import type { Seen } from './world.ts'

const seenSchema = z.strictObject({
  v: z.literal(1),
  size: z.int().min(0),
  root: recordIdSchema,
  /** When it was seen first. */
  at: z.int().min(0),
  /** The size that was known ten minutes before: nothing smaller is taken any more. */
  floor: z.int().min(0),
})
type SeenHead = z.infer<typeof seenSchema>

/** Fetches what shows the zone's log at `to` entries to begin with that at `from`. */
export type AskConsistency = (from: number, to: number) => Promise<readonly Hash[]>

/** Judges a zone's head against the newest seen before, and remembers it when it is newer. One judgement at a time per zone. */
export type SeenHeads = (zone: ZoneName, head: Head, now: Instant, ask: AskConsistency, frozen?: Head) => Promise<void>

/**
 * Remembers, under one pinned root, the newest head of each zone, so that its log has one past for this client. Consistency
 * is asked for once per head. A log that took the place of another begins with what that had when it was frozen, so that
 * head counts as seen.
 *
 * The function throws `forked` when the two heads are not of one log, `rollback` for a head older than one seen ten
 * minutes before; one that is a little behind, as another registry of the zone may be, is taken and not remembered.
 *
 * spec: resolving#seen
 */
export function createSeenHeads(seen: Seen, pin: RecordId): SeenHeads {
  const turns = new Map<ZoneName, Promise<void>>()
  return async (zone, head, now, ask, frozen) => {
    const before = turns.get(zone) ?? Promise.resolve()
    const turn = before
      .catch(() => {})
      .then(async () => {
        const key = `${pin}/heads/${zone}`
        if (frozen) await takeUp(seen, key, zone, frozen, head, now, ask)
        await judgeAndKeep(seen, key, zone, head, now, ask)
      })
    turns.set(zone, turn)
    try {
      await turn
    } finally {
      if (turns.get(zone) === turn) turns.delete(zone)
    }
  }
}

/** Takes up where the log before ended, for whoever has not seen that log to its end. Throws `rollback` for less than that. */
async function takeUp(
  seen: Seen,
  key: string,
  zone: ZoneName,
  frozen: Head,
  head: Head,
  now: Instant,
  ask: AskConsistency,
): Promise<void> {
  if (head.size < frozen.size) {
    throw new ProtocolError(
      'rollback',
      `resolving in ${quote(zone)}: its head has ${head.size} entries, its log begins with the ${frozen.size} of the log before`,
      { size: head.size, known: frozen.size },
    )
  }
  const bytes = await seen.read(key)
  if (bytes === undefined || readSeen(bytes, zone).size < frozen.size)
    await judgeAndKeep(seen, key, zone, frozen, now, ask)
}

async function judgeAndKeep(
  seen: Seen,
  key: string,
  zone: ZoneName,
  head: Head,
  now: Instant,
  ask: AskConsistency,
): Promise<void> {
  const bytes = await seen.read(key)
  const known = bytes === undefined ? undefined : readSeen(bytes, zone)
  const keep = async (floor: number): Promise<void> => {
    const fresh: SeenHead = { v: 1, size: head.size, root: base64Url(head.root), at: now, floor }
    await seen.write(key, utf8(canonicalText(fresh)))
  }
  if (known === undefined) return await keep(0)
  const held: Head = { size: known.size, root: fromBase64Url(known.root) }
  if (held.size === head.size && equalBytes(held.root, head.root)) return
  const floor = now - known.at >= times.fresh ? known.size : known.floor
  if (head.size < floor) {
    throw new ProtocolError(
      'rollback',
      `resolving in ${quote(zone)}: its head has ${head.size} entries, ${floor} were seen before; ask another registry of the zone`,
      { size: head.size, known: floor },
    )
  }
  const [from, to] = head.size < held.size ? [head, held] : [held, head]
  const proof = from.size === to.size || from.size === 0 ? [] : await ask(from.size, to.size)
  try {
    verifyConsistency({ from, to, proof })
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    throw new ProtocolError(
      'forked',
      `resolving in ${quote(zone)}: its head of ${head.size} entries and the one of ${held.size} seen before are not of one log; keep both and show them`,
      { size: head.size, known: held.size },
    )
  }
  if (head.size > held.size) await keep(floor)
}

function readSeen(bytes: Uint8Array, zone: ZoneName): SeenHead {
  try {
    return parseSchema(seenSchema, parseBounded(textOf(bytes)), 'reading')
  } catch {
    // taking it for nothing would let whoever damaged it show another past
    throw new ProtocolError(
      'rollback',
      `resolving in ${quote(zone)}: the head that was seen of it before cannot be read; restore the folder, or trust the root afresh`,
    )
  }
}
