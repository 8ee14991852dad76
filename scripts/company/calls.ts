import { handleSchema } from '@dcann/protocol/handle'
import { nodeNameSchema } from '@dcann/protocol/name'
import { daysSchema, termSchema } from '@dcann/protocol/offer'
import { queryItemSchema } from '@dcann/protocol/request'
import { recordIdSchema, signedSchema } from '@dcann/protocol/signed'
import { valueSchema } from '@dcann/protocol/value'
import { purposeSchema } from '@dcann/protocol/vocabulary'
import { z } from 'zod'

/** What a wallet brings back to a company's page: the second document, and where its vault is. */
export const grantedCall = z.strictObject({ grant: signedSchema, handle: handleSchema, node: nodeNameSchema })
export type GrantedCall = z.infer<typeof grantedCall>

/** What the company wants to ask for. */
export const offerCall = z.strictObject({
  terms: z.array(termSchema).min(1),
  value: valueSchema,
  lasts: daysSchema,
})
export type OfferCall = z.infer<typeof offerCall>

/** A question under an agreement; `check: false` sends it even when the agreement does not cover it. */
export const questionCall = z.strictObject({
  agreement: recordIdSchema,
  purpose: purposeSchema,
  items: z.array(queryItemSchema).min(1),
  check: z.boolean().optional(),
  evidence: z.boolean().optional(),
})
export type QuestionCall = z.infer<typeof questionCall>
