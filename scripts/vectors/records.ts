import { countryNoun } from '@dcann/protocol/country'
import type { ErrorCode } from '@dcann/protocol/errors'
import { keyDigest, type Signer } from '@dcann/protocol/key'
import { nodeNoun } from '@dcann/protocol/node'
import { operatorNoun } from '@dcann/protocol/operator'
import { identifierOf, passportNoun, type PassportRecord } from '@dcann/protocol/passport'
import type { AnyRecord } from '@dcann/protocol/record'
import { settlingOf } from '@dcann/protocol/recovery'
import { policyNoun, type PolicyRecord } from '@dcann/protocol/policy'
import { requesterNoun } from '@dcann/protocol/requester'
import { houses, rootNoun, type RootRecord } from '@dcann/protocol/root'
import type { Noun, Signed } from '@dcann/protocol/signed'
import { formatTime, parseTime } from '@dcann/protocol/time'
import { type Federation, keys, keySet, nth } from './federation.ts'
import {
  at,
  changed,
  day,
  type NamedVector,
  now,
  salt,
  signAny,
  signers,
  vectorsOf,
  write,
  type Written,
} from './vector.ts'

type Change = Readonly<Record<string, unknown>>
const zeroKey = 'A'.repeat(43)

/** Makers for one noun: `given.records` is what the zone holds, `input` what somebody wants admitted. */
export function judging<T extends AnyRecord>(
  noun: Noun<T>,
  kind: string,
  held: readonly Written<AnyRecord>[],
  record: Written<T>,
): {
  readonly admitted: (name: string, about: string, input: Signed, more?: Circumstances) => NamedVector
  readonly refused: (name: string, about: string, input: Signed, code: ErrorCode, more?: Circumstances) => NamedVector
  readonly begins: (signers: readonly Signer[], change?: Change) => Promise<Signed>
  readonly follows: (signers: readonly Signer[], change?: Change, before?: Written<T>) => Promise<Signed>
  readonly after: (signers: readonly Signer[], change: Change, before?: Written<T>) => Promise<Written<T>>
} {
  const { valid, invalid } = vectorsOf(kind)
  const zone = (records: readonly Written<AnyRecord>[]): unknown => ({ records: records.map(({ signed }) => signed) })
  const circumstances = (input: Signed, more: Circumstances = {}) => ({
    given: zone(more.held ?? [...held, record]),
    input,
    ...(more.now !== undefined && { now: more.now }),
  })
  const next = ({ payload, id }: Written<T>, change: Change): object => {
    const { seq } = payload
    return { ...payload, seq: seq + 1, prev: id, ...change }
  }
  return {
    admitted: (name, about, input, more) => valid(name, about, circumstances(input, more), {}),
    refused: (name, about, input, code, more) => invalid(name, about, circumstances(input, more), code),
    begins: async (by, change = {}) => await signAny(noun.typ, changed(record.payload, change), by),
    follows: async (by, change = {}, before = record) => await signAny(noun.typ, changed(next(before, change), {}), by),
    // `as`: whoever hands in the change keeps to the noun's form, and reading it back below refuses what does not
    after: async (by, change, before = record) =>
      await write(noun, changed(next(before, change), {}) as unknown as T, by),
  }
}

type Circumstances = { readonly held?: readonly Written<AnyRecord>[]; readonly now?: number }

export async function rootVectors({ root }: Federation): Promise<NamedVector[]> {
  const { admitted, refused, begins, follows, after } = judging(rootNoun, 'root', [], root)
  const all = houses.flatMap((house) => keys[house])
  const without = (...absent: readonly string[]): Signer[] =>
    houses.filter((house) => !absent.includes(house)).flatMap((house) => keys[house])
  const technical = (set: object): Change => ({ houses: { ...root.payload.houses, technical: set } })
  const none = { held: [] }
  return [
    admitted('first-version', 'Four houses begin.', root.signed, none),
    admitted('three-houses', 'Three houses, citizens among them, are enough.', await follows(without('governments'))),
    admitted(
      'house-changes-its-keys',
      'A house goes to new keys with its old ones.',
      await follows([...all, ...keys.newcomer], technical(keySet(keys.newcomer))),
    ),
    refused(
      'without-citizens',
      'Three houses cannot outvote the citizens.',
      await follows(without('citizens')),
      'root-invalid',
    ),
    refused(
      'two-houses',
      'Two houses are too few, citizens among them or not.',
      await follows(without('governments', 'companies')),
      'root-invalid',
    ),
    refused('one-house', 'No house acts alone.', await follows(keys.governments), 'root-invalid'),
    refused(
      'half-a-house',
      'A house counts only when its threshold signed.',
      await follows([...without('citizens'), nth(keys.citizens, 0)]),
      'root-invalid',
    ),
    refused(
      'first-version-by-two',
      'A beginning needs three houses as well.',
      await begins(without('governments', 'companies')),
      'root-invalid',
      none,
    ),
    refused(
      'house-taken-over',
      'Three houses give the fourth keys that it never announced.',
      await follows(without('technical'), technical(keySet(keys.newcomer))),
      'not-entitled',
    ),
    refused(
      'threshold-lowered-by-others',
      'Three houses lower the threshold of the fourth.',
      await follows(without('technical'), technical({ ...keySet(keys.technical), threshold: 1 })),
      'not-entitled',
    ),
    refused(
      'only-the-version-held',
      'All houses change their keys at once, and only the old keys sign.',
      await follows(all, {
        houses: Object.fromEntries(houses.map((house) => [house, keySet(signers(`fresh/${house}`, 2))])),
      }),
      'root-invalid',
    ),
    refused(
      'key-in-two-houses',
      'One key stands in two houses.',
      await follows(all, technical(keySet([nth(keys.citizens, 0), nth(keys.newcomer, 0)]))),
      'key-inadmissible',
    ),
    refused(
      'witness-key-twice',
      'Two witnesses have one key.',
      await follows(all, {
        witness: { quorum: 1, witnesses: [root.payload.witness.witnesses[0], root.payload.witness.witnesses[0]] },
      }),
      'key-inadmissible',
    ),
    refused('test-becomes-production', 'A test root stays one.', await follows(all, { test: false }), 'rule-broken'),
    refused(
      'announced-by-others',
      'Three houses announce keys for the fourth, to give them to it later.',
      await follows(without('technical'), technical({ ...keySet(keys.technical), next: digestsOf(keys.newcomer) })),
      'not-entitled',
    ),
    refused(
      'log-key-in-a-house',
      "The key that is online all day is a house's as well.",
      await follows([...all, nth(keys.rootLog, 0)], technical(keySet([nth(keys.rootLog, 0), nth(keys.technical, 1)]))),
      'key-inadmissible',
    ),
    refused(
      'one-house-may-hold',
      'A root under which one house could act alone.',
      await follows(all, { needs: { ...root.payload.needs, hold: { least: 1, with: [] } } }),
      'rule-broken',
    ),
    refused(
      'policy-over-the-citizens',
      'A root under which three houses could adopt a text over the citizens.',
      await follows(all, { needs: { ...root.payload.needs, policy: { least: 3, with: [] } } }),
      'rule-broken',
    ),
    refused(
      'expired-when-signed',
      'A version that never was in force.',
      await follows(all, { expires: at }),
      'rule-broken',
    ),
    refused(
      'expires-too-late',
      'A version for more than three years.',
      await follows(all, { expires: formatTime(now + 3 * 366 * day + 1) }),
      'rule-broken',
    ),
    refused(
      'quorum-of-all',
      'Every witness must cosign, so one that is down stops the world.',
      await follows(all, { witness: { ...root.payload.witness, quorum: 2 } }),
      'rule-broken',
    ),
    refused(
      'production-without-witnesses',
      'A root that counts, whose heads nobody cosigns.',
      await begins(all, { test: false, witness: { quorum: 0, witnesses: [] } }),
      'rule-broken',
      none,
    ),
    refused(
      'threshold-of-one-key-twice',
      'One key listed twice would reach a threshold of two.',
      await follows(
        all,
        technical({ keys: [nth(keys.technical, 0).key, nth(keys.technical, 0).key], threshold: 2, next: [] }),
      ),
      'key-inadmissible',
    ),
    refused('fast-forwarded', 'A version far ahead of the one held.', await follows(all, { seq: 900 }), 'record-stale'),
    refused('same-version-again', 'The version held, again.', root.signed, 'record-stale'),
    ...(await silenceVectors({ admitted, refused, follows, after, root })),
    refused('version-left-out', 'Versions follow one another.', await follows(all, { seq: 3 }), 'record-stale'),
    refused(
      'stranger-signs-too',
      'A key of no house signs beside all houses.',
      await follows([...all, ...keys.stranger]),
      'key-unknown',
    ),
    refused(
      'dated-in-the-future',
      'More than five minutes ahead.',
      await follows(all, { at: formatTime(now + 301) }),
      'time-invalid',
    ),
  ]
}

/** A house that misses a ceremony: the notice, its end, and what the others may do afterwards. */
async function silenceVectors({
  admitted,
  refused,
  follows,
  after,
  root,
}: Pick<ReturnType<typeof judging<RootRecord>>, 'admitted' | 'refused' | 'follows' | 'after'> & {
  readonly root: Written<RootRecord>
}): Promise<NamedVector[]> {
  const citizens = (set: object): Change => ({ houses: { ...root.payload.houses, citizens: set } })
  const three = [...keys.governments, ...keys.companies, ...keys.technical]
  const two = [...keys.governments, ...keys.companies]
  const announced = { ...keySet(keys.citizens), next: digestsOf(keys.newcomer) }
  const second = await after([...three, ...keys.citizens], citizens(announced))
  const given = { house: 'citizens', since: at } as const
  const noticed = await after(three, { notice: given }, second)
  const due = now + 97 * day
  const later = { held: [noticed], now: due }
  const announcing = { held: [second] }
  const rekey = (set: object, more: Change = {}): Change => ({
    ...citizens(set),
    notice: undefined,
    at: formatTime(due),
    ...more,
  })
  const fresh = keySet(keys.newcomer)
  return [
    admitted('notice', 'Three houses give notice to the fourth, the citizens too.', noticed.signed, announcing),
    admitted(
      'notice-ended-by-its-house',
      'The house that was called silent answers, alone.',
      await follows(keys.citizens, { notice: undefined }, noticed),
      { held: [noticed] },
    ),
    admitted('notice-taken-back', 'The three take it back.', await follows(three, { notice: undefined }, noticed), {
      held: [noticed],
    }),
    admitted(
      'silent-house-rekeyed',
      '90 days after it was public at the latest, the three give it keys that it announced.',
      await follows(three, rekey(fresh), noticed),
      later,
    ),
    refused(
      'silent-house-rekeyed-a-second-early',
      'One second less than 97 days after its date.',
      await follows(three, rekey(fresh, { at: formatTime(due - 1) }), noticed),
      'root-invalid',
      { held: [noticed], now: due - 1 },
    ),
    refused(
      'silent-house-rekeyed-dated-ahead',
      'Dated 97 days after by a clock that is a little ahead, but judged before.',
      await follows(three, rekey(fresh), noticed),
      'root-invalid',
      { held: [noticed], now: due - 1 },
    ),
    refused(
      'silent-house-taken-over',
      'The three give it keys that it never announced.',
      await follows(three, rekey(keySet(keys.stranger.concat(nth(keys.newcomer, 0)))), noticed),
      'root-invalid',
      later,
    ),
    refused(
      'silent-house-weakened',
      'The three lower its threshold on the way.',
      await follows(three, rekey({ ...fresh, threshold: 1 }), noticed),
      'root-invalid',
      later,
    ),
    refused(
      'silent-house-announced-for',
      'The three announce other keys for it on the way.',
      await follows(three, rekey({ ...fresh, next: digestsOf(keys.stranger) }), noticed),
      'root-invalid',
      later,
    ),
    refused(
      'silent-house-and-more',
      'The three change something else on the way.',
      await follows(three, rekey(fresh, { expires: formatTime(due + 100 * day) }), noticed),
      'root-invalid',
      later,
    ),
    refused(
      'silent-house-rekeyed-by-two',
      'Two of the other three are too few.',
      await follows(two, rekey(fresh), noticed),
      'root-invalid',
      later,
    ),
    refused(
      'silent-house-without-notice',
      'Nobody has given notice.',
      await follows(three, rekey(fresh), second),
      'root-invalid',
      { held: [second], now: due },
    ),
    refused(
      'notice-in-arrears',
      'A notice dated longer ago than it may take to sign.',
      await follows(three, { notice: given }, second),
      'time-invalid',
      { held: [second], now: now + 7 * day + 1 },
    ),
    refused(
      'notice-dated-before',
      'A notice that says another day than the version that gives it.',
      await follows(three, { notice: { ...given, since: formatTime(now - day) } }, second),
      'rule-broken',
      announcing,
    ),
    refused(
      'notice-dated-anew',
      'A notice that stands, with another day.',
      await follows(three, { notice: { ...given, since: formatTime(now - 1) } }, noticed),
      'rule-broken',
      { held: [noticed] },
    ),
    refused(
      'notice-by-two',
      'Two houses cannot call the citizens silent.',
      await follows(two, { notice: given }, second),
      'root-invalid',
      announcing,
    ),
    refused(
      'notice-and-more',
      'A notice to the citizens, and something else without them.',
      await follows(three, { notice: given, expires: formatTime(now + 10 * day) }, second),
      'root-invalid',
      announcing,
    ),
    refused(
      'notice-to-one-that-signs',
      'The house that would be called silent has signed.',
      await follows([...three, ...keys.citizens], { notice: given }, second),
      'rule-broken',
      announcing,
    ),
    refused(
      'notice-in-the-first-version',
      'Nobody has been silent before the beginning.',
      await signAny(rootNoun.typ, changed(root.payload, { notice: given }), three),
      'rule-broken',
      { held: [] },
    ),
    refused(
      'notice-ended-and-more',
      'The house that was called silent does more alone than to answer.',
      await follows(keys.citizens, { notice: undefined, expires: formatTime(now + 10 * day) }, noticed),
      'root-invalid',
      { held: [noticed] },
    ),
    refused(
      'notice-ended-by-another',
      'Another house alone ends it.',
      await follows(keys.technical, { notice: undefined }, noticed),
      'root-invalid',
      { held: [noticed] },
    ),
  ]
}

function digestsOf(of: readonly Signer[]): string[] {
  return of.map(({ key }) => keyDigest(key))
}

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

export async function nodeVectors({ country, operator, node }: Federation): Promise<NamedVector[]> {
  const { admitted, refused, begins, follows, after } = judging(nodeNoun, 'node', [country, operator], node)
  const [identity, announced] = [nth(keys.identity, 0), nth(keys.identity, 1)]
  const own = [...keys.operator, identity]
  const first = { held: [country, operator] }
  const suspended = await after(keys.country, { status: 'suspended' })
  const draining = await after([identity], { status: 'draining' })
  const other = await write(operatorNoun, { ...operator.payload, name: 'EE/operator/other' }, keys.country)
  const ended = await write(operatorNoun, { ...operator.payload, status: 'suspended' }, keys.country)
  return [
    admitted('first', 'The operator and the identity key together.', node.signed, first),
    admitted(
      'identity-key-announced',
      'The identity key goes to the one announced.',
      await follows([...keys.operator, announced], { identity_key: announced.key }),
    ),
    admitted('node-drains-itself', 'The node tightens alone.', await follows([identity], { status: 'draining' })),
    admitted('country-suspends', 'The country tightens alone.', await follows(keys.country, { status: 'suspended' })),
    admitted(
      'back-from-draining',
      'Operator and node come back from draining.',
      await follows(own, { status: 'active' }, draining),
      { held: [country, operator, draining] },
    ),
    admitted(
      'back-with-the-country',
      'Out of suspension with the country.',
      await follows([...own, ...keys.country], { status: 'active' }, suspended),
      { held: [country, operator, suspended] },
    ),
    refused(
      'without-the-identity-key',
      'An operator alone brings no node.',
      await begins(keys.operator),
      'not-entitled',
      first,
    ),
    refused('without-the-operator', 'A node alone brings itself not.', await begins([identity]), 'not-entitled', first),
    refused(
      'back-without-the-country',
      'Operator and node undo what the country did.',
      await follows(own, { status: 'active' }, suspended),
      'not-entitled',
      { held: [country, operator, suspended] },
    ),
    refused(
      'identity-key-replaced',
      'A new identity key that nobody announced.',
      await follows([...keys.operator, nth(keys.newcomer, 0)], { identity_key: nth(keys.newcomer, 0).key }),
      'not-entitled',
    ),
    refused(
      'one-key-for-two-uses',
      'Identity key and assertion key are one.',
      await begins(own, { assertion_key: identity.key }),
      'key-inadmissible',
      first,
    ),
    refused(
      'sealing-key-of-low-order',
      'What is sealed to the node would be open to everybody.',
      await begins(own, { sealing_key: 'A'.repeat(43) }),
      'key-inadmissible',
      first,
    ),
    refused(
      'another-operator',
      'A node goes to another operator.',
      await follows(own, { operator: 'EE/operator/other' }),
      'rule-broken',
      { held: [country, operator, other, node] },
    ),
    refused('operator-suspended', 'The operator is not accredited now.', node.signed, 'not-active', {
      held: [country, ended],
    }),
    refused('operator-not-held', 'Judged without the operator.', node.signed, 'not-found', { held: [country] }),
    refused('ttl-too-short', 'Less than a minute.', await begins(own, { ttl: 59 }), 'schema-mismatch', first),
    refused(
      'plain-http',
      'An address without TLS that is not this machine.',
      await begins(own, { url: 'http://tallinn.example' }),
      'schema-mismatch',
      first,
    ),
  ]
}

export async function requesterVectors({ country, requester }: Federation): Promise<NamedVector[]> {
  const { admitted, refused, begins, follows, after } = judging(requesterNoun, 'requester', [country], requester)
  const [own, announced] = [nth(keys.requester, 0), nth(keys.requester, 1)]
  const both = [...keys.country, own]
  const first = { held: [country] }
  const ended = await after([own], { status: 'ended' })
  const { control, uses } = requester.payload
  const wider = uses.map((use) => ({ ...use, categories: [...use.categories, 'pd:Health'] }))
  const later = formatTime(now + day)
  const tomorrow = { now: now + day }
  return [
    admitted('registration', 'The registrar, and the requester accepts.', requester.signed, first),
    admitted('requester-drops-uses', 'The requester tightens alone.', await follows([own], { uses: [] })),
    admitted(
      'registrar-bumps-the-epoch',
      'The registrar files a change of control.',
      await follows(keys.country, { control: { ...control, epoch: 2 } }),
    ),
    admitted(
      'keys-announced',
      'Keys go to those announced.',
      await follows([...keys.country, announced], { keys: [announced.key] }),
    ),
    admitted(
      'control-confirmed',
      'Both together say that control is as it was.',
      await follows(both, { control: { ...control, as_of: later }, at: later }),
      tomorrow,
    ),
    refused(
      'without-the-registrar',
      'A requester does not register itself.',
      await begins([own]),
      'not-entitled',
      first,
    ),
    refused(
      'without-acceptance',
      'Nobody is registered without accepting it.',
      await begins(keys.country),
      'not-entitled',
      first,
    ),
    refused('use-widened-alone', 'A requester widens its use.', await follows([own], { uses: wider }), 'not-entitled'),
    refused(
      'active-again-alone',
      'A requester takes its end back.',
      await follows([own], { status: 'active' }, ended),
      'not-entitled',
      { held: [country, ended] },
    ),
    refused(
      'keys-replaced',
      'New keys, without those before.',
      await follows([...keys.country, nth(keys.newcomer, 0)], { keys: [nth(keys.newcomer, 0).key] }),
      'not-entitled',
    ),
    refused(
      'epoch-falls',
      'A control epoch below the one before.',
      await follows(
        both,
        { control: { ...control, epoch: 1 } },
        await after([own], { control: { ...control, epoch: 2 } }),
      ),
      'rule-broken',
      { held: [country, await after([own], { control: { ...control, epoch: 2 } })] },
    ),
    refused(
      'owner-changed-quietly',
      'Another owner under the same epoch.',
      await follows(both, { control: { ...control, exception: 'public-body' } }),
      'rule-broken',
    ),
    refused(
      'control-confirmed-alone',
      'A requester says by itself that control is as it was.',
      await follows([own], { control: { ...control, as_of: later }, at: later }),
      'not-entitled',
      tomorrow,
    ),
    refused(
      'control-of-the-future',
      'Control as of tomorrow.',
      await follows(both, { control: { ...control, as_of: later } }),
      'time-invalid',
    ),
    refused(
      'parent-and-exception',
      'A parent, and a reason why there is none.',
      await begins(both, { control: { ...control, parent: '5493001KJTIIGC8Y1R12' } }),
      'schema-mismatch',
      first,
    ),
    refused(
      'unknown-purpose',
      'A purpose that the vocabulary does not have.',
      await begins(both, { uses: [{ ...uses[0], purpose: 'dpv:Mischief' }] }),
      'schema-mismatch',
      first,
    ),
  ]
}

export async function passportVectors({ country, passport }: Federation): Promise<NamedVector[]> {
  const { admitted, refused, begins, follows, after } = judging(passportNoun, 'passport', [country], passport)
  const [control, announced] = [nth(keys.control, 0), nth(keys.control, 1)]
  const [home, newHome] = [nth(keys.identity, 0), nth(keys.newcomer, 0)]
  const [thief] = [nth(keys.stranger, 0)]
  const first = { held: [country] }
  const fresh = { salt: salt(2) }
  const ended = await after([control], { ...fresh, status: 'ended' })
  const suspended = await write(countryNoun, { ...country.payload, status: 'suspended' }, keys.country)
  const begun = async (change: Partial<PassportRecord>, signers: readonly Signer[]): Promise<Signed> => {
    const { name: _, ...nameless } = { ...passport.payload, ...change }
    return await signAny(passportNoun.typ, { ...nameless, name: identifierOf('EE', nameless) }, signers)
  }
  /** With what the record has to say of settling. */
  const settling = (change: Pick<Partial<PassportRecord>, 'keys' | 'home'>): Change => ({
    ...fresh,
    ...change,
    ...settlingOf({ ...passport.payload, id: passport.id }, { ...passport.payload, ...change }),
  })
  const moved = settling({ home: { node: 'EE/node/tartu', key: newHome.key } })
  return [
    admitted(
      'genesis',
      'The holder and the home node, under the identifier that the payload yields.',
      passport.signed,
      first,
    ),
    admitted('next', 'A control key, and a fresh salt.', await follows([control], fresh)),
    admitted(
      'keys-announced',
      'Keys go to those announced.',
      await follows([announced], settling({ keys: [announced.key] })),
    ),
    admitted(
      'move',
      'The holder and the new home; the old one is not asked.',
      await follows([control, newHome], moved),
    ),
    admitted('end', 'The holder ends it.', await follows([control], { ...fresh, status: 'ended' })),
    refused(
      'identifier-chosen',
      'An identifier that the payload does not yield.',
      await begins([control, home], { at: formatTime(now - 1) }),
      'identifier-invalid',
      first,
    ),
    refused('without-the-holder', 'A node makes no passport.', await begun({}, [home]), 'not-entitled', first),
    refused(
      'without-the-home',
      'A holder is at home nowhere without being taken in.',
      await begun({}, [control]),
      'not-entitled',
      first,
    ),
    refused(
      'not-control-key-0',
      'Another control key signs the genesis.',
      await begun({ keys: [control.key, announced.key] }, [announced, home]),
      'not-entitled',
      first,
    ),
    refused(
      'genesis-that-has-ended',
      'A genesis is active.',
      await begun({ status: 'ended' }, [control, home]),
      'rule-broken',
      first,
    ),
    refused('country-suspended', 'A suspended country assigns nothing.', passport.signed, 'not-active', {
      held: [suspended],
    }),
    refused(
      'home-changes-a-passport',
      'The home node signs for the holder.',
      await follows([home], fresh),
      'not-entitled',
    ),
    refused(
      'keys-taken',
      'A thief brings keys of his own, with the help of the home node.',
      await follows([thief, home], { ...fresh, keys: [thief.key] }),
      'not-entitled',
    ),
    refused(
      'key-added-by-itself',
      'A key adds itself.',
      await follows([thief], { ...fresh, keys: [control.key, thief.key] }),
      'not-entitled',
    ),
    refused('home-unasked', 'A new home that did not sign.', await follows([control], moved), 'not-entitled'),
    refused(
      'salt-again',
      'The salt of the record before.',
      await follows([control], { recovery: zeroKey }),
      'rule-broken',
    ),
    refused(
      'after-the-end',
      'An ended passport comes back.',
      await follows([control], { salt: salt(3), status: 'active' }, ended),
      'rule-broken',
      { held: [country, ended] },
    ),
    refused(
      'prev-of-another',
      'It replaces a record that is not the one held.',
      await follows([control], { ...fresh, prev: zeroKey }),
      'record-stale',
    ),
    refused(
      'dated-before',
      'It is dated before the record it replaces.',
      await follows([control], { ...fresh, at: formatTime(parseTime(at) - 1) }),
      'time-invalid',
    ),
    refused(
      'home-key-of-small-order',
      'The home key is no key.',
      await begun({ home: { node: 'EE/node/tallinn', key: zeroKey } }, [control]),
      'key-inadmissible',
      first,
    ),
    refused(
      'more-than-4-kib',
      'A passport record beyond its size.',
      await begun({ ext: { 'https://example.org': 'x'.repeat(4096) } }, [control, home]),
      'too-large',
      first,
    ),
  ]
}
