import { nodeNameSchema } from '@dcann/protocol/name'
import { recordIdSchema } from '@dcann/protocol/signed'
import { json, shelf } from '@dcann/store/shelf'
import { z } from 'zod'

export const proposalStates = ['pending', 'lapsed', 'granted'] as const

const proposalSchema = z.strictObject({
  offer: recordIdSchema,
  /** Whom it was delivered to, as the company wrote it; absent for an invite, which is a secret and was spent. */
  to: z.string().max(120).optional(),
  node: nodeNameSchema,
  /** Seconds since 1970. */
  delivered: z.int(),
  until: z.int(),
  state: z.enum(proposalStates),
  agreement: recordIdSchema.optional(),
})
/** An offer that was delivered to a vault, and what became of it. */
export type Proposal = z.infer<typeof proposalSchema>

/** By the id that the vault gave it, which the same delivery has again. */
export const proposals = shelf(
  'proposals/by-id',
  json((value) => proposalSchema.parse(value)),
)
/** The same in the order of time. */
export const proposalsByTime = shelf(
  'proposals/by-time',
  json((value) => z.null().parse(value)),
)
/** Those that are still pending: not before when they are asked for again, in seconds. */
export const pendingProposals = shelf(
  'proposals/pending',
  json((value) => z.strictObject({ due: z.int() }).parse(value)),
)
