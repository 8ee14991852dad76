import { countryNoun } from '@dcann/protocol/country'
import { operatorNoun } from '@dcann/protocol/operator'
import { formatTime, parseTime } from '@dcann/protocol/time'
import { type Federation, keys, keySet, nth } from './federation.ts'
import { judging } from './judging.ts'
import { day, type NamedVector, now, write } from './vector.ts'

export async function operatorVectors({ country, operator }: Federation): Promise<NamedVector[]> {
  const { admitted, refused, begins, follows, after } = judging(operatorNoun, 'operator', [country], operator)
  const both = [...keys.country, ...keys.operator]
  const first = { held: [country] }
  const suspended = await after(keys.operator, { status: 'suspended' })
  const holding = await write(countryNoun, { ...country.payload, hold: [operator.payload.name] }, keys.country)
  const { from, until } = operator.payload.valid
  return [
    admitted('accreditation', 'The country accredits.', await begins(keys.country), first),
    admitted('operator-ends-itself', 'The operator tightens alone.', await follows(keys.operator, { status: 'ended' })),
    admitted(
      'country-shortens',
      'The country tightens alone.',
      await follows(keys.country, { valid: { from, until: formatTime(now + day) } }),
    ),
    admitted(
      'both-loosen',
      'Both together take a suspension back.',
      await follows(both, { status: 'active' }, suspended),
      { held: [country, suspended] },
    ),
    refused('by-itself', 'An operator does not accredit itself.', await begins(keys.operator), 'not-entitled', first),
    refused(
      'operator-loosens-alone',
      'The operator takes its suspension back alone.',
      await follows(keys.operator, { status: 'active' }, suspended),
      'not-entitled',
      { held: [country, suspended] },
    ),
    refused(
      'country-loosens-alone',
      'The country takes a suspension by the operator back.',
      await follows(keys.country, { status: 'active' }, suspended),
      'not-entitled',
      { held: [country, suspended] },
    ),
    refused(
      'longer-alone',
      'Nobody makes a validity longer alone.',
      await follows(keys.country, { valid: { from, until: formatTime(parseTime(until) + day) } }),
      'not-entitled',
    ),
    refused(
      'keys-replaced',
      'New keys, without those before.',
      await follows([...keys.country, ...keys.newcomer], keySet(keys.newcomer)),
      'not-entitled',
    ),
    refused(
      'key-twice',
      'A threshold of two met by one key.',
      await begins(keys.country, { keys: [nth(keys.operator, 0).key, nth(keys.operator, 0).key] }),
      'key-inadmissible',
      first,
    ),
    refused(
      'threshold-beyond-the-keys',
      'Three of two.',
      await begins(keys.country, { threshold: 3 }),
      'rule-broken',
      first,
    ),
    refused(
      'held-by-the-houses',
      'The houses hold this name.',
      await follows(both, { legal_name: 'Another' }),
      'held',
      { held: [holding, operator] },
    ),
  ]
}
