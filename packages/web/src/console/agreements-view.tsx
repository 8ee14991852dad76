import { offerNoun, type Term } from '@dcann/protocol/offer'
import { profferNoun } from '@dcann/protocol/proffer'
import { readSigned } from '@dcann/protocol/signed'
import { useState } from 'preact/hooks'
import { momentOf, wordsOf } from '../language/numbers.ts'
import type { MessageKey } from '../language/messages.ts'
import { useLanguage, useSay } from '../language/say.ts'
import { useLoaded } from '../page/loaded.ts'
import { plain } from '../page/outside-text.ts'
import { Busy, Code } from '../page/states.tsx'
import { agreementsAnswer, type Listed, retireAnswer } from './call.ts'
import { agreementsInCode, curlOf } from './code.ts'
import { CodeView } from './code-view.tsx'
import type { Desk } from './desk.ts'
import { asError, ProblemView } from './problem-view.tsx'

/** What people have agreed to, how it stands, and what each lets one ask. */
export function AgreementsView({ desk }: { readonly desk: Desk }) {
  const say = useSay()
  const listed = useLoaded(async () => await listAgreements(desk), [desk.call])
  const name = desk.speaking.record.name
  const first = listed.is === 'there' ? listed.value[0]?.agreement : undefined
  return (
    <>
      <h1>{say('console.nav.agreements')}</h1>
      <p>{say('console.agreements.lead')}</p>
      {listed.is === 'coming' && <Busy text={say('console.agreements.asking')} />}
      {listed.is === 'failed' && <ProblemView error={listed.why} again={listed.again} />}
      {listed.is === 'there' && listed.value.length === 0 && (
        <section class="note">
          <p>{say('console.agreements.none')}</p>
          <a href="#offer">{say('console.nav.offer')}</a>
        </section>
      )}
      {listed.is === 'there' && (
        <ul class="cards wide">
          {listed.value.map((one) => (
            <li key={one.agreement}>
              <Agreement desk={desk} one={one} changed={listed.again} />
            </li>
          ))}
        </ul>
      )}
      <CodeView code={{ curl: curlOf(desk.at, '/v1/agreements'), typescript: agreementsInCode(name, first) }} />
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
  // what can be asked under first
  return all.toSorted((a, b) => Number(b.standing === 'active') - Number(a.standing === 'active'))
}

function Agreement({ desk, one, changed }: { desk: Desk; one: Listed; changed: () => void }) {
  const say = useSay()
  const language = useLanguage()
  const terms = termsOf(one)
  return (
    <article>
      <h2>
        <span class={`standing ${one.standing}`}>{say(standings[one.standing] ?? 'console.standing.unknown')}</span>{' '}
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
      {one.standing === 'active' && (
        <div class="row">
          <a role="button" href={`#query/${one.agreement}`}>
            {say('console.agreement.ask')}
          </a>
          <Retire desk={desk} agreement={one.agreement} changed={changed} />
        </div>
      )}
    </article>
  )
}

function Retire({ desk, agreement, changed }: { desk: Desk; agreement: string; changed: () => void }) {
  const say = useSay()
  const [state, setState] = useState<'shown' | 'sure' | 'sending' | Error>('shown')
  if (state === 'shown')
    return (
      <button type="button" class="secondary" onClick={() => setState('sure')}>
        {say('console.retire')}
      </button>
    )
  if (state instanceof Error) return <ProblemView error={state} again={() => setState('shown')} />
  return (
    <div class="note warn" role="alertdialog" aria-label={say('console.retire')}>
      <p>{say('console.retire.sure')}</p>
      <div class="row">
        <button
          type="button"
          class="danger"
          aria-busy={state === 'sending'}
          onClick={() => {
            setState('sending')
            desk.call
              .post('/v1/retire', { agreement }, retireAnswer)
              .then(changed, (error: unknown) => setState(asError(error)))
          }}
        >
          {say('console.retire')}
        </button>
        <button type="button" class="secondary" onClick={() => setState('shown')}>
          {say('console.retire.no')}
        </button>
      </div>
      <CodeView
        code={{
          curl: curlOf(desk.at, '/v1/retire', { agreement }),
          typescript: `import { makeAct } from '@dcann/sdk/wallet-documents'\n\nawait vault.act(await makeAct(world, 'retire', '${plain(agreement, 43)}', signer))\n`,
        }}
      />
    </div>
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

const standings: Readonly<Record<string, MessageKey>> = {
  active: 'console.standing.active',
  paused: 'console.standing.paused',
  suspended: 'console.standing.suspended',
  revoked: 'console.standing.revoked',
  retired: 'console.standing.retired',
  superseded: 'console.standing.superseded',
  expired: 'console.standing.expired',
}
