import { readFileSync } from 'node:fs'
import type { Term } from '@dcann/protocol/offer'
import type { Setting } from './setup.ts'

/** A company's side, as its own people use it: plain JSON to the gateway on this machine. */
export type Company = {
  /** Makes an ask and gives its link. */
  readonly ask: (terms: readonly Term[], change?: Readonly<Record<string, unknown>>) => Promise<string>
  readonly query: (agreement: string, item: object, purpose?: string) => Promise<Answered>
  readonly agreements: () => Promise<readonly { readonly agreement: string; readonly standing?: string }[]>
}

export type Answered = { readonly status: number; readonly body: Readonly<Record<string, unknown>> }

export function companyAt({ url, tokenFile }: Setting['consoles']['insurer']): Company {
  const authorization = `Bearer ${readFileSync(tokenFile, 'utf8').trim()}`
  const call = async (path: string, body?: object): Promise<Answered> => {
    const headers = { authorization, 'content-type': 'application/json' }
    const init = body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) }
    const answer = await fetch(url + path, init)
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }
  return {
    ask: async (terms, change = {}) => {
      const { status, body } = await call('/v1/asks', { terms, value, lasts: 'P90D', ...change })
      if (status !== 201) throw new Error(`making an ask: ${status} ${JSON.stringify(body)}`)
      return String(body['link'])
    },
    query: async (agreement, item, purpose = 'dpv:PersonalisedBenefits') =>
      await call('/v1/queries', { agreement, purpose, items: [item] }),
    agreements: async () => (await call('/v1/agreements?limit=64')).body['agreements'] as never,
  }
}

const value = {
  gives: [{ kind: 'discount', amount: '5.00', currency: 'EUR', per: 'period', terms: ['rides-a-week'] }],
  settle_by: 'P30D',
}

/** A term as the insurer would write it. */
export function insurersTerm(id: string, claims: string[] | null, change: Partial<Term> = {}): Term {
  return {
    id,
    optional: false,
    strand: 'mobility.rides',
    claims,
    category: 'pd:TravelHistory',
    purpose: 'dpv:PersonalisedBenefits',
    purpose_text: { en: 'To price your cover by how much you ride' },
    processing: ['dpv:Use'],
    legal_basis: 'eu-gdpr:A6-1-a',
    mode: 'query',
    fetch: 'periodic',
    frequency: { max: 50, per: 'day' },
    data_range: { last: 'P90D' },
    data_life: 'P30D',
    tags: [],
    moments: [],
    about_others: false,
    min_assurance: 'self',
    goes_to: ['EE'],
    used_by: [],
    combine: 'never',
    ...change,
  }
}

/** What the insurer asks: rides a week, needed, and addresses, if she likes. */
export const insurersTerms: readonly Term[] = [
  insurersTerm('rides-a-week', ['rides_per_week']),
  insurersTerm('addresses', ['begin_address', 'end_address'], {
    optional: true,
    purpose_text: { en: 'To see where you ride, for a second discount' },
  }),
]
