import { textOf, utf8 } from '@dcann/protocol/bytes'
import { canonicalText, parseBounded } from '@dcann/protocol/canonical'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import type { AnyRecord } from '@dcann/protocol/record'
import { parseSchema, type RecordId, recordIdSchema, type Verified } from '@dcann/protocol/signed'
import { tombstoneId } from '@dcann/protocol/tombstone'
import { z } from 'zod'
import type { Seen } from './world.ts'

const rememberedSchema = z.strictObject({
  v: z.literal(1),
  seq: z.int().min(1),
  id: recordIdSchema,
  /** The name is gone for good: nothing is believed under it any more. */
  gone: z.literal(true).optional(),
})

/** Judges a chain against what was seen of its name before, and remembers it when it is newer. One judgement at a time per name. */
export type Remember = (name: string, chain: readonly Verified<AnyRecord>[], gone?: boolean) => Promise<void>

/**
 * Remembers, under one pinned root, the highest record of each name, so that no registry rolls a client back.
 *
 * The function throws `rollback` for a chain shorter than one seen before, an absence included, and for anything under a name
 * that was seen to be `gone`; `chain-broken` for one
 * that has another record where the seen one stood: two histories of one name.
 *
 * spec: resolving#seen
 */
export function createRemember(seen: Seen, pin: RecordId): Remember {
  const turns = new Map<string, Promise<void>>()
  return async (name, chain, gone = false) => {
    const before = turns.get(name) ?? Promise.resolve()
    const turn = before.catch(() => {}).then(async () => await judgeAndKeep(seen, `${pin}/${name}`, name, chain, gone))
    turns.set(name, turn)
    try {
      await turn
    } finally {
      if (turns.get(name) === turn) turns.delete(name)
    }
  }
}

async function judgeAndKeep(
  seen: Seen,
  key: string,
  name: string,
  chain: readonly Verified<AnyRecord>[],
  gone: boolean,
): Promise<void> {
  const bytes = await seen.read(key)
  const known = bytes === undefined ? undefined : readRemembered(bytes, name)
  if (gone) {
    if (known?.gone) return
    return await seen.write(
      key,
      utf8(canonicalText({ v: 1, seq: known?.seq ?? 1, id: known?.id ?? tombstoneId, gone })),
    )
  }
  if (known?.gone) {
    throw new ProtocolError(
      'rollback',
      `resolving ${quote(name)}: it was erased for good when it was resolved before, and ${chain.length === 0 ? 'is said never to have been' : 'stands again'}; keep both and show them`,
      { seq: chain.length },
    )
  }
  if (known !== undefined) {
    if (chain.length < known.seq) {
      throw new ProtocolError(
        'rollback',
        `resolving ${quote(name)}: the zone states ${chain.length === 0 ? 'that it is absent' : `seq ${chain.length}`}, seq ${known.seq} was seen before; ask another registry of the zone`,
        { seq: chain.length, known: known.seq },
      )
    }
    const same = chain[known.seq - 1]
    if (same?.id !== known.id) {
      throw new ProtocolError(
        'chain-broken',
        `resolving ${quote(name)}: its record of seq ${known.seq} is another than the one seen before; keep both and show them`,
        { seq: known.seq },
      )
    }
  }
  const newest = chain.at(-1)
  if (newest === undefined || newest.payload.seq === known?.seq) return
  await seen.write(key, utf8(canonicalText({ v: 1, seq: newest.payload.seq, id: newest.id })))
}

function readRemembered(bytes: Uint8Array, name: string): z.infer<typeof rememberedSchema> {
  try {
    return parseSchema(rememberedSchema, parseBounded(textOf(bytes)), 'reading')
  } catch {
    // taking it for nothing would let whoever damaged it roll the client back
    throw new ProtocolError(
      'rollback',
      `resolving ${quote(name)}: what was seen of it before cannot be read; restore the folder, or trust the root afresh`,
    )
  }
}
