import { ProtocolError, quote } from '@dcann/protocol/errors'
import type { PublicKey } from '@dcann/protocol/key'
import { times } from '@dcann/protocol/limits'
import { type Resolution, type Statement, statementNoun } from '@dcann/protocol/resolution'
import { proveSigned, readSigned, type Signed, type Verified } from '@dcann/protocol/signed'
import { formatTime, type Instant } from '@dcann/protocol/time'

/** `fresh` is at most 10 minutes old; `stale` at most a day: what rests on it goes on, and says so. */
export type Freshness = 'fresh' | 'stale'

/** The statement of an answer. Throws `proof-missing` for one by a mirror, which has none. */
export function statementIn({ statement, name }: Resolution): Signed {
  if (statement) return statement
  throw new ProtocolError(
    'proof-missing',
    `proving a statement: the answer on ${quote(name)} has none; ask a registry that speaks for its zone`,
  )
}

/**
 * Proves what a zone says of a name: about this zone and this name, signed by the zone's log key. How old it may be is
 * `freshnessOf`'s business.
 *
 * Throws `wrong-zone`, `key-unknown` when another key signed, `record-signature-invalid`, or what `readSigned` throws.
 *
 * spec: resolving#statement
 */
export async function proveStatement(
  resolution: Resolution,
  zone: string,
  name: string,
  logKeys: readonly PublicKey[],
): Promise<Verified<Statement>> {
  const submitted = readSigned(statementNoun, statementIn(resolution))
  for (const said of [resolution, submitted.payload]) {
    if (said.zone !== zone || said.name !== name) {
      throw new ProtocolError(
        'wrong-zone',
        `proving a statement: it is about ${quote(said.name)} of the zone ${quote(said.zone)}, asked was ${quote(name)} of ${quote(zone)}`,
      )
    }
  }
  return await proveSigned(submitted, logKeys)
}

/**
 * How fresh what a zone said at `at` is at `now`. Throws `stale` beyond a day, `time-invalid` for one dated in the future.
 *
 * spec: resolving#freshness
 */
export function freshnessOf(name: string, at: Instant, now: Instant): Freshness {
  const age = now - at
  if (age < -times.nodeSkew) {
    throw new ProtocolError(
      'time-invalid',
      `judging the statement on ${quote(name)}: it is dated ${formatTime(at)}, which is in the future; look at this machine's clock`,
    )
  }
  if (age > times.stale) {
    throw new ProtocolError(
      'stale',
      `judging the statement on ${quote(name)}: it is of ${formatTime(at)}, older than ${times.stale} s; ask a registry that is up to date`,
      { age },
    )
  }
  return age <= times.fresh ? 'fresh' : 'stale'
}
