import { z } from 'zod'
import type { CountryRecord } from './country.ts'
import type { PublicKey } from './key.ts'
import { limits } from './limits.ts'
import { operatorNameSchema } from './name.ts'
import {
  admitKeySet,
  differsOnlyIn,
  isChange,
  requireNotHeld,
  type Held,
  isSignedBy,
  keySetMembers,
  recordMembers,
  requireContinuity,
  requireSequence,
  requireSigned,
} from './record.ts'
import type { Judged, Noun } from './signed.ts'
import { leiSchema, plainTextSchema } from './text.ts'
import { type Instant, parseTime, timeSchema, within } from './time.ts'

export const contactsSchema = z.strictObject({
  email: z.email().max(200).optional(),
  url: z
    .url({ protocol: /^https$/ })
    .max(512)
    .optional(),
  phone: z
    .string()
    .regex(/^\+[0-9]{6,15}$/)
    .optional(),
})

export const operatorSchema = z.strictObject({
  ...recordMembers,
  name: operatorNameSchema,
  legal_name: plainTextSchema(200),
  lei: leiSchema.nullable(),
  ...keySetMembers,
  contacts: contactsSchema,
  status: z.enum(['active', 'suspended', 'ended']),
  valid: z.strictObject({ from: timeSchema, until: timeSchema }),
})

export type OperatorRecord = z.infer<typeof operatorSchema>

export const operatorNoun: Noun<OperatorRecord> = {
  typ: 'dcann-operator+json',
  schema: operatorSchema,
  mostBytes: limits.zoneRecordBytes,
}

/** Every key that may sign an operator record proposed after `held`. */
export function operatorSigners(
  country: CountryRecord,
  held: OperatorRecord | undefined,
  proposed: OperatorRecord,
): PublicKey[] {
  return [...country.keys, ...proposed.keys, ...(held?.keys ?? [])]
}

/**
 * Admits an operator's accreditation: the country signs; the operator may tighten alone; its keys are continuous.
 *
 * spec: operator#admission
 */
export function admitOperator(
  country: CountryRecord,
  held: Held<OperatorRecord> | undefined,
  proposed: Judged<OperatorRecord>,
  now: Instant,
): void {
  const { payload, signers } = proposed
  requireSequence(held, payload, now)
  admitKeySet(payload, payload.name)
  if (
    held &&
    isTighteningOfOperator(held.payload, payload) &&
    (isSignedBy(signers, held.payload) || isSignedBy(signers, country))
  )
    return
  requireNotHeld(country, payload.name)
  requireSigned(signers, country, payload.name, 'the country')
  if (!held) return
  // loosening needs all who are named; where its keys change, by what they announced or by themselves
  requireSigned(signers, payload, payload.name, 'the operator')
  requireContinuity(held.payload, payload, signers, payload.name)
}

/** Whether the accreditation stands at `now`. */
export function isOperatorActive(operator: OperatorRecord, now: Instant): boolean {
  return operator.status === 'active' && within(now, operator.valid.from, operator.valid.until)
}

const strictness = ['active', 'suspended', 'ended'] as const

function isTighteningOfOperator(held: OperatorRecord, proposed: OperatorRecord): boolean {
  return (
    isChange(held, proposed) &&
    differsOnlyIn(held, proposed, ['status', 'valid']) &&
    strictness.indexOf(proposed.status) >= strictness.indexOf(held.status) &&
    parseTime(proposed.valid.until) <= parseTime(held.valid.until) &&
    parseTime(proposed.valid.from) >= parseTime(held.valid.from)
  )
}
