import { useEffect, useId, useState } from 'preact/hooks'
import { momentOf } from '../language/numbers.ts'
import { useLanguage, useSay } from '../language/say.ts'
import { useLoaded } from '../page/loaded.ts'
import { plain } from '../page/outside-text.ts'
import { Busy, Outside } from '../page/states.tsx'
import { listAgreements, termsOf } from './agreements-view.tsx'
import { type Answered, type Listed, queryAnswer } from './call.ts'
import { curlOf } from './code.ts'
import { CodeView } from './code-view.tsx'
import type { Desk } from './desk.ts'
import { questionOf } from './offer.ts'
import { asError, ProblemView } from './problem-view.tsx'
import { queryInCode } from './sdk-code.ts'

/** One question under an agreement, and its answer. */
export function QueryView({ desk, agreement }: { readonly desk: Desk; readonly agreement: string }) {
  const say = useSay()
  const listed = useLoaded(
    async () => (await listAgreements(desk)).filter(({ standing }) => standing === 'active'),
    [desk.call],
  )
  return (
    <>
      <h1>{say('console.nav.query')}</h1>
      <p>{say('console.query.lead')}</p>
      {listed.is === 'coming' && <Busy text={say('console.agreements.asking')} />}
      {listed.is === 'failed' && <ProblemView error={listed.why} again={listed.again} />}
      {listed.is === 'there' && listed.value.length === 0 && <p class="note">{say('console.query.none')}</p>}
      {listed.is === 'there' && listed.value.length > 0 && <Asking desk={desk} all={listed.value} first={agreement} />}
    </>
  )
}

type AskingState = 'no' | 'yes' | Error | Answered

function Asking({ desk, all, first }: { desk: Desk; all: readonly Listed[]; first: string }) {
  const say = useSay()
  const id = useId()
  const [chosen, setChosen] = useState(all.find(({ agreement }) => agreement === first) ?? all[0])
  const [state, setState] = useState<AskingState>('no')
  const terms = chosen === undefined ? [] : termsOf(chosen)
  const [term, setTerm] = useState(0)
  useEffect(() => setTerm(0), [chosen])
  const asked = terms[term] ?? terms[0]
  if (chosen === undefined || asked === undefined) return <p class="note">{say('console.query.none')}</p>
  const question = questionOf(asked)
  const body = { agreement: chosen.agreement, ...question }
  return (
    <>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          setState('yes')
          desk.call.post('/v1/queries', body, queryAnswer).then(setState, (error: unknown) => setState(asError(error)))
        }}
      >
        <label for={`${id}-agreement`}>{say('console.agreement.id')}</label>
        <select
          id={`${id}-agreement`}
          value={chosen.agreement}
          onChange={(event) => {
            const wanted = event.currentTarget.value
            setState('no')
            setChosen(all.find(({ agreement }) => agreement === wanted))
          }}
        >
          {all.map(({ agreement, handle, node }) => (
            <option key={agreement} value={agreement}>
              {plain(`${handle.slice(0, 10)}… @${node} · ${agreement.slice(0, 10)}…`, 120)}
            </option>
          ))}
        </select>
        <label for={`${id}-term`}>{say('console.query.what')}</label>
        <select
          id={`${id}-term`}
          value={String(term)}
          onChange={(event) => (setState('no'), setTerm(Number(event.currentTarget.value)))}
        >
          {terms.map(({ strand, claims }, i) => (
            <option key={i} value={String(i)}>
              {plain(claims === null ? strand : `${strand}: ${claims.join(', ')}`, 160)}
            </option>
          ))}
        </select>
        <div class="row">
          <button type="submit" aria-busy={state === 'yes'} disabled={state === 'yes'}>
            {say('console.query.go')}
          </button>
        </div>
      </form>
      {state instanceof Error && <ProblemView error={state} />}
      {typeof state === 'object' && !(state instanceof Error) && <Answer answered={state} />}
      <CodeView
        code={{
          curl: curlOf(desk.at, '/v1/queries', body),
          typescript: queryInCode(desk.own, chosen, question),
        }}
      />
    </>
  )
}

function Answer({ answered }: { readonly answered: Answered }) {
  const say = useSay()
  const language = useLanguage()
  return (
    <section class="note good" role="status">
      <h2>{say('console.query.answer')}</h2>
      {answered.answer.map(({ strand, derived = {}, entries }, i) => (
        <div key={i}>
          {Object.entries(derived).map(([name, { value, of }]) => (
            <p key={name}>
              <code>{plain(name, 60)}</code> <strong class="figure">{plain(shown(value), 80)}</strong>{' '}
              {of !== undefined && <span class="faint">{say('console.query.of', { n: of })}</span>}
            </p>
          ))}
          {entries !== undefined && <Entries strand={strand} entries={entries} />}
        </div>
      ))}
      <dl>
        <dt>{say('console.query.assurance')}</dt>
        <dd>
          <code>{plain(answered.assurance, 40)}</code>
        </dd>
        <dt>{say('console.query.way')}</dt>
        <dd>{say(answered.sealed ? 'console.query.sealed' : 'console.query.open')}</dd>
        <dt>{say('console.query.keep')}</dt>
        <dd>{momentOf(answered.use_until, language)}</dd>
      </dl>
      <a href={`#evidence/${answered.evidence}`}>{say('console.query.evidence')}</a>
    </section>
  )
}

type EntriesProps = { readonly strand: string; readonly entries: NonNullable<Answered['answer'][number]['entries']> }

function Entries({ strand, entries }: EntriesProps) {
  const say = useSay()
  const language = useLanguage()
  const columns = [...new Set(entries.flatMap(({ body }) => Object.keys(body)))].slice(0, 12)
  return (
    <>
      <p>
        <code>{plain(strand, 80)}</code> {say('count.entries', { n: entries.length })}
      </p>
      <div class="table" tabIndex={0} role="region" aria-label={plain(strand, 80)}>
        <table>
          <thead>
            <tr>
              <th scope="col">{say('console.query.when')}</th>
              {columns.map((column) => (
                <th key={column} scope="col">
                  {plain(column, 60)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {entries.slice(0, 50).map(({ at, body }, i) => (
              <tr key={i}>
                <td>{momentOf(at, language)}</td>
                {columns.map((column) => (
                  <td key={column}>
                    <Outside text={shown(body[column])} most={120} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  )
}

function shown(value: unknown): string {
  return value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value)
}
