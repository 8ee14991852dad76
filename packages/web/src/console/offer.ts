import { derivedClaim } from '@dcann/protocol/claim'
import { ProtocolError } from '@dcann/protocol/errors'
import { judgeTerms, type Offer, requireRegisteredUse, type Term, termSchema } from '@dcann/protocol/offer'
import type { RequesterRecord } from '@dcann/protocol/requester'
import { isSpecialCategory } from '@dcann/protocol/vocabulary'
import { type Value, valueSchema } from '@dcann/protocol/value'
import { formatTime, type Instant } from '@dcann/protocol/time'
import type { MessageKey } from '../language/messages.ts'

/** A term as somebody fills it in: texts, as they stand in the fields. */
export type TermForm = {
  readonly key: number
  readonly strand: string
  /** Names with commas between; empty for whole entries. */
  readonly claims: string
  /** `purpose category` of a registered use. */
  readonly use: string
  /** What for, by language. */
  readonly why: Readonly<Record<string, string>>
  readonly optional: boolean
  readonly reach: string
  readonly kept: string
  /** Empty for as often as wanted. */
  readonly often: string
  readonly per: 'hour' | 'day' | 'week' | 'month' | 'once'
}

export type GiveForm = {
  readonly kind: Value['gives'][number]['kind']
  readonly amount: string
  readonly currency: string
  readonly per: Value['gives'][number]['per']
  /** Keys of the terms that it is given for. */
  readonly terms: readonly number[]
}

export type OfferForm = {
  readonly terms: readonly TermForm[]
  readonly gives: readonly GiveForm[]
  readonly lasts: string
  readonly expires: string
  readonly sealed: boolean
}

/** What `POST /v1/asks` takes. */
export type AskCall = {
  readonly terms: readonly Term[]
  readonly value: Value
  readonly lasts: string
  readonly expires_in: string
  readonly sealed?: true
  readonly qr: true
}

/** A fault by the field that it stands in: `strand 3` is the strand of the term of key 3. */
export type Faults = Readonly<Record<string, MessageKey>>

export type Written = {
  readonly call: AskCall | undefined
  readonly faults: Faults
  /** What the rules say of the whole, where every field by itself is well. */
  readonly broken: ProtocolError | undefined
}

/** A form to begin with, over the first use that is registered. */
export function emptyOffer(record: RequesterRecord): OfferForm {
  return { terms: [emptyTerm(record, 0)], gives: [], lasts: '90', expires: '7', sealed: false }
}

export function emptyTerm(record: RequesterRecord, key: number): TermForm {
  const [use = ''] = usesOf(record)
  return {
    key,
    strand: '',
    claims: '',
    use,
    why: {},
    optional: key > 0,
    reach: '90',
    kept: '30',
    often: '10',
    per: 'day',
  }
}

/** Each purpose with each category that is registered for it. */
export function usesOf({ uses }: RequesterRecord): readonly string[] {
  return uses.flatMap(({ purpose, categories }) => categories.map((category) => `${purpose} ${category}`))
}

/**
 * The offer that a form says, judged by the same rules as the gateway, the registry and every vault will, or what is wrong with
 * it: field by field, and then as a whole.
 */
export function writeOffer(form: OfferForm, record: RequesterRecord): Written {
  const faults: Record<string, MessageKey> = {}
  const terms: Term[] = []
  const ids = new Map<number, string>()
  for (const each of form.terms) {
    const term = writeTerm(each, record, [...ids.values()], faults)
    ids.set(each.key, term.id)
    terms.push(term)
  }
  const days = (text: string, field: string): string => {
    if (!/^[1-9][0-9]{0,4}$/.test(text.trim())) faults[field] = 'console.wrong.days'
    return `P${text.trim()}D`
  }
  const value: Value = {
    gives: form.gives.map((give, i) => writeGive(give, i, ids, faults)),
    settle_by: 'P30D',
  }
  const lasts = days(form.lasts, 'lasts')
  const expires_in = days(form.expires, 'expires')
  if (Object.keys(faults).length > 0) return { call: undefined, faults, broken: undefined }
  try {
    for (const term of terms) requireRegisteredUse(term, record)
    judgeTerms({ terms, value }, 'judging the form')
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    return { call: undefined, faults, broken: error }
  }
  const sealed = form.sealed ? { sealed: true as const } : {}
  const call: AskCall = { terms, value, lasts, expires_in, qr: true, ...sealed }
  return { call, faults, broken: undefined }
}

/** The offer as a wallet gets it, but for its signature: for looking at. */
export function previewOf({ terms, value, lasts, expires_in }: AskCall, record: RequesterRecord, now: Instant): Offer {
  const days = Number(expires_in.slice(1, -1))
  return {
    v: 1,
    requester: record.name,
    at: formatTime(now),
    expires: formatTime(now + days * 86_400),
    lasts,
    terms: [...terms],
    value,
    refusal_detriment: 'none',
    jurisdiction: record.name.slice(0, 2),
    authority: record.authority,
    notice: { url: noticeOf({ terms }, record), digest: null, language: 'en' },
    sealing_key: null,
    ring_fence: 'admitted',
    template: null,
    nonce: 'A'.repeat(22),
  }
}

/** The privacy notice of the use that the first term is asked under, as the gateway takes it. */
export function noticeOf({ terms: [first] }: Pick<AskCall, 'terms'>, { uses, offers }: RequesterRecord): string {
  return uses.find(({ purpose }) => purpose === first?.purpose)?.notice ?? offers
}

/** Whether answers have to be sealed, whatever the form says. */
export function mustSeal(form: OfferForm): boolean {
  return form.terms.some(({ use }) => isSpecialCategory(use.split(' ')[1] ?? ''))
}

function writeTerm(
  { key, strand, claims, use, why, optional, reach, kept, often, per }: TermForm,
  { name }: RequesterRecord,
  taken: readonly string[],
  faults: Record<string, MessageKey>,
): Term {
  const names = claims
    .split(/[\s,]+/)
    .map((one) => one.trim())
    .filter((one) => one !== '')
  const [purpose = '', category = ''] = use.split(' ')
  const texts = Object.entries(why).flatMap(([language, text]): [string, string][] =>
    text.trim() === '' ? [] : [[language, text.trim()]],
  )
  const isOnce = per === 'once'
  const term = {
    id: idOf(names[0] ?? strand.split('.').at(-1) ?? '', taken),
    optional,
    strand: strand.trim(),
    claims: names.length === 0 ? null : names,
    category,
    purpose,
    purpose_text: Object.fromEntries(texts),
    processing: ['dpv:Use'],
    legal_basis: isSpecialCategory(category) ? 'eu-gdpr:A9-2-a' : 'eu-gdpr:A6-1-a',
    mode: 'query',
    fetch: isOnce ? 'one-time' : 'periodic',
    frequency: isOnce || often.trim() === '' ? null : { max: Number(often), per },
    data_range: reach.trim() === '' ? null : { last: `P${reach.trim()}D` },
    data_life: `P${kept.trim()}D`,
    tags: [],
    moments: [],
    about_others: false,
    min_assurance: 'self',
    goes_to: [name.slice(0, 2)],
    used_by: [],
    combine: 'never',
  } satisfies Term
  if (texts.length === 0) faults[`why ${key}`] = 'console.wrong.why'
  for (const issue of termSchema.safeParse(term).error?.issues ?? []) {
    const fault = fieldOf[String(issue.path[0])]
    if (fault) faults[`${fault[0]} ${key}`] ??= fault[1]
  }
  return term
}

/** Where somebody mends what the schema finds in a member. */
const fieldOf: Readonly<Record<string, readonly [string, MessageKey]>> = {
  strand: ['strand', 'console.wrong.strand'],
  claims: ['claims', 'console.wrong.claims'],
  id: ['claims', 'console.wrong.claims'],
  purpose: ['use', 'console.wrong.use'],
  category: ['use', 'console.wrong.use'],
  purpose_text: ['why', 'console.wrong.plain'],
  data_range: ['reach', 'console.wrong.days'],
  data_life: ['kept', 'console.wrong.days'],
  frequency: ['often', 'console.wrong.number'],
}

/** An id that is read in code: the first claim's name, and a number behind it where that is taken. */
function idOf(text: string, taken: readonly string[]): string {
  const plain = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^[^a-z]+|-+$/g, '')
    .slice(0, 36)
  const first = plain === '' ? 'term' : plain
  for (let n = 1; ; n++) {
    const id = n === 1 ? first : `${first}-${n}`
    if (!taken.includes(id)) return id
  }
}

function writeGive(
  { kind, amount, currency, per, terms }: GiveForm,
  i: number,
  ids: ReadonlyMap<number, string>,
  faults: Record<string, MessageKey>,
): Value['gives'][number] {
  const given = {
    kind,
    per,
    terms: terms.flatMap((key) => ids.get(key) ?? []),
    ...(amount.trim() === '' ? {} : { amount: amount.trim() }),
    ...(amount.trim() === '' || currency.trim() === '' ? {} : { currency: currency.trim().toUpperCase() }),
  }
  for (const { path } of valueSchema.safeParse({ gives: [given], settle_by: 'P30D' }).error?.issues ?? []) {
    if (path[2] === 'terms') faults[`given-for ${i}`] ??= 'console.wrong.given-for'
    else faults[`amount ${i}`] ??= 'console.wrong.amount'
  }
  return given
}

/** The question that a term lets one ask, to begin with. */
export function questionOf({ strand, claims, purpose }: Pick<Term, 'strand' | 'claims' | 'purpose'>): {
  readonly purpose: string
  readonly items: readonly object[]
} {
  return { purpose, items: [{ strand, ...(claims === null ? {} : { claims }) }] }
}

/** Values that are worked out at the vault from this strand, and what they mean. */
export function derivedFrom(strand: string, all: readonly string[]): readonly { name: string; meaning: string }[] {
  return all.flatMap((name) => {
    const claim = derivedClaim(name)
    return claim?.strand === strand ? [{ name, meaning: claim.meaning }] : []
  })
}
