import { countryNoun } from '@dcann/protocol/country'
import { rootNoun } from '@dcann/protocol/root'
import { formatTime, parseTime } from '@dcann/protocol/time'
import { type Federation, keys, keySet, nth } from './federation.ts'
import { judging, zeroKey } from './judging.ts'
import { type NamedVector, write } from './vector.ts'

export async function countryVectors({ root, country }: Federation): Promise<NamedVector[]> {
  const { admitted, refused, begins, follows, after } = judging(countryNoun, 'country', [root], country)
  const both = [...keys.role, ...keys.country]
  const first = { held: [root] }
  const suspended = await after(keys.role, { status: 'suspended' })
  const production = await write(rootNoun, { ...root.payload, test: false }, keys.role)
  const announcing = await after(both, { next: keySet(keys.newcomer).keys.map(() => zeroKey) })
  const expired = parseTime(root.payload.expires)
  const two = [...keys.citizens, ...keys.technical]
  const hold = { hold: ['EE/node/tallinn'] }
  const holding = await after(two, hold)
  const held = await after(two, { hold: ['country/EE'] })
  const newLog = { origin: 'ee-2.dcann.example', key: nth(keys.stranger, 0).key }
  const frozen = { size: 7, root: zeroKey }
  const moved = await after(both, { log: newLog, frozen })
  return [
    admitted('delegation', "The root's country role and the country together.", country.signed, first),
    admitted(
      'country-suspends-itself',
      'The country tightens alone.',
      await follows(keys.country, { status: 'suspended' }),
    ),
    admitted(
      'role-suspends',
      "The root's country role tightens alone.",
      await follows(keys.role, { status: 'suspended' }),
    ),
    admitted(
      'both-loosen',
      'Both together take a suspension back.',
      await follows(both, { status: 'active' }, suspended),
      { held: [root, suspended] },
    ),
    admitted(
      'expired-root-tightens',
      'Under an expired root a country can still be suspended.',
      await follows(keys.role, { status: 'suspended', at: formatTime(expired) }),
      { now: expired },
    ),
    refused(
      'without-the-country',
      'Nobody is made a country without accepting it.',
      await begins(keys.role),
      'not-entitled',
      first,
    ),
    refused('without-the-role', 'Nobody makes itself a country.', await begins(keys.country), 'not-entitled', first),
    refused(
      'below-the-threshold',
      'One key of two of the role.',
      await begins([nth(keys.role, 0), ...keys.country]),
      'not-entitled',
      first,
    ),
    refused(
      'country-loosens-alone',
      'The country takes its suspension back alone.',
      await follows(keys.country, { status: 'active' }, suspended),
      'not-entitled',
      { held: [root, suspended] },
    ),
    refused(
      'tightens-and-moves',
      'A suspension that changes the address too.',
      await follows(keys.country, { status: 'suspended', urls: ['https://elsewhere.example'] }),
      'not-entitled',
    ),
    refused(
      'keys-replaced',
      'New keys, without those before.',
      await follows([...keys.role, ...keys.newcomer], keySet(keys.newcomer)),
      'not-entitled',
    ),
    refused(
      'keys-not-those-announced',
      'New keys that are none of those announced.',
      await follows([...keys.role, ...keys.newcomer], keySet(keys.newcomer), announcing),
      'not-entitled',
      { held: [root, announcing] },
    ),
    refused(
      'expired-root',
      'An expired root delegates no more.',
      await follows(both, { urls: ['https://elsewhere.example'], at: formatTime(expired) }),
      'expired',
      { now: expired },
    ),
    refused(
      'test-code-in-production',
      'XA is for tests, never under a production root.',
      await begins(both, { name: 'country/XA' }),
      'rule-broken',
      { held: [production] },
    ),
    refused(
      'log-key-of-small-order',
      'The log key is no key.',
      await begins(both, { log: { origin: 'ee.dcann.example', key: zeroKey } }),
      'key-inadmissible',
      first,
    ),
    admitted(
      'houses-suspend',
      'The houses that the root names for a hold tighten alone.',
      await follows(two, { status: 'suspended' }),
    ),
    admitted('houses-hold', 'They hold a name in the zone.', holding.signed),
    admitted(
      'houses-let-go',
      'Role, country and houses together let it go.',
      await follows([...both, ...two], { hold: [] }, holding),
      { held: [root, holding] },
    ),
    admitted('log-moved', 'A new log key, under a new origin.', moved.signed),
    refused('one-house-holds', 'No house holds alone.', await follows(keys.citizens, hold), 'not-entitled'),
    refused(
      'houses-hold-without-citizens',
      'Two houses hold without the citizens, whom the root names.',
      await follows([...keys.companies, ...keys.technical], hold),
      'not-entitled',
    ),
    refused(
      'houses-loosen',
      'The houses restore a country without role and country.',
      await follows(two, { status: 'active' }, suspended),
      'not-entitled',
      { held: [root, suspended] },
    ),
    refused(
      'let-go-without-the-houses',
      'Role and country let go what the houses hold.',
      await follows(both, { hold: [] }, holding),
      'held',
      { held: [root, holding] },
    ),
    refused(
      'held-itself',
      'A country that is held moves its registry.',
      await follows(both, { urls: ['https://elsewhere.example'] }, held),
      'held',
      { held: [root, held] },
    ),
    refused(
      'log-moved-without-its-end',
      'A new log key, and nothing says where the log before ended.',
      await follows(both, { log: newLog }),
      'rule-broken',
    ),
    refused(
      'log-moved-under-its-origin',
      'A new log key under the origin of before.',
      await follows(both, { log: { ...newLog, origin: country.payload.log.origin }, frozen }),
      'rule-broken',
    ),
    refused(
      'log-named-as-no-zones-is',
      'A log whose name has a slash, as logs have that nobody replays.',
      await follows(both, { log: { ...newLog, origin: 'dcann.example/evidence/EE/node/tallinn' }, frozen }),
      'schema-mismatch',
    ),
    refused(
      'end-of-a-log-that-goes-on',
      'The log stays, and is said to have ended.',
      await follows(both, { frozen }),
      'rule-broken',
    ),
    refused(
      'end-of-a-log-rewritten',
      'Where the log before ended becomes another place.',
      await follows(both, { frozen: { ...frozen, size: 8 } }, moved),
      'rule-broken',
      { held: [root, moved] },
    ),
    refused('root-not-held', 'Judged without the root.', country.signed, 'not-found', { held: [] }),
  ]
}
