/**
 * What the chain of an agreement has to be, said a second time and without the rules of the protocol: plain facts about
 * one insurer, three terms and eight questions.
 */

export const day = 86_400
export const purpose = 'dpv:PersonalisedBenefits'

export type TermId = 'rate' | 'cities' | 'places'
export const termIds: readonly TermId[] = ['rate', 'cities', 'places']

/** What each term of the insurer's offer says. */
export const terms = {
  rate: { strand: 'mobility.rides', claims: ['rides_per_week'], category: 'pd:TravelHistory', days: 90, perDay: 3 },
  cities: { strand: 'mobility.rides', claims: ['city'], category: 'pd:TravelHistory', days: 30, perDay: null },
  places: { strand: 'mobility.places', claims: null, category: 'pd:Location', days: null, perDay: null },
} as const

/** What each question draws on; `never` where no term lets it out. */
export const questions = {
  rate: { draws: ['rate'] },
  cities: { draws: ['cities'] },
  both: { draws: ['rate', 'cities'] },
  places: { draws: ['places'] },
  tooFar: { draws: ['cities'], beyond: true },
  whole: { draws: ['rate'], never: true },
  elsewhere: { draws: [], never: true },
  marketing: { draws: ['rate'], otherPurpose: true },
} as const satisfies Record<string, Draw>
export type QuestionName = keyof typeof questions
type Draw = { draws: readonly TermId[]; never?: true; beyond?: true; otherPurpose?: true }

/** One version of the insurer's record, from a moment of the monotonic clock on. */
export type Version = {
  readonly since: number
  readonly categories: readonly string[]
  readonly status: 'active' | 'suspended' | 'lapsed'
  readonly epoch: number
  readonly asOf: number
}

export type Acted = 'active' | 'paused' | 'revoked' | 'retired' | 'superseded'

export type ModelAgreement = {
  readonly terms: readonly TermId[]
  readonly from: number
  readonly until: number
  readonly epoch: number
  readonly handle: number
  acted: Acted
  /** `kind outcome` of every entry, in order. */
  chain: string[]
  /** Answers in each day since `from`. */
  used: Partial<Record<TermId, { window: number; count: number }>>
}

/** A request as it was signed, to be sent again. */
export type ModelRequest = {
  readonly id: string
  readonly nonce: string
  readonly created: number
  readonly question: QuestionName
  /** By its number, or by the handle alone. */
  readonly agreement: number | undefined
  readonly handle: number
  /** Its bytes, in one word. */
  readonly body: string
  /** Whether its nonce was spent in a durable commit. */
  spent: boolean
  answered: number
}

export type Model = {
  readonly agreements: ModelAgreement[]
  readonly requests: ModelRequest[]
  /** Stored answers by request id: the request they belong to, and until when they are given again. */
  readonly stored: Map<string, { to: string; until: number }>
  /** The newest agreement under each handle. */
  readonly newest: Map<number, number>
  readonly versions: Version[]
  /** The highest time decided at, in memory and on disk. */
  high: number
  kept: number
  /** Whether the node has heard from a registry since it started; before, it remembers no time. */
  heard: boolean
  skew: number
  /** Answers, refusals and everything that could be neither, for the tally. */
  readonly seen: Map<string, number>
}

export function emptyModel(first: Version): Model {
  return {
    agreements: [],
    requests: [],
    stored: new Map(),
    newest: new Map(),
    versions: [first],
    high: 0,
    kept: 0,
    heard: false,
    skew: 0,
    seen: new Map(),
  }
}

export const hasEnded = (acted: Acted): boolean => acted !== 'active' && acted !== 'paused'

/** The versions of the record that a vault may go by: current now, or within what it may leave unasked. */
export function believable({ versions }: Model, monotonic: number, lagSeconds: number): Version[] {
  return versions.filter((_, i) => {
    const next = versions[i + 1]
    return next === undefined || next.since >= monotonic - lagSeconds * 1000
  })
}

/** Why a question gets no answer under an agreement, or `answered`; by one version of the insurer's record. */
export function verdict(agreement: ModelAgreement, name: QuestionName, version: Version, now: number): string {
  const question: Draw = questions[name]
  if (agreement.acted === 'superseded') return 'superseded'
  if (hasEnded(agreement.acted) || now >= agreement.until) return 'not-found'
  const owned = version.epoch === agreement.epoch && now - version.asOf <= 92 * day
  if (version.status !== 'active' || !owned || agreement.acted === 'paused') return 'not-active'
  if (question.otherPurpose) return 'purpose-mismatch'
  if (question.never || question.draws.some((term) => !agreement.terms.includes(term))) return 'over-asking'
  if (question.draws.some((term) => !version.categories.includes(terms[term].category))) return 'over-asking'
  return question.beyond ? 'bound-crossed' : 'answered'
}

/** Which day of an agreement it is. */
const windowOf = (agreement: ModelAgreement, now: number): number => Math.floor((now - agreement.from) / day)

/** Whether a term of the question has been answered as often today as it may be. */
export function isUsedUp(agreement: ModelAgreement, name: QuestionName, now: number): boolean {
  return questions[name].draws.some((term) => {
    const { perDay } = terms[term]
    const used = agreement.used[term]
    return perDay !== null && used?.window === windowOf(agreement, now) && used.count >= perDay
  })
}

/** Counts an answer. */
export function countAnswer(agreement: ModelAgreement, name: QuestionName, now: number): void {
  for (const term of questions[name].draws) {
    if (terms[term].perDay === null) continue
    const window = windowOf(agreement, now)
    const used = agreement.used[term]
    agreement.used[term] = { window, count: used?.window === window ? used.count + 1 : 1 }
  }
}

/** What an act makes of a state; undefined where it is refused. */
export function afterAct(acted: Acted, kind: 'pause' | 'resume' | 'revoke' | 'retire' | 'dispute'): Acted | undefined {
  if (hasEnded(acted)) return kind === 'resume' ? undefined : acted
  const after = { pause: 'paused', resume: 'active', revoke: 'revoked', retire: 'retired', dispute: acted } as const
  return after[kind]
}
