import { offerNoun, type Term } from '@dcann/protocol/offer'
import { profferNoun } from '@dcann/protocol/proffer'
import { readSigned } from '@dcann/protocol/signed'
import { momentOf, wordsOf } from '../language/numbers.ts'
import type { MessageKey } from '../language/messages.ts'
import { useLanguage, useSay } from '../language/say.ts'
import { plain } from '../page/outside-text.ts'
import { Code } from '../page/states.tsx'
import { agreementsAnswer, type Listed } from './call.ts'
import { curlOf } from './code.ts'
import { CodeView } from './code-view.tsx'
import type { Desk } from './desk.ts'
import { usePages } from './pages.ts'
import { PagesView } from './pages-view.tsx'
import { agreementInCode } from './sdk-code.ts'

/** What people have agreed to, how it stands, and what each lets one ask. */
export function AgreementsView({ desk }: { readonly desk: Desk }) {
  const say = useSay()
  const pages = usePages<Listed>(
    async (after) => {
      const { agreements, next } = await desk.call.get(`/v1/agreements?limit=64${after}`, agreementsAnswer)
      return { items: agreements, next }
    },
    [desk.call],
  )
  const [first] = pages.items
  return (
    <>
      <h1>{say('console.nav.agreements')}</h1>
      <p>{say('console.agreements.lead')}</p>
      <PagesView
        pages={{ ...pages, items: activeFirst(pages.items) }}
        idOf={({ agreement }) => agreement}
        busy={say('console.agreements.asking')}
        none={
          <>
            <p>{say('console.agreements.none')}</p>
            <a href="#offer">{say('console.nav.offer')}</a>
          </>
        }
        show={(one) => <Agreement one={one} />}
      />
      <CodeView
        code={{
          curl: curlOf(desk.at, '/v1/agreements'),
          typescript: agreementInCode(desk.own, first ?? { agreement: 'the agreement' }),
        }}
      />
    </>
  )
}

/** All of them, page by page; a thousand is more than a page of a browser shows well. */
export async function listAgreements({ call }: Desk): Promise<readonly Listed[]> {
  const all: Listed[] = []
  for (let after = ''; all.length < 1000;) {
    const { agreements, next } = await call.get(`/v1/agreements?limit=64${after}`, agreementsAnswer)
    all.push(...agreements)
    if (next === undefined) break
    after = `&after=${next}`
  }
  return activeFirst(all)
}

/** What can be asked under first. */
function activeFirst(all: readonly Listed[]): readonly Listed[] {
  return all.toSorted((a, b) => Number(b.standing === 'active') - Number(a.standing === 'active'))
}

function Agreement({ one }: { readonly one: Listed }) {
  const say = useSay()
  const language = useLanguage()
  const terms = termsOf(one)
  return (
    <article>
      <h2>
        <span class={`standing ${one.standing}`}>{say(standingOf(one.standing))}</span>{' '}
        {terms.map((term) => titleOf(term)).join(', ') || one.terms.map((id) => plain(id, 40)).join(', ')}
      </h2>
      <dl>
        <dt>{say('console.agreement.purpose')}</dt>
        <dd lang="en">{[...new Set(terms.map(({ purpose }) => wordsOf(purpose)))].join(', ')}</dd>
        <dt>{say('console.agreement.until')}</dt>
        <dd>{momentOf(one.until, language)}</dd>
        <dt>{say('console.agreement.handle')}</dt>
        <dd>
          <Code text={`${one.handle}@${one.node}`} />
        </dd>
        <dt>{say('console.agreement.id')}</dt>
        <dd>
          <Code text={one.agreement} />
        </dd>
        {one.why !== undefined && (
          <>
            <dt>{say('console.agreement.why')}</dt>
            <dd>
              <code>{plain(one.why, 40)}</code>
            </dd>
          </>
        )}
      </dl>
      <div class="row">
        {one.standing === 'active' && (
          <a role="button" href={`#query/${one.agreement}`}>
            {say('console.agreement.ask')}
          </a>
        )}
        <a role="button" class="secondary" href={`#agreements/${one.agreement}`}>
          {say('console.agreement.open')}
        </a>
      </div>
    </article>
  )
}

/** The terms that were agreed, out of the company's or the person's own document; they are shown, and decide nothing. */
export function termsOf({ offer, proffer, terms }: Listed): readonly Term[] {
  try {
    const all =
      offer === undefined
        ? proffer === undefined
          ? []
          : readSigned(profferNoun, proffer).payload.terms
        : readSigned(offerNoun, offer).payload.terms
    return all.filter(({ id }) => terms.includes(id))
  } catch {
    return []
  }
}

function titleOf({ strand, claims }: Term): string {
  return claims === null ? strand : `${strand}: ${claims.join(', ')}`
}

/** How an agreement stands, in words. */
export function standingOf(standing: string): MessageKey {
  return standings[standing] ?? 'console.standing.unknown'
}

const standings: Readonly<Record<string, MessageKey>> = {
  active: 'console.standing.active',
  paused: 'console.standing.paused',
  suspended: 'console.standing.suspended',
  revoked: 'console.standing.revoked',
  retired: 'console.standing.retired',
  superseded: 'console.standing.superseded',
  expired: 'console.standing.expired',
}
