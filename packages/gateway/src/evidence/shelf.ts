import { concatenate } from '@dcann/protocol/bytes'
import { errorCodes } from '@dcann/protocol/errors'
import { nodeNameSchema } from '@dcann/protocol/name'
import { type RecordId, recordIdSchema } from '@dcann/protocol/signed'
import { ordered } from '@dcann/store/key'
import { type Held, json, raw, shelf, text } from '@dcann/store/shelf'
import { MAX_VALUE_BYTES, type Reader, type Write } from '@dcann/store/store'
import { z } from 'zod'

const keptSchema = z.strictObject({
  kind: z.enum(['answer', 'refusal']),
  agreement: recordIdSchema,
  node: nodeNameSchema,
  n: z.int().nullable(),
  /** Seconds since 1970. */
  at: z.int(),
  code: z.enum(errorCodes).optional(),
  included: z.boolean(),
  /** Of an answer: until when it may be kept and used, in seconds. */
  use_until: z.int().optional(),
  /** When what it said was deleted, in seconds, and the act that says so. */
  deleted: z.strictObject({ at: z.int(), act: recordIdSchema }).optional(),
  bytes: z.int(),
})
/** What is kept of an answer or a refusal, beside the bytes that prove it. */
export type KeptEvidence = z.infer<typeof keptSchema>

/** By the record id of the assertion or the refusal. */
export const evidence = shelf(
  'evidence/kept',
  json((value) => keptSchema.parse(value)),
)
/** The same in the order of time. */
export const evidenceByTime = shelf('evidence/by-time', text)
/** Answers whose place in the node's log is still to come: the node of each. */
export const evidenceWanting = shelf('evidence/wanting', text)

/** Answers that are to be deleted, in the order of when: the agreement of each. */
export const evidenceDue = shelf('evidence/due', text)

/** Answers whose content is still here, by agreement. */
export const evidenceOf = shelf('evidence/of', text)
/** Agreements whose holders asked for erasure: what is here of them is to be deleted at once. */
export const erasureAsked = shelf('evidence/erasure', text)

/** The bytes, which may be longer than one value. */
const parts = shelf('evidence/parts', raw)

const partsOf = (bytes: number): number => Math.ceil(bytes / MAX_VALUE_BYTES)

/** Describes the writing of evidence and its bytes over what was found under the id, unchanged since. */
export function putEvidence(
  id: RecordId,
  found: Held<KeptEvidence> | undefined,
  kept: Omit<KeptEvidence, 'bytes'>,
  bytes: Uint8Array,
): Write[] {
  const wanting = evidenceWanting.at(id)
  const isToComplete = kept.kind === 'answer' && !kept.included && !kept.deleted
  return [
    // a refusal that a vault signs again is the same one
    found
      ? evidence.at(id).replace(found, { ...kept, bytes: bytes.length })
      : evidence.at(id).put({ ...kept, bytes: bytes.length }),
    evidenceByTime.at(ordered(kept.at), id).put(kept.kind),
    isToComplete ? wanting.put(kept.node) : wanting.delete(),
    ...dueWrites(id, kept),
    ...partsLeft(id, found?.value.bytes ?? 0, bytes.length),
    ...Array.from({ length: partsOf(bytes.length) }, (_, i) =>
      parts.at(id, String(i)).put(bytes.subarray(i * MAX_VALUE_BYTES, (i + 1) * MAX_VALUE_BYTES)),
    ),
  ]
}

function dueWrites(id: RecordId, { use_until, deleted, agreement }: Omit<KeptEvidence, 'bytes'>): Write[] {
  if (use_until === undefined) return []
  const due = evidenceDue.at(ordered(use_until), id)
  const here = evidenceOf.at(agreement, id)
  return deleted ? [due.delete(), here.delete()] : [due.put(agreement), here.put(id)]
}

/** What stood behind the end of shorter bytes. */
function partsLeft(id: RecordId, before: number, after: number): Write[] {
  const count = Math.max(partsOf(before) - partsOf(after), 0)
  return Array.from({ length: count }, (_, i) => parts.at(id, String(partsOf(after) + i)).delete())
}

/** Evidence with its bytes; `undefined` when there is none of this id. */
export async function readEvidence(
  store: Reader,
  id: RecordId,
  tries = 3,
): Promise<
  { readonly kept: KeptEvidence; readonly found: Held<KeptEvidence>; readonly bytes: Uint8Array } | undefined
> {
  const place = evidence.at(id)
  const found = place.from(await store.read([place.key]))
  if (!found) return undefined
  const { value: kept } = found
  const places = Array.from({ length: partsOf(kept.bytes) }, (_, i) => parts.at(id, String(i)))
  const snapshot = await store.read(places.map(({ key }) => key))
  const bytes = concatenate(...places.map((one) => one.from(snapshot)?.value ?? new Uint8Array()))
  if (bytes.length === kept.bytes) return { kept, found, bytes }
  // written in the same commit as what says how long they are, so a completion has come in between
  if (tries > 1) return await readEvidence(store, id, tries - 1)
  throw new Error('reading evidence: its bytes are not as many as were kept')
}
