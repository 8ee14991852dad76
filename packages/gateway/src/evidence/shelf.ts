import { concatenate } from '@dcann/protocol/bytes'
import { errorCodes } from '@dcann/protocol/errors'
import { nodeNameSchema } from '@dcann/protocol/name'
import { type RecordId, recordIdSchema } from '@dcann/protocol/signed'
import { ordered } from '@dcann/store/key'
import { json, raw, shelf, text } from '@dcann/store/shelf'
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

/** The bytes, which may be longer than one value. */
const parts = shelf('evidence/parts', raw)

const partsOf = (bytes: number): number => Math.ceil(bytes / MAX_VALUE_BYTES)

/** Describes the writing of evidence and its bytes; what stood under the id is written over. */
export function putEvidence(id: RecordId, kept: Omit<KeptEvidence, 'bytes'>, bytes: Uint8Array): Write[] {
  const wanting = evidenceWanting.at(id)
  return [
    evidence.at(id).put({ ...kept, bytes: bytes.length }),
    evidenceByTime.at(ordered(kept.at), id).put(kept.kind),
    kept.kind === 'answer' && !kept.included ? wanting.put(kept.node) : wanting.delete(),
    ...Array.from({ length: partsOf(bytes.length) }, (_, i) =>
      parts.at(id, String(i)).put(bytes.subarray(i * MAX_VALUE_BYTES, (i + 1) * MAX_VALUE_BYTES)),
    ),
  ]
}

/** Evidence with its bytes; `undefined` when there is none of this id. */
export async function readEvidence(
  store: Reader,
  id: RecordId,
  tries = 3,
): Promise<{ readonly kept: KeptEvidence; readonly bytes: Uint8Array } | undefined> {
  const place = evidence.at(id)
  const kept = place.from(await store.read([place.key]))?.value
  if (!kept) return undefined
  const places = Array.from({ length: partsOf(kept.bytes) }, (_, i) => parts.at(id, String(i)))
  const snapshot = await store.read(places.map(({ key }) => key))
  const bytes = concatenate(...places.map((one) => one.from(snapshot)?.value ?? new Uint8Array()))
  if (bytes.length === kept.bytes) return { kept, bytes }
  // written in the same commit as what says how long they are, so a completion has come in between
  if (tries > 1) return await readEvidence(store, id, tries - 1)
  throw new Error('reading evidence: its bytes are not as many as were kept')
}
