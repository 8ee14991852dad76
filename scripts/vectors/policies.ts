import { countryNoun } from '@dcann/protocol/country'
import type { Signer } from '@dcann/protocol/key'
import { policyNoun, type PolicyRecord } from '@dcann/protocol/policy'
import { formatTime, parseTime } from '@dcann/protocol/time'
import { type Federation, keys, nth } from './federation.ts'
import { judging, zeroKey, type Change } from './judging.ts'
import { at, type NamedVector, write } from './vector.ts'

export async function policyVectors({ root, country }: Federation): Promise<NamedVector[]> {
  const text = {
    subject: 'fair-use' as const,
    title: 'Fair use (made up)',
    digest: zeroKey,
    urls: ['https://dcann.example/fair-use.md'],
    from: at,
    status: 'adopted' as const,
  }
  const genesis = { v: 1 as const, seq: 1, prev: null, at, ...text }
  const three = [...keys.citizens, ...keys.companies, ...keys.technical]
  const record = await write<PolicyRecord>(policyNoun, { ...genesis, name: 'policy/fair-use' }, three)
  const { admitted, refused, begins, follows } = judging(policyNoun, 'policy', [root], record)
  const first = { held: [root] }
  const own = (by: readonly Signer[], change: Change = {}) => begins(by, { name: 'EE/policy/retention', ...change })
  const inEe = { held: [country] }
  const suspended = await write(countryNoun, { ...country.payload, status: 'suspended' }, keys.country)
  const holding = await write(countryNoun, { ...country.payload, hold: ['EE/policy/retention'] }, keys.country)
  const expired = parseTime(root.payload.expires)
  return [
    admitted('adopted', 'Three houses, citizens among them.', record.signed, first),
    admitted('withdrawn', 'Who adopts withdraws.', await follows(three, { status: 'withdrawn' })),
    admitted('of-a-country', 'A country adopts its own.', await own(keys.country), inEe),
    refused(
      'two-houses',
      'Two houses are too few.',
      await begins([...keys.citizens, ...keys.companies]),
      'not-entitled',
      first,
    ),
    refused(
      'without-citizens',
      'Three houses without the citizens.',
      await begins([...keys.governments, ...keys.companies, ...keys.technical]),
      'not-entitled',
      first,
    ),
    refused(
      'half-a-house',
      'One key of two of the third house.',
      await begins(three.slice(0, 5)),
      'not-entitled',
      first,
    ),
    refused(
      'by-the-country-role',
      'The role that delegates countries adopts.',
      await begins([...three, ...keys.role]),
      'key-unknown',
      first,
    ),
    refused('by-a-country', 'A country adopts for the root.', await begins(keys.country), 'key-unknown', first),
    refused(
      'under-an-expired-root',
      'Nothing is adopted under a root that expired.',
      await begins(three, { at: formatTime(expired) }),
      'expired',
      { ...first, now: expired },
    ),
    refused('skips-a-version', 'Versions follow one another.', await follows(three, { seq: 3 }), 'record-stale'),
    refused('houses-for-a-country', 'The houses adopt for a country.', await own(three), 'key-unknown', inEe),
    refused('country-below-its-threshold', 'One key of two.', await own([nth(keys.country, 0)]), 'not-entitled', inEe),
    refused('suspended-country', 'A suspended country adopts.', await own(keys.country), 'not-active', {
      held: [suspended],
    }),
    refused('held', 'The houses hold the name.', await own(keys.country), 'held', { held: [holding] }),
    refused(
      'no-such-subject',
      'A subject that there is not.',
      await begins(three, { subject: 'weather' }),
      'schema-mismatch',
      first,
    ),
  ]
}
