import { z } from 'zod'
import type { CountryRecord } from './country.ts'
import { ProtocolError, quote } from './errors.ts'
import { deriveIdentifier, type Identifier, identifierSchema } from './identifier.ts'
import { admitKey, type PublicKey } from './key.ts'
import { limits, times } from './limits.ts'
import {
  admitKeySet,
  announcedSchema,
  type Held,
  keysSchema,
  recordMembers,
  requireContinuity,
  requireNotHeld,
  requireSequence,
  requireSigned,
} from './record.ts'
import {
  fallbackSchema,
  homeSchema,
  judgeRecovery,
  judgeSettling,
  outgoingOf,
  outgoingSchema,
  type RecoverySet,
  recoverySetSchema,
  sameHome,
  settlingOf,
} from './recovery.ts'
import { type Noun, recordIdSchema, type Verified } from './signed.ts'
import { type Instant, parseTime } from './time.ts'

export const passportSchema = z.strictObject({
  ...recordMembers,
  name: identifierSchema,
  /** Control keys; any one acts. Key 0 is always the holder's own. */
  keys: keysSchema.max(8),
  next: announcedSchema,
  /** Digest of the salted recovery set. */
  recovery: recordIdSchema.nullable(),
  home: homeSchema,
  /** Where recovery may lead back to, while the last change of keys or home is not settled. */
  fallback: fallbackSchema.optional(),
  /** The recovery set before, while the change of it is not settled. */
  outgoing: outgoingSchema.optional(),
  /** The recovery set, opened, in a record by which it acts. */
  opens: recoverySetSchema.optional(),
  /** In such a record: the record since which everything is taken back. */
  undoes: recordIdSchema.optional(),
  status: z.enum(['active', 'ended']),
  /** 16 fresh random bytes: the record id is then a hiding commitment, so dropping the record erases it. */
  salt: z.string().regex(/^[A-Za-z0-9_-]{22}$/),
})

export type PassportRecord = z.infer<typeof passportSchema>

export const passportNoun: Noun<PassportRecord> = {
  typ: 'dcann-passport+json',
  schema: passportSchema,
  mostBytes: limits.passportRecordBytes,
}

/** The identifier that a genesis must bear: derived from its payload with `name` absent. */
export function identifierOf(countryCode: string, genesis: Omit<PassportRecord, 'name'>): Identifier {
  const { name: _, ...nameless } = { name: undefined, ...genesis }
  return deriveIdentifier(countryCode, nameless)
}

/** What a holder changes; whatever is left out stays. Date and salt are always new. */
export type PassportChange = Pick<PassportRecord, 'at' | 'salt'> &
  Partial<Pick<PassportRecord, 'keys' | 'next' | 'recovery' | 'home' | 'status' | 'ext'>>

/** The record by which control keys change what `held` says, with what settles after it. spec: recovery#settling */
export function passportAfter(held: Held<PassportRecord>, change: PassportChange): PassportRecord {
  const next = follow(held, change)
  return { ...next, ...settlingOf({ ...held.payload, id: held.id }, next) }
}

/** The record by which a recovery set, opened, appoints new control keys; with `undoes` back at the home of before. spec: recovery#act */
export function passportRecovered(
  held: Held<PassportRecord>,
  change: PassportChange & Pick<PassportRecord, 'keys' | 'recovery' | 'undoes'> & { readonly opens: RecoverySet },
): PassportRecord {
  const { opens, undoes } = change
  const home = undoes === undefined ? held.payload.home : (held.payload.fallback?.home ?? held.payload.home)
  return {
    ...follow(held, { home, ...change }),
    opens,
    ...(undoes && { undoes }),
    outgoing: outgoingOf(opens, change.at),
  }
}

function follow({ payload, id }: Held<PassportRecord>, change: PassportChange): PassportRecord {
  const { fallback: _, outgoing: _o, opens: _s, undoes: _u, ...stays } = payload
  return { ...stays, ...change, seq: payload.seq + 1, prev: id }
}

/** Every key that may sign a passport record proposed after `held`. */
export function passportSigners(held: PassportRecord | undefined, proposed: PassportRecord): PublicKey[] {
  return [...proposed.keys, ...(held?.keys ?? []), proposed.home.key, ...(proposed.opens?.keys ?? [])]
}

/**
 * Admits a passport record. A genesis bears the identifier that its own payload yields and is signed by control key 0
 * and by the home node; later ones by a control key of the record before, or by keys it announced, or by the recovery set
 * that they open; a new home signs too, unless recovery leads back to it.
 *
 * Throws `identifier-invalid`, `not-entitled`, `record-stale`, `time-invalid`, `key-inadmissible` or `rule-broken`.
 *
 * spec: passport#admission
 */
export function admitPassport(
  country: CountryRecord | undefined,
  held: Held<PassportRecord> | undefined,
  proposed: Verified<PassportRecord>,
  now: Instant,
): void {
  const { payload, signers } = proposed
  requireSequence(held, payload, now)
  admitKeySet({ keys: payload.keys, threshold: 1 }, payload.name)
  admitKey(payload.home.key)
  if (country && payload.status !== 'ended') requireNotHeld(country, payload.name)
  if (!held) return admitGenesis(country, payload, signers)
  requireDatedNow(payload, now)
  if (held.payload.status === 'ended')
    throw new ProtocolError('rule-broken', `admitting ${quote(payload.name)}: this passport has ended; make a new one`)
  if (payload.salt === held.payload.salt)
    throw new ProtocolError(
      'rule-broken',
      `admitting ${quote(payload.name)}: the salt is that of the record before; draw a fresh one`,
    )
  const isRestored = admitBySet(held, proposed)
  if (!isRestored && !sameHome(held.payload.home, payload.home))
    requireSigned(signers, { keys: [payload.home.key], threshold: 1 }, payload.name, 'the new home node')
}

/** Whose signatures carry it: the recovery set's when it opens one, else the control keys'. Tells whether its home needs none. */
function admitBySet(held: Held<PassportRecord>, { payload, signers }: Verified<PassportRecord>): boolean {
  const { opens } = payload
  if (opens) return judgeRecovery(held.payload, { ...payload, opens }, signers).isHomeRestored
  const before = { keys: held.payload.keys, threshold: 1, next: held.payload.next }
  if (isKeyChange(held.payload, payload))
    requireContinuity(before, { keys: payload.keys, threshold: 1 }, signers, payload.name)
  else requireSigned(signers, before, payload.name, 'a control key')
  judgeSettling({ ...held.payload, id: held.id }, payload)
  return false
}

/** What settles counts from a record's own date, so that everybody who reads it comes to the same day. */
function requireDatedNow({ name, at }: PassportRecord, now: Instant): void {
  if (now - parseTime(at) <= times.nodeSkew) return
  throw new ProtocolError(
    'time-invalid',
    `admitting ${quote(name)}: it is dated ${at}, more than ${times.nodeSkew} s ago; sign it again`,
  )
}

function admitGenesis(
  country: CountryRecord | undefined,
  payload: PassportRecord,
  signers: readonly PublicKey[],
): void {
  const { name, ...nameless } = payload
  const derived = deriveIdentifier(name.slice(0, 2), nameless)
  if (derived !== name)
    throw new ProtocolError(
      'identifier-invalid',
      `admitting ${quote(name)}: its genesis yields ${derived}; an identifier is derived, not chosen`,
    )
  if (country && country.name !== `country/${name.slice(0, 2)}`) {
    throw new ProtocolError('wrong-zone', `admitting ${quote(name)}: this zone is ${quote(country.name)}`)
  }
  if (country && country.status !== 'active')
    throw new ProtocolError('not-active', `admitting ${quote(name)}: ${country.name} is suspended and assigns nothing`)
  if (payload.status !== 'active')
    throw new ProtocolError('rule-broken', `admitting ${quote(name)}: a genesis is active`)
  if (payload.fallback ?? payload.outgoing ?? payload.opens ?? payload.undoes)
    throw new ProtocolError(
      'rule-broken',
      `admitting ${quote(name)}: nothing came before a genesis that it could recover`,
    )
  requireSigned(signers, { keys: payload.keys.slice(0, 1), threshold: 1 }, name, 'control key 0')
  requireSigned(signers, { keys: [payload.home.key], threshold: 1 }, name, 'the home node')
}

function isKeyChange(held: PassportRecord, proposed: PassportRecord): boolean {
  return held.keys.length !== proposed.keys.length || held.keys.some((key) => !proposed.keys.includes(key))
}
