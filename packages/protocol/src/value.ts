import { z } from 'zod'

/** A decimal amount as text: `5.00`. */
export const amountSchema = z.string().regex(/^(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{1,4})?$/)

/** ISO 4217. */
export const currencySchema = z.string().regex(/^[A-Z]{3}$/)

/** What can be given. */
export const giveKindSchema = z.enum(['service', 'insight', 'discount', 'money', 'donation'])

/** What the requester gives for what it gets; an addition, never the price of the base service. spec: value */
export const valueSchema = z.strictObject({
  gives: z
    .array(
      z.strictObject({
        kind: giveKindSchema,
        amount: amountSchema.optional(),
        currency: currencySchema.optional(),
        per: z.enum(['answer', 'period', 'once']),
        /** Ids of the terms it is due for: due only if all of them were granted. */
        terms: z.array(z.string().max(40)).min(1).max(32),
      }),
    )
    .max(16),
  settle_by: z.string().regex(/^P[1-9][0-9]{0,3}D$/),
})
export type Value = z.infer<typeof valueSchema>

/** What is due once the terms in `granted` are. */
export function dueFor(value: Value, granted: readonly string[]): Value['gives'] {
  return value.gives.filter((item) => item.terms.every((term) => granted.includes(term)))
}
