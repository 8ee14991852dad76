import type { CountryRecord } from '@dcann/protocol/country'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import type { NodeRecord } from '@dcann/protocol/node'
import { isOperatorActive, type OperatorRecord } from '@dcann/protocol/operator'
import type { PassportRecord } from '@dcann/protocol/passport'
import type { Verified } from '@dcann/protocol/signed'
import type { Instant } from '@dcann/protocol/time'
import type { Home, Resolved } from './resolved.ts'

export type HomeParts = {
  readonly node: Resolved<NodeRecord>
  readonly operator: Resolved<OperatorRecord>
  readonly country: Resolved<CountryRecord>
}

/**
 * Judges that a node may answer: it stands and has not ended, its operator is accredited, its country is not suspended.
 * Throws `not-active`, naming which of them is not.
 *
 * spec: resolving#home
 */
export function judgeHome({ node, operator, country }: HomeParts, now: Instant): Home {
  const record = standing(node)
  if (record.payload.status === 'suspended' || record.payload.status === 'ended')
    throw notActive(node.name, record.payload.status)
  const by = standing(operator)
  if (by.payload.name !== record.payload.operator) throw notActive(operator.name, `not the operator of ${node.name}`)
  if (!isOperatorActive(by.payload, now))
    throw notActive(operator.name, by.payload.status === 'active' ? 'outside its accreditation' : by.payload.status)
  const zone = standing(country)
  if (zone.payload.status !== 'active') throw notActive(country.name, zone.payload.status)
  const stale = [node, operator, country].some(({ freshness }) => freshness === 'stale')
  return { node: record, operator: by, country: zone, freshness: stale ? 'stale' : 'fresh' }
}

/**
 * Judges that a node is the home its holder chose: its identity key is the one in the passport, or descends from it by the
 * continuity of the node's own records. Throws `chain-broken`.
 *
 * spec: resolving#home
 */
export function judgeHomeKey(home: PassportRecord['home'], node: Resolved<NodeRecord>): void {
  if (node.name === home.node && node.chain.some(({ payload }) => payload.identity_key === home.key)) return
  throw new ProtocolError(
    'chain-broken',
    `resolving a home: ${quote(node.name)} neither bears the key that the passport names nor descends from it`,
    { link: 'home', node: node.name },
  )
}

function standing<T>({ name, record }: Resolved<T>): Verified<T> {
  if (record === undefined) throw notActive(name, 'absent')
  return record
}

function notActive(name: string, is: string): ProtocolError {
  return new ProtocolError('not-active', `resolving a home: ${quote(name)} is ${is}`, { name, is })
}
