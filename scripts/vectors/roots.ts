import { keyDigest, type Signer } from '@dcann/protocol/key'
import { houses, rootNoun, type RootRecord } from '@dcann/protocol/root'
import { formatTime } from '@dcann/protocol/time'
import { type Federation, keys, keySet, nth } from './federation.ts'
import { judging, type Change } from './judging.ts'
import { at, changed, day, type NamedVector, now, signAny, signers, type Written } from './vector.ts'

export async function rootVectors({ root }: Federation): Promise<NamedVector[]> {
  const { admitted, refused, begins, follows, after } = judging(rootNoun, 'root', [], root)
  const all = houses.flatMap((house) => keys[house])
  const without = (...absent: readonly string[]): Signer[] =>
    houses.filter((house) => !absent.includes(house)).flatMap((house) => keys[house])
  const technical = (set: object): Change => ({ houses: { ...root.payload.houses, technical: set } })
  const none = { held: [] }
  const { roles } = root.payload
  const newLog = { ...roles, log: { origin: 'root-2.dcann.example', key: nth(keys.newcomer, 0).key } }
  const frozen = { size: 7, root: digestsOf(keys.newcomer)[0] }
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
    admitted(
      'log-replaced',
      "The root zone's log goes over to a new key, where the one before ended.",
      await follows(all, { roles: newLog, frozen }),
    ),
    refused(
      'log-replaced-without-its-end',
      'A new log key, and nothing says where the log before ended.',
      await follows(all, { roles: newLog }),
      'rule-broken',
    ),
    refused(
      'log-replaced-under-its-origin',
      'A new log key under the origin of before.',
      await follows(all, { roles: { ...newLog, log: { ...newLog.log, origin: roles.log.origin } }, frozen }),
      'rule-broken',
    ),
    refused(
      'end-of-a-log-that-goes-on',
      'The log stays, and is said to have ended.',
      await follows(all, { frozen }),
      'rule-broken',
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
