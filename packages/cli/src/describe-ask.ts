import { derivedClaim } from '@dcann/protocol/claim'
import type { Offer, Term } from '@dcann/protocol/offer'
import type { OpenedAsk } from './ask-source.ts'
import { ownerOf } from './describe-record.ts'
import type { LetOut } from '@dcann/sdk/let-out'
import { daysOf, listOf, minuteOf, wordsOf } from './plain-words.ts'
import { count, table } from './wrap.ts'

/** An ask in plain words: who, what, why, for how long, where to, for what in return, and what a no costs. */
export function describeAsk(
  { offer, requester, delivered, returnTo }: OpenedAsk,
  letOut: ReadonlyMap<string, LetOut>,
): string[] {
  const { payload } = offer
  return [
    `${requester.legal_name} asks you.`,
    ...table([
      ['Who', `${payload.requester}, registered in ${payload.jurisdiction}; its signature holds`],
      ['Owned by', ownerOf(requester)],
      ['How long', `up to ${daysOf(payload.lasts)}; you may say less, and take it back at any time`],
      ...payload.value.gives.map((gift): [string, string] => ['You get', describeGift(gift)]),
      ['You get', payload.value.gives.length === 0 ? 'nothing in return' : undefined],
      ['If you say no', 'nothing happens, and you are not asked again for the same'],
      ['Complaints', `${payload.authority}; its notice: ${payload.notice.url}`],
      ['Answer by', minuteOf(payload.expires)],
    ]),
    ...payload.terms.flatMap((term) => ['', ...describeTerm(term, letOut.get(term.id))]),
    '',
    ...table([
      ['Offer', offer.id],
      ['Ask', delivered],
      ['Back to', returnTo],
    ]),
  ]
}

/** A term in plain words; `optional` says what it means to leave it out. */
export function describeTerm(
  term: Term,
  letOut: LetOut | undefined,
  optional = 'optional: taken only if you name it',
): string[] {
  return [
    `${term.id} (${term.optional ? optional : 'required'})`,
    ...table([
      ['What', describeWhat(term)],
      ['Why', purposeIn(term)],
      ['Reaches back', term.data_range === null ? 'to the beginning' : daysOf(term.data_range.last)],
      ['Lets out', letOut === undefined ? undefined : describeLetOut(letOut)],
      ['How often', describeOften(term)],
      ['Kept for', `${daysOf(term.data_life)} after each answer`],
      ['Goes to', describeWhere(term)],
      ['Joined with', term.combine === 'never' ? 'nothing else' : listOf(term.combine)],
      ['About others', term.about_others ? 'also entries that are about other people' : undefined],
    ]),
  ]
}

function describeWhat({ claims, strand, category, tags, moments }: Term): string {
  const narrowed = [
    ...(tags.length > 0 ? [`tagged ${listOf(tags, 'or')}`] : []),
    ...(moments.length > 0
      ? [
          `that are ${listOf(
            moments.map((each) => Object.values(each).join(' ')),
            'or',
          )}`,
        ]
      : []),
  ].join(', ')
  const of = `${strand} (${wordsOf(category)})${narrowed === '' ? '' : `, only those ${narrowed}`}`
  if (claims === null) return `whole entries of ${of}`
  const parts = claims.map((name) => {
    const derived = derivedClaim(name)
    return derived === undefined ? name : `${name} (${derived.meaning.replace(/\.$/, '')})`
  })
  return `${listOf(parts)} of ${of}`
}

function purposeIn({ purpose_text: texts, purpose }: Term): string {
  const [first] = Object.values(texts)
  return `${texts['en'] ?? first ?? wordsOf(purpose)} (${wordsOf(purpose)})`
}

function describeLetOut({ leaving, counted, of, more }: LetOut): string {
  if (of === 0) return 'nothing today: your vault has none of this'
  const least = more ? 'at least ' : ''
  return [
    ...(leaving > 0 ? [`${least}${leaving.toLocaleString('en')} of your ${count(of, 'entry', 'entries')}`] : []),
    ...(counted > 0
      ? [`values worked out from ${least}${count(counted, 'entry', 'entries')}, which stay with you`]
      : []),
    ...(leaving + counted === 0 ? [`nothing today: none of your ${count(of, 'entry', 'entries')} fits`] : []),
  ].join('; and ')
}

function describeOften({ fetch, frequency }: Term): string {
  if (fetch === 'one-time') return 'once'
  return frequency === null ? 'as often as they like' : `at most ${frequency.max} a ${frequency.per}`
}

function describeWhere({ goes_to: countries, used_by: users }: Term): string {
  const where = countries.length === 0 ? 'no country is named' : listOf(countries)
  return users.length === 0 ? where : `${where}; also used by ${listOf(users)}`
}

/** What is given in return, in plain words. */
export function describeGift({ kind, amount, currency, per, terms }: Offer['value']['gives'][number]): string {
  const what = [amount, currency, kind].filter((part) => part !== undefined).join(' ')
  const when = per === 'once' ? 'once' : per === 'answer' ? 'for each answer' : 'each period'
  return `${what} ${when}, for ${listOf(terms)}`
}
