import type { Proffer, Roster } from '@dcann/protocol/proffer'
import { describeGift, describeTerm } from './describe-ask.ts'
import type { LetOut } from '@dcann/sdk/let-out'
import { daysOf, minuteOf } from './plain-words.ts'
import { table } from './wrap.ts'

type Text = Pick<Proffer, 'terms' | 'value' | 'lasts' | 'expires'>

/** A proffer in plain words: for how long, for what in return, and each term; how much it lets out where that is known. */
export function describeProffer(
  { terms, value, lasts, expires }: Text,
  side: 'holder' | 'requester',
  letOut: ReadonlyMap<string, LetOut> = new Map(),
): string[] {
  const gets = side === 'holder' ? 'You want' : 'They want'
  return [
    ...table([
      ['How long', `up to ${daysOf(lasts)}${side === 'holder' ? '; you may take it back at any time' : ''}`],
      ...value.gives.map((gift): [string, string] => [gets, describeGift(gift)]),
      [gets, value.gives.length === 0 ? 'nothing in return' : undefined],
      ['Open until', minuteOf(expires)],
    ]),
    ...terms.flatMap((term) => [
      '',
      ...describeTerm(term, letOut.get(term.id), side === 'holder' ? 'optional: they may leave it' : 'optional'),
    ]),
  ]
}

/** For whom a proffer is, in plain words. */
export function describeRoster(roster: Roster): string {
  if ('requester' in roster) return roster.requester
  const { kind, zone, authority } = roster
  const who = kind === null ? 'any requester' : `any ${kind === 'research' ? 'research body' : kind}`
  const where = zone === null ? '' : ` of ${zone}`
  const under = authority === null ? '' : ` under ${authority}`
  return `${who}${where}${under}: the first who opens it`
}
