import { z } from 'zod'
import { type Control, controlSchema } from './control.ts'
import type { CountryRecord } from './country.ts'
import { ProtocolError, quote } from './errors.ts'
import type { PublicKey } from './key.ts'
import { limits, times } from './limits.ts'
import { requesterNameSchema } from './name.ts'
import { contactsSchema } from './operator.ts'
import {
  admitKeySet,
  announcedSchema,
  differsOnlyIn,
  isChange,
  requireNotHeld,
  type Held,
  isSignedBy,
  isSubset,
  keysSchema,
  recordMembers,
  requireContinuity,
  requireSequence,
  requireSigned,
} from './record.ts'
import type { Judged, Noun } from './signed.ts'
import { categorySchema, purposeSchema } from './vocabulary.ts'
import { leiSchema, plainTextSchema, urlSchema } from './text.ts'
import { type Instant, parseTime } from './time.ts'

/** A use the registrar has registered: no agreement allows more than this. spec: requester#uses */
export const registeredUseSchema = z.strictObject({
  purpose: purposeSchema,
  categories: z.array(categorySchema).min(1).max(32),
  /** Products and processors that use the data. */
  used_by: z.array(plainTextSchema(120)).max(16),
  /** Sources it combines with that it buys elsewhere. */
  bought_in: z.array(plainTextSchema(120)).max(16),
  notice: z.url({ protocol: /^https?$/ }).max(512),
})
export type RegisteredUse = z.infer<typeof registeredUseSchema>

export const requesterKindSchema = z.enum(['company', 'authority', 'research', 'person'])

export const requesterStatusSchema = z.enum(['active', 'lapsed', 'merged', 'retired', 'suspended', 'ended'])

export const requesterSchema = z.strictObject({
  ...recordMembers,
  name: requesterNameSchema,
  legal_name: plainTextSchema(200),
  lei: leiSchema.nullable(),
  kind: requesterKindSchema,
  keys: keysSchema,
  next: announcedSchema,
  uses: z.array(registeredUseSchema).max(32),
  offers: urlSchema,
  inbox: urlSchema,
  control: controlSchema,
  contacts: contactsSchema,
  /** The data-protection authority that supervises it. */
  authority: plainTextSchema(120),
  status: requesterStatusSchema,
})

export type RequesterRecord = z.infer<typeof requesterSchema>

export const requesterNoun: Noun<RequesterRecord> = {
  typ: 'dcann-requester+json',
  schema: requesterSchema,
  mostBytes: limits.zoneRecordBytes,
}

/** Every key that may sign a requester record proposed after `held`. */
export function requesterSigners(
  country: CountryRecord,
  held: RequesterRecord | undefined,
  proposed: RequesterRecord,
): PublicKey[] {
  return [...country.keys, ...proposed.keys, ...(held?.keys ?? [])]
}

/**
 * Admits a requester: the country's registrar signs with the requester's acceptance; either alone may tighten: end,
 * suspend, drop uses or keys, bump the control epoch. An epoch never falls.
 *
 * spec: requester#admission
 */
export function admitRequester(
  country: CountryRecord,
  held: Held<RequesterRecord> | undefined,
  proposed: Judged<RequesterRecord>,
  now: Instant,
): void {
  const { payload, signers } = proposed
  requireSequence(held, payload, now)
  admitKeySet(oneOf(payload.keys), payload.name)
  if (parseTime(payload.control.as_of) > now + times.nodeSkew) {
    throw new ProtocolError(
      'time-invalid',
      `admitting ${quote(payload.name)}: its control is as of ${payload.control.as_of}, which is in the future`,
    )
  }
  if (held) requireControlForward(held.payload.control, payload.control, payload.name)
  const before = held ? oneOf(held.payload.keys) : undefined
  if (
    held &&
    before &&
    isTighteningOfRequester(held.payload, payload) &&
    (isSignedBy(signers, before) || isSignedBy(signers, country))
  )
    return
  requireNotHeld(country, payload.name)
  requireSigned(signers, country, payload.name, "the country's registrar")
  requireSigned(signers, oneOf(payload.keys), payload.name, 'the requester')
  if (held && before)
    requireContinuity({ ...before, next: held.payload.next }, oneOf(payload.keys), signers, payload.name)
}

function oneOf(keys: readonly PublicKey[]): { readonly keys: readonly PublicKey[]; readonly threshold: 1 } {
  return { keys, threshold: 1 }
}

function requireControlForward(held: Control, proposed: Control, name: string): void {
  const changed = held.parent !== proposed.parent || held.exception !== proposed.exception
  if (
    proposed.epoch < held.epoch ||
    (changed && proposed.epoch === held.epoch) ||
    parseTime(proposed.as_of) < parseTime(held.as_of)
  ) {
    throw new ProtocolError(
      'rule-broken',
      `admitting ${quote(name)}: control went from epoch ${held.epoch} to ${proposed.epoch}; a change of who controls it bumps the epoch, and neither epoch nor as_of falls`,
    )
  }
}

const endings = ['lapsed', 'merged', 'retired', 'suspended', 'ended']

function isTighteningOfRequester(held: RequesterRecord, proposed: RequesterRecord): boolean {
  const statusKept = held.status === proposed.status
  const statusTightened =
    held.status !== 'ended' &&
    endings.includes(proposed.status) &&
    (held.status === 'active' || proposed.status === 'ended')
  return (
    isChange(held, proposed) &&
    differsOnlyIn(held, proposed, ['status', 'uses', 'keys', 'control']) &&
    (statusKept || statusTightened) &&
    isSubset(proposed.uses, held.uses) &&
    isSubset(proposed.keys, held.keys) &&
    // as_of alone would lift a suspension for staleness; with the epoch every agreement is suspended anyway
    (proposed.control.epoch > held.control.epoch || JSON.stringify(proposed.control) === JSON.stringify(held.control))
  )
}
