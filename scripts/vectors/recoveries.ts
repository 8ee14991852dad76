import {
  type PassportChange,
  passportAfter,
  passportNoun,
  passportRecovered,
  type PassportRecord,
} from '@dcann/protocol/passport'
import { recoveryDigest, type RecoverySet } from '@dcann/protocol/recovery'
import { formatTime, type Instant } from '@dcann/protocol/time'
import { type Federation, keys, nth } from './federation.ts'
import { judging } from './judging.ts'
import { day, type NamedVector, now, salt, signers, write, type Written } from './vector.ts'

const set = (label: string, fill: number): RecoverySet => ({
  keys: signers(label, 3).map(({ key }) => key),
  threshold: 2,
  salt: salt(fill),
})
const [setA, setB, setC] = [set('recovery/a', 10), set('recovery/b', 11), set('recovery/c', 12)]
const [a, b, c] = [recoveryDigest(setA), recoveryDigest(setB), recoveryDigest(setC)]
const [byA, byB] = [signers('recovery/a', 2), signers('recovery/b', 2)]
const [control, announced, appointed] = [nth(keys.control, 0), nth(keys.control, 1), nth(signers('appointed', 1), 0)]
const newHome = nth(keys.newcomer, 0)
const elsewhere = { node: 'EE/node/tartu', key: newHome.key }

type Change = Omit<PassportChange, 'at' | 'salt'>
/** What is done at a time: a holder's change, or what a set appoints. */
const changed = (held: Written<PassportRecord>, change: Change, when: Instant): PassportRecord =>
  passportAfter(held, { at: formatTime(when), salt: salt(20 + held.payload.seq), ...change })
const recovered = (
  held: Written<PassportRecord>,
  opens: RecoverySet,
  change: Change & { readonly undoes?: string },
  when: Instant,
): PassportRecord =>
  passportRecovered(held, {
    at: formatTime(when),
    salt: salt(20 + held.payload.seq),
    keys: [appointed.key],
    recovery: c,
    opens,
    ...change,
  })

export async function recoveryVectors({ country, passport }: Federation): Promise<NamedVector[]> {
  const judge = judging(passportNoun, 'passport', [country], passport)
  const noun = (vector: NamedVector): NamedVector => ({ ...vector, vector: { ...vector.vector, noun: 'recovery' } })
  const signed = async (payload: unknown, by: Parameters<typeof judge.begins>[0]) =>
    // `as`: right or wrong, it is signed as it stands
    await judge.follows(by, payload as Readonly<Record<string, unknown>>)
  const admitted = async (
    name: string,
    about: string,
    held: Written<PassportRecord>,
    payload: unknown,
    by: Parameters<typeof judge.begins>[0],
    when: Instant = now,
  ): Promise<NamedVector> =>
    noun(judge.admitted(name, about, await signed(payload, by), { held: [country, held], now: when }))
  const refused = async (
    name: string,
    about: string,
    [held, payload, by, when]: readonly [Written<PassportRecord>, unknown, Parameters<typeof judge.begins>[0], Instant],
    code: Parameters<typeof judge.refused>[3],
  ): Promise<NamedVector> =>
    noun(judge.refused(name, about, await signed(payload, by), code, { held: [country, held], now: when }))

  const by = [control]
  const withA = await write(passportNoun, changed(passport, { recovery: a }, now), by)
  const toB = await write(passportNoun, changed(withA, { recovery: b }, now), by)
  const rotated = await write(passportNoun, changed(withA, { keys: [announced.key] }, now), [announced])
  const moved = await write(passportNoun, changed(withA, { home: elsewhere }, now), [control, newHome])
  const settles = now + 30 * day
  const voids = now + 14 * day
  const goesBack = { undoes: withA.id }
  const twice = { ...setA, keys: [nth(byA, 0).key, nth(byA, 0).key] }
  const withTwice = await write(passportNoun, changed(passport, { recovery: recoveryDigest(twice) }, now), by)
  const without = (payload: PassportRecord, ...members: readonly (keyof PassportRecord)[]): object =>
    Object.fromEntries(Object.entries({ ...payload, ...Object.fromEntries(members.map((one) => [one, undefined])) }))
  const returned = { node: passport.payload.home.node, key: passport.payload.home.key }
  return [
    await admitted(
      'set-named',
      'The first recovery set acts at once.',
      passport,
      changed(passport, { recovery: a }, now),
      by,
    ),
    await admitted(
      'set-changed',
      'Another set is named; the one before is in office for 30 days.',
      withA,
      changed(withA, { recovery: b }, now),
      by,
    ),
    await admitted(
      'set-change-taken-back',
      'Back to the set in office, so nothing settles.',
      toB,
      changed(toB, { recovery: a }, settles - 1),
      by,
      settles - 1,
    ),
    await admitted(
      'set-changed-once-settled',
      'A second change, in the second when the first is settled.',
      toB,
      changed(toB, { recovery: c }, settles),
      by,
      settles,
    ),
    await admitted(
      'keys-rotated',
      'The record says what recovery may lead back to.',
      withA,
      changed(withA, { keys: [announced.key] }, now),
      [announced],
    ),
    await admitted(
      'changed-again-unsettled',
      'A second change within 14 days: what is led back to stays, the time begins anew.',
      rotated,
      changed(rotated, { home: elsewhere }, voids - 1),
      [announced, newHome],
      voids - 1,
    ),
    await admitted(
      'settled',
      'In the second when 14 days are over the record no longer says what to lead back to.',
      moved,
      changed(moved, {}, voids),
      by,
      voids,
    ),
    await admitted('recovered', 'Two of three appoint a new control key.', withA, recovered(withA, setA, {}, now), byA),
    await admitted(
      'recovered-by-the-former-set',
      'A set is replaced, and in its last second of office it acts.',
      toB,
      recovered(toB, setA, {}, settles - 1),
      byA,
      settles - 1,
    ),
    await admitted(
      'recovered-by-the-new-set',
      'The new set acts from the second when it is settled.',
      toB,
      recovered(toB, setB, {}, settles),
      byB,
      settles,
    ),
    await admitted(
      'move-undone',
      'In the last second the passport is back at the home before; that home is not asked.',
      moved,
      recovered(moved, setA, goesBack, voids - 1),
      byA,
      voids - 1,
    ),
    await admitted(
      'recovered-to-another-home',
      'A new home signs, as always.',
      withA,
      recovered(withA, setA, { home: elsewhere }, now),
      [...byA, newHome],
    ),
    await admitted(
      'dated-five-minutes-ago',
      'As old as a record may be when it is sequenced.',
      withA,
      changed(withA, {}, now),
      by,
      now + 300,
    ),
    await refused(
      'dated-longer-ago',
      'A second older: the days that count from its date would be over too soon.',
      [withA, changed(withA, {}, now), by, now + 301],
      'time-invalid',
    ),
    await refused(
      'fallback-left-out',
      'Keys change, and the record hides that this may be undone.',
      [withA, without(changed(withA, { keys: [announced.key] }, now), 'fallback'), [announced], now],
      'rule-broken',
    ),
    await refused(
      'fallback-at-another-home',
      'What recovery would lead back to is the thief\u2019s.',
      [
        withA,
        {
          ...changed(withA, { home: elsewhere }, now),
          fallback: { record: withA.id, home: elsewhere, until: formatTime(voids) },
        },
        [control, newHome],
        now,
      ],
      'rule-broken',
    ),
    await refused(
      'fallback-too-short',
      'A second less than 14 days.',
      [
        withA,
        {
          ...changed(withA, { home: elsewhere }, now),
          fallback: { record: withA.id, home: returned, until: formatTime(voids - 1) },
        },
        [control, newHome],
        now,
      ],
      'rule-broken',
    ),
    await refused(
      'fallback-replaced',
      'A second change makes the first one what recovery leads back to.',
      [
        moved,
        {
          ...changed(moved, { keys: [announced.key] }, now),
          fallback: { record: moved.id, home: elsewhere, until: formatTime(voids) },
        },
        [announced],
        now,
      ],
      'rule-broken',
    ),
    await refused(
      'fallback-kept',
      'It is settled, and the record says it is not.',
      [moved, { ...changed(moved, {}, voids), fallback: moved.payload.fallback }, by, voids],
      'rule-broken',
    ),
    await refused(
      'outgoing-left-out',
      'The set in office is replaced from one second to the next.',
      [withA, without(changed(withA, { recovery: b }, now), 'outgoing'), by, now],
      'rule-broken',
    ),
    await refused(
      'outgoing-too-short',
      'The set in office leaves a second early.',
      [
        withA,
        { ...changed(withA, { recovery: b }, now), outgoing: { recovery: a, until: formatTime(settles - 1) } },
        by,
        now,
      ],
      'rule-broken',
    ),
    await refused(
      'set-changed-unsettled',
      'A second change in the last second of the first.',
      [toB, changed(toB, { recovery: c }, settles - 1), by, settles - 1],
      'rule-broken',
    ),
    await refused(
      'opened-by-a-control-key',
      'Whoever has a control key has read the set somewhere.',
      [withA, recovered(withA, setA, {}, now), by, now],
      'not-entitled',
    ),
    await refused(
      'below-the-threshold',
      'One of the set, and two are needed.',
      [withA, recovered(withA, setA, {}, now), byA.slice(0, 1), now],
      'not-entitled',
    ),
    await refused(
      'one-key-twice',
      'A set in which one key is listed twice.',
      [withTwice, recovered(withTwice, twice, {}, now), byA.slice(0, 1), now],
      'key-inadmissible',
    ),
    await refused(
      'another-salt',
      'The keys are right and the digest is not.',
      [withA, recovered(withA, { ...setA, salt: salt(13) }, {}, now), byA, now],
      'not-entitled',
    ),
    await refused(
      'no-set',
      'The passport has none.',
      [passport, recovered(passport, setA, {}, now), byA, now],
      'not-entitled',
    ),
    await refused(
      'new-set-too-soon',
      'The new set acts in the last second of the one before.',
      [toB, recovered(toB, setB, {}, settles - 1), byB, settles - 1],
      'not-entitled',
    ),
    await refused(
      'former-set-too-late',
      'The former set acts when its office has ended.',
      [toB, recovered(toB, setA, {}, settles), byA, settles],
      'not-entitled',
    ),
    await refused(
      'control-key-stays',
      'The key that may be the thief\u2019s stays beside the new one.',
      [withA, recovered(withA, setA, { keys: [appointed.key, control.key] }, now), byA, now],
      'rule-broken',
    ),
    await refused(
      'recovery-key-appointed',
      'A key of the set makes itself a control key.',
      [withA, recovered(withA, setA, { keys: [nth(byA, 0).key] }, now), byA, now],
      'rule-broken',
    ),
    await refused(
      'opened-set-stays',
      'Everybody has read the set now.',
      [withA, recovered(withA, setA, { recovery: a }, now), byA, now],
      'rule-broken',
    ),
    await refused(
      'undone-too-late',
      'In the second when it is settled.',
      [moved, recovered(moved, setA, goesBack, voids), byA, voids],
      'rule-broken',
    ),
    await refused(
      'undoes-what-was-settled',
      'Further back than when it was last settled.',
      [moved, recovered(moved, setA, { undoes: passport.id }, now), byA, now],
      'rule-broken',
    ),
    await refused(
      'undone-by-a-control-key',
      'Only a set undoes.',
      [moved, { ...changed(moved, {}, now), undoes: withA.id }, by, now],
      'rule-broken',
    ),
    await refused(
      'undone-to-another-home',
      'Neither the home before nor one that signs.',
      [moved, recovered(moved, setA, { ...goesBack, home: { ...elsewhere, key: appointed.key } }, now), byA, now],
      'not-entitled',
    ),
    await refused(
      'home-taken-by-the-set',
      'Nothing is undone, and the new home has not signed.',
      [withA, recovered(withA, setA, { home: elsewhere }, now), byA, now],
      'not-entitled',
    ),
    await refused(
      'recovered-with-fallback',
      'After recovery there is nothing to lead back to.',
      [moved, { ...recovered(moved, setA, {}, now), fallback: moved.payload.fallback }, byA, now],
      'rule-broken',
    ),
    await refused(
      'recovered-without-outgoing',
      'The set that was opened says nothing of its office.',
      [withA, without(recovered(withA, setA, {}, now), 'outgoing'), byA, now],
      'rule-broken',
    ),
  ]
}
