import type { Allowance } from '@dcann/protocol/agreement'
import { controlPinSchema } from '@dcann/protocol/control'
import { handleSchema } from '@dcann/protocol/handle'
import { publicKeySchema } from '@dcann/protocol/key'
import { requesterNameSchema } from '@dcann/protocol/name'
import { termSchema } from '@dcann/protocol/offer'
import { acceptedMembers, grantedMembers, type SignedPair } from '@dcann/protocol/pair'
import { recordIdSchema, type Signed, signedSchema } from '@dcann/protocol/signed'
import { timeSchema } from '@dcann/protocol/time'
import { valueSchema } from '@dcann/protocol/value'
import { grantCall } from '@dcann/protocol/vault-api'
import { json, shelf, text } from '@dcann/store/shelf'
import { z } from 'zod'

/** The documents, the binding behind the handle, and what they allow: written once and never changed. */
export type Pair = SignedPair & {
  readonly passport: string
  readonly binding: Signed
  readonly allowance: Allowance
}

/** What changes with every act and answer. */
const stateSchema = z.strictObject({
  acted: z.enum(['active', 'paused', 'revoked', 'retired', 'superseded']),
  /** Where its chain ends. */
  n: z.int(),
  leaf: z.string().nullable(),
  /** The `n` of the last act that changed the state. */
  grant_seq: z.int(),
  answers: z.int(),
  refusals: z.int(),
  /** By term: which window of its frequency, and how many answers in it. */
  used: z.record(z.string(), z.strictObject({ window: z.int(), count: z.int() })),
})
export type State = z.infer<typeof stateSchema>

/** The allowance is kept as the rule computed it when the pair was judged. */
const allowanceSchema = z.strictObject({
  agreement: recordIdSchema,
  requester: requesterNameSchema,
  handle: handleSchema,
  key: publicKeySchema,
  terms: z.array(termSchema),
  control: controlPinSchema,
  from: z.int(),
  until: z.int(),
  due: valueSchema.shape.gives,
  sealing_key: publicKeySchema.nullable(),
  prior: recordIdSchema.nullable(),
})
const members = { passport: z.string(), binding: signedSchema, allowance: allowanceSchema }
const pairSchema = z.union([
  z.strictObject({ ...members, ...grantedMembers }),
  z.strictObject({ ...members, ...acceptedMembers }),
])

export const pairs = shelf(
  'agreements/pairs',
  json((value): Pair => pairSchema.parse(value)),
)
export const states = shelf(
  'agreements/states',
  json((value) => stateSchema.parse(value)),
)
/** A passport's agreements, oldest first. */
export const ofPassport = shelf('agreements/of', text)
/** The newest agreement of a handle, and of a passport with a requester. */
export const byHandle = shelf('agreements/by-handle', text)
export const between = shelf('agreements/between', text)
/** The agreement that took the place of one. */
export const successors = shelf('agreements/successors', text)
/** Acts as they were signed, by record id, with the number they got. */
export const acts = shelf(
  'agreements/acts',
  json((value) => z.strictObject({ signed: signedSchema, n: z.int() }).parse(value)),
)

/** Stops as they were signed, by passport and record id, with when they first came. */
export const stops = shelf(
  'agreements/stops',
  json((value) => z.strictObject({ signed: signedSchema, first: z.int() }).parse(value)),
)

/** Grants that settle, by passport and agreement: as they were submitted, and when they come into force. */
const settlingSchema = z.strictObject({
  call: grantCall,
  requester: requesterNameSchema,
  at: timeSchema,
  settles: timeSchema,
})
export type Settling = z.infer<typeof settlingSchema>
export const settling = shelf(
  'agreements/settling',
  json((value) => settlingSchema.parse(value)),
)
/** The same by when they do: the passport. */
export const settlingDue = shelf('agreements/settling-due', text)

/** Names of requesters have slashes; a key's segment has none. */
export function segmentOf(name: string): string {
  return name.replaceAll('/', '~')
}
