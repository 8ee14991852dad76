import {
  type PassportChange,
  passportAfter,
  passportNoun,
  passportRecovered,
  type PassportRecord,
} from '@dcann/protocol/passport'
import { recoveryDigest } from '@dcann/protocol/recovery'
import { formatTime, type Instant } from '@dcann/protocol/time'
import { type Federation, keys, nth } from './federation.ts'
import { day, type NamedVector, now, salt, signers, vectorsOf, write, type Written } from './vector.ts'

type Record = Written<PassportRecord>

/** What a passport's records mean for the vault node that it is at home at, and what may be done there afterwards. */
export async function residenceVectors({ passport, node }: Federation): Promise<NamedVector[]> {
  const { valid, invalid } = vectorsOf('residence')
  const [control, thief, appointed] = [
    nth(keys.control, 0),
    nth(signers('thief', 1), 0),
    nth(signers('appointed', 1), 0),
  ]
  const elsewhere = { node: 'EE/node/tartu', key: nth(keys.newcomer, 0).key }
  const set = { keys: signers('recovery/r', 1).map(({ key }) => key), threshold: 1, salt: salt(30) }
  const given = { node: node.payload.name }
  const after = async (held: Record, change: Omit<PassportChange, 'at' | 'salt'>, when: Instant): Promise<Record> =>
    await write(
      passportNoun,
      passportAfter(held, { at: formatTime(when), salt: salt(40 + held.payload.seq), ...change }),
      [control],
    )
  const back = async (held: Record, undoes: string | undefined): Promise<Record> =>
    await write(
      passportNoun,
      passportRecovered(held, {
        at: formatTime(now + 10 * day),
        salt: salt(50),
        keys: [appointed.key],
        recovery: null,
        opens: set,
        ...(undoes === undefined ? {} : { undoes }),
      }),
      signers('recovery/r', 1),
    )
  const settled = await after(passport, { recovery: recoveryDigest(set) }, now + day)
  const stolen = await after(settled, { keys: [thief.key] }, now + 5 * day)
  const taken = await after(settled, { home: elsewhere }, now + 5 * day)
  const ended = await after(passport, { status: 'ended' }, now + day)
  const chains = {
    born: [passport],
    changed: [passport, settled],
    rotated: [passport, settled, stolen],
    moved: [passport, settled, taken],
    returned: [passport, settled, taken, await after(taken, { home: passport.payload.home }, now + 6 * day)],
    recovered: [passport, settled, stolen, await back(stolen, undefined)],
    undone: [passport, settled, stolen, await back(stolen, settled.id)],
    restored: [passport, settled, taken, await back(taken, settled.id)],
    ended: [passport, ended],
  }
  const chainOf = (name: keyof typeof chains): unknown[] => chains[name].map(({ signed }) => signed)
  const means = (name: keyof typeof chains, about: string, residence: string, happened: string = name): NamedVector =>
    valid(name, about, { given, input: { chain: chainOf(name) } }, { residence, happened })
  const fate = (
    name: string,
    about: string,
    of: keyof typeof chains,
    agreement: { readonly from: Instant; readonly kids: readonly string[] },
    result: readonly [string, string, string],
  ): NamedVector => {
    const input = { chain: chainOf(of), agreement: { ...agreement, from: formatTime(agreement.from) } }
    return valid(name, about, { given, input }, { residence: result[0], happened: result[1], fate: result[2] })
  }
  const may = (name: string, about: string, of: keyof typeof chains, use: object): NamedVector =>
    valid(
      name,
      about,
      { given, input: { chain: chainOf(of), use } },
      of === 'ended' ? { residence: 'ended', happened: 'ended' } : { residence: 'away', happened: 'moved' },
    )
  const closed = (name: string, about: string, of: keyof typeof chains, use: object): NamedVector =>
    invalid(name, about, { given, input: { chain: chainOf(of), use } }, 'key-unknown')
  const mine = { from: now + 2 * day, kids: [control.kid] }
  const theirs = { from: now + 6 * day, kids: [thief.kid] }
  const lacking = [chains.undone[3]?.signed]
  return [
    means('born', 'The genesis: at home here.', 'home', 'changed'),
    means('changed', 'A recovery set is named.', 'home'),
    means('rotated', 'Control keys change.', 'home'),
    means('moved', 'The home is another node.', 'away'),
    means('returned', 'The home is this node again.', 'home'),
    means('recovered', 'A recovery set appoints new control keys.', 'home'),
    means('ended', 'It is over for good.', 'ended'),
    fate('by-a-voided-key', 'A key that the undone records appointed stands behind it.', 'undone', theirs, [
      'home',
      'recovered',
      'revoke',
    ]),
    fate('before-what-is-undone', 'Agreed before: it stays.', 'undone', mine, ['home', 'recovered', 'stay']),
    fate(
      'in-the-second-of-what-is-undone',
      'Agreed since, by a key that stood before: only the holder knows whose it was.',
      'undone',
      { from: now + 5 * day, kids: [control.kid] },
      ['home', 'recovered', 'pause'],
    ),
    fate(
      'in-the-second-before-what-is-undone',
      'The last second that nobody doubts.',
      'undone',
      { from: now + 5 * day - 1, kids: [control.kid] },
      ['home', 'recovered', 'stay'],
    ),
    fate('recovered-and-nothing-undone', 'Keys were lost, and what was agreed stays.', 'recovered', theirs, [
      'home',
      'recovered',
      'stay',
    ]),
    fate('home-restored', 'A home led back to begins with every agreement paused.', 'restored', mine, [
      'home',
      'recovered',
      'pause',
    ]),
    fate('home-again', 'So does one that a holder came back to.', 'returned', mine, ['home', 'returned', 'pause']),
    fate('moved-away', 'Nothing is written: the node answers no more.', 'moved', mine, ['away', 'moved', 'stay']),
    fate('ended-for-good', 'Every agreement ends with the passport.', 'ended', mine, ['ended', 'ended', 'revoke']),
    may('away-reads', 'A holder reads what they left.', 'moved', { route: '/v1/entries/list' }),
    may('away-revokes', 'Stopping works from anywhere.', 'moved', { act: 'revoke' }),
    may('ended-reads', 'What is kept can still be read.', 'ended', { route: '/v1/trail' }),
    may('ended-stops', 'A stop finds what it finds.', 'ended', { stop: true }),
    invalid('without-records', 'No record at all.', { given, input: { chain: [] } }, 'chain-broken'),
    invalid(
      'undoes-a-record-left-out',
      'What it takes back to is not shown.',
      { given, input: { chain: lacking } },
      'chain-broken',
    ),
    invalid(
      'another-record-than-a-passport',
      'A node record in its place.',
      { given, input: { chain: [node.signed] } },
      'schema-mismatch',
    ),
    closed('away-brings-in', 'Nothing new is kept of a passport that lives elsewhere.', 'moved', {
      route: '/v1/entries',
    }),
    closed('away-makes-strands', 'Nor a strand.', 'moved', { route: '/v1/strands' }),
    closed('away-invites', 'Nobody is invited to a home that is none.', 'moved', { route: '/v1/invites' }),
    closed('away-proffers', 'Nothing is proffered.', 'moved', { route: '/v1/proffers' }),
    closed('away-lifts-refusals', 'Nothing is loosened.', 'moved', { route: '/v1/refusals/lift' }),
    closed('away-resumes', 'Nothing is resumed.', 'moved', { act: 'resume' }),
    closed('away-binds', 'Nothing is agreed.', 'moved', { bind: true }),
    closed('away-gives-rights', 'No key gets a right.', 'moved', { route: '/v1/capabilities' }),
    closed('ended-brings-in', 'Nothing new is kept of an ended passport.', 'ended', { route: '/v1/entries' }),
    closed('ended-invites', 'Nobody is invited.', 'ended', { route: '/v1/invites' }),
    closed('ended-resumes', 'Nothing is resumed.', 'ended', { act: 'resume' }),
    closed('ended-binds', 'Nothing is agreed.', 'ended', { bind: true }),
    closed('ended-gives-rights', 'No key gets a right.', 'ended', { route: '/v1/capabilities' }),
  ]
}
