import { z } from 'zod'
import type { CountryRecord } from './country.ts'
import { ProtocolError, quote } from './errors.ts'
import { deriveIdentifier, type Identifier, identifierSchema } from './identifier.ts'
import { admitKey, type PublicKey, publicKeySchema } from './key.ts'
import { limits } from './limits.ts'
import { nodeNameSchema } from './name.ts'
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
import { type Noun, recordIdSchema, type Verified } from './signed.ts'
import type { Instant } from './time.ts'

export const passportSchema = z.strictObject({
  ...recordMembers,
  name: identifierSchema,
  /** Control keys; any one acts. Key 0 is always the holder's own. */
  keys: keysSchema.max(8),
  next: announcedSchema,
  /** Digest of the salted recovery set. */
  recovery: recordIdSchema.nullable(),
  home: z.strictObject({ node: nodeNameSchema, key: publicKeySchema }),
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

/** Every key that may sign a passport record proposed after `held`. */
export function passportSigners(held: PassportRecord | undefined, proposed: PassportRecord): PublicKey[] {
  return [...proposed.keys, ...(held?.keys ?? []), proposed.home.key]
}

/**
 * Admits a passport record. A genesis bears the identifier that its own payload yields and is signed by control key 0
 * and by the home node; later ones by a control key of the record before, or by keys it announced; a new home signs too.
 *
 * Throws `identifier-invalid`, `not-entitled`, `record-stale`, `key-inadmissible` or `rule-broken`.
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
  if (held.payload.status === 'ended')
    throw new ProtocolError('rule-broken', `admitting ${quote(payload.name)}: this passport has ended; make a new one`)
  if (payload.salt === held.payload.salt)
    throw new ProtocolError(
      'rule-broken',
      `admitting ${quote(payload.name)}: the salt is that of the record before; draw a fresh one`,
    )
  const before = { keys: held.payload.keys, threshold: 1, next: held.payload.next }
  const announcedOrBefore = isKeyChange(held.payload, payload)
  if (announcedOrBefore) requireContinuity(before, { keys: payload.keys, threshold: 1 }, signers, payload.name)
  else requireSigned(signers, before, payload.name, 'a control key')
  if (held.payload.home.node !== payload.home.node || held.payload.home.key !== payload.home.key) {
    requireSigned(signers, { keys: [payload.home.key], threshold: 1 }, payload.name, 'the new home node')
  }
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
    throw new ProtocolError(
      'not-entitled',
      `admitting ${quote(name)}: ${country.name} is suspended and assigns nothing`,
    )
  if (payload.status !== 'active')
    throw new ProtocolError('rule-broken', `admitting ${quote(name)}: a genesis is active`)
  requireSigned(signers, { keys: payload.keys.slice(0, 1), threshold: 1 }, name, 'control key 0')
  requireSigned(signers, { keys: [payload.home.key], threshold: 1 }, name, 'the home node')
}

function isKeyChange(held: PassportRecord, proposed: PassportRecord): boolean {
  return held.keys.length !== proposed.keys.length || held.keys.some((key) => !proposed.keys.includes(key))
}
