import { z } from 'zod'
import type { ActedState, Allowance } from './agreement.ts'
import { ProtocolError, quote } from './errors.ts'
import type { PublicKey } from './key.ts'
import { limits } from './limits.ts'
import { type Noun, recordIdSchema } from './signed.ts'
import { plainTextSchema } from './text.ts'
import { timeSchema } from './time.ts'
import { amountSchema, currencySchema, giveKindSchema } from './value.ts'

/** What can be done to an agreement, by whom. */
const holders = ['pause', 'resume', 'revoke', 'dispute', 'complaint', 'erasure-request'] as const
const requesters = ['retire', 'receipt', 'deletion-attestation'] as const
export const actKinds = [...holders, ...requesters] as const
export type ActKind = (typeof actKinds)[number]

/**
 * One thing done to an agreement, signed by whoever is entitled. It names no predecessor, so a revoke never conflicts;
 * the node gives it its number in the chain.
 *
 * spec: act
 */
export const actSchema = z.strictObject({
  v: z.literal(1),
  agreement: recordIdSchema,
  kind: z.enum(actKinds),
  at: timeSchema,
  /** Kind-specific content, e.g. what a receipt says was paid. */
  body: z.record(z.string().max(40), z.json()).optional(),
  /** So that the same act at the same second can be told apart when it is meant twice. */
  nonce: z.string().regex(/^[A-Za-z0-9_-]{22}$/),
})
export type Act = z.infer<typeof actSchema>

export const actNoun: Noun<Act> = { typ: 'dcann-act+json', schema: actSchema, mostBytes: limits.payloadBytes }

/** What a receipt says: what was given, in the company's own words of reference. spec: act#bodies */
export const receiptBodySchema = z.strictObject({
  kind: giveKindSchema,
  amount: amountSchema.optional(),
  currency: currencySchema.optional(),
  /** The numbers of the answers that it was given for, the first and the last. */
  answers: z.strictObject({ from: z.int().min(1), to: z.int().min(1) }).optional(),
  /** Of the requester's own books; nothing personal. */
  reference: plainTextSchema(120),
})

/** What a deletion attestation says: the numbers of the answers that are deleted. spec: act#bodies */
export const deletionBodySchema = z.strictObject({
  answers: z.array(z.int().min(1)).min(1).max(limits.attestedAnswers),
})

/** Whose key signs: the handle key, a control key or one with the right for the holder, or a key of the requester. */
export type ActSide = 'holder' | 'requester'

/** Which side may do it. */
export function sideOf(kind: ActKind): ActSide {
  return (requesters as readonly string[]).includes(kind) ? 'requester' : 'holder'
}

/** The keys that may sign an act: the side's, and only those; with control keys, whatever key has the right to it. spec: act#entitlement */
export function actSigners(
  kind: ActKind,
  allowance: Allowance,
  controlKeys: readonly PublicKey[],
  requesterKeys: readonly PublicKey[],
): PublicKey[] {
  return sideOf(kind) === 'requester' ? [...requesterKeys] : [allowance.key, ...controlKeys]
}

/**
 * The state after an act. Terminal states absorb: an act on an ended agreement changes nothing and is no fault, save that
 * nothing resumes it; pausing or resuming twice is the same as once. Throws `not-active` for resuming an ended one.
 *
 * spec: agreement#states
 */
export function stateAfter(state: ActedState, kind: ActKind): ActedState {
  const ended = state === 'revoked' || state === 'retired' || state === 'superseded'
  switch (kind) {
    case 'revoke':
      return ended ? state : 'revoked'
    case 'retire':
      return ended ? state : 'retired'
    case 'pause':
      return ended ? state : 'paused'
    case 'resume':
      if (ended) throw new ProtocolError('not-active', `resuming an agreement: it is ${quote(state)} and stays so`)
      return 'active'
    default:
      return state
  }
}
