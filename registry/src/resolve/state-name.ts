import { ProtocolError, quote } from '@dcann/protocol/errors'
import type { Signer } from '@dcann/protocol/key'
import type { ZoneName } from '@dcann/protocol/name'
import type { Statement } from '@dcann/protocol/resolution'
import { statementNoun } from '@dcann/protocol/resolution'
import { type RecordId, type Signed, signPayload } from '@dcann/protocol/signed'
import { formatTime, type Instant } from '@dcann/protocol/time'
import { createBounded } from '../bounded.ts'
import { type Log, type ServedZones, signerOf } from '../zones/delegation.ts'

/** A signed statement and what it says. */
export type Stated = {
  readonly signed: Signed
  readonly record: RecordId | null
  readonly at: string
  readonly instant: Instant
}

/** Seconds for which a statement is given again; its `at` tells its age. */
export const statementAgeMost = 15
const presentMost = 20_000
/** Anybody can ask for names that nobody has, so these may not crowd out the others. */
const absentMost = 512

type Made = Stated & { readonly ttl: number; readonly kid: string }

export type StateDesk = {
  /** Signs what stands under a name at `now`, or finds what it signed a moment ago and is still so. */
  readonly state: (
    zone: ZoneName,
    log: Log,
    name: string,
    record: RecordId | null,
    ttl: number,
    now: Instant,
  ) => Promise<Stated>
}

/** A statement holds no more than what the caller has just read; the cache only saves the signature. */
export function createStateDesk(zones: ServedZones): StateDesk {
  const present = createBounded<Made>(presentMost)
  const absent = createBounded<Made>(absentMost)
  return {
    async state(zone, log, name, record, ttl, now) {
      const signer = signerFor(zones, zone, log)
      const cache = record === null ? absent : present
      const key = `${zone} ${name}`
      const made = cache.get(key)
      const age = made ? now - made.instant : Number.POSITIVE_INFINITY
      if (made?.record === record && made.ttl === ttl && made.kid === signer.kid && age >= 0 && age < statementAgeMost)
        return made
      const at = formatTime(now)
      const statement: Statement = { v: 1, zone, name, record, ttl, at }
      const signed = await signPayload(statementNoun, statement, [signer])
      const fresh = { signed, record, at, ttl, instant: now, kid: signer.kid }
      cache.set(key, fresh)
      return fresh
    },
  }
}

function signerFor(zones: ServedZones, zone: ZoneName, log: Log): Signer {
  if (!zones.has(zone)) throw new ProtocolError('not-found', 'stating a name: its zone is not served here')
  const signer = signerOf(zones, zone, log)
  if (signer) return signer
  throw new ProtocolError(
    'unavailable',
    `stating a name: the log key of the zone ${quote(zone)} here is not the one that its record names`,
  )
}
