import type { RecordId } from '@dcann/protocol/signed'
import { useState } from 'preact/hooks'
import { wordsOfError } from '../language/errors.ts'
import { dayOf } from '../language/numbers.ts'
import { useLanguage, useSay } from '../language/say.ts'
import { useLoaded } from '../page/loaded.ts'
import { plain } from '../page/outside-text.ts'
import { Owner } from '../page/owner.tsx'
import { Busy, Code, Fault, Outside } from '../page/states.tsx'
import { act, type Acted, type Agreement, isLive, listAgreements } from './agreements.ts'
import type { Holder } from './holder.ts'
import { secondsOf } from './stop-view.tsx'
import { titleOf } from './term-view.tsx'

/** Everything that was agreed to, newest first. */
export function AgreementsView({ holder }: { readonly holder: Holder }) {
  const say = useSay()
  const language = useLanguage()
  const all = useLoaded(async () => await listAgreements(holder), [holder])
  return (
    <>
      <h1>{say('agreements.title')}</h1>
      {all.is === 'coming' && <Busy text={say('agreements.asking')} />}
      {all.is === 'failed' && <Fault error={all.why} again={all.again} />}
      {all.is === 'there' && all.value.length === 0 && <p>{say('agreements.none')}</p>}
      {all.is === 'there' && (
        <ul class="cards">
          {[...all.value].reverse().map((agreement) => (
            <li key={agreement.listed.agreement}>
              <article>
                <h2>
                  <a href={`/#agreements/${agreement.listed.agreement}`}>
                    <Outside text={nameOf(agreement)} />
                  </a>
                </h2>
                <p>
                  <Standing agreement={agreement} />
                </p>
                <p class="faint">{agreement.terms.map((term) => titleOf(term, say, language)).join(' · ')}</p>
                <p class="faint">
                  {say('agreements.answers', { n: agreement.listed.answers })} ·{' '}
                  {say('agreements.until', { day: dayOf(agreement.listed.until, language) })}
                </p>
              </article>
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

/** How an agreement stands, in a word, and whether it is what both sides signed. */
function Standing({ agreement: { listed, documents } }: { readonly agreement: Agreement }) {
  const say = useSay()
  return (
    <>
      <span class={`standing ${listed.standing}`}>{say(`standing.${listed.standing}`)}</span>
      {listed.suspension !== undefined && <span> {say('standing.why', { why: plain(listed.suspension, 60) })}</span>}
      {documents instanceof Error && <strong class="bad"> {say('agreements.not-proved')}</strong>}
    </>
  )
}

/** One agreement: what it lets out, and the two buttons that stop it. */
export function AgreementView({ holder, agreement: id }: { readonly holder: Holder; readonly agreement: RecordId }) {
  const say = useSay()
  const language = useLanguage()
  const all = useLoaded(async () => await listAgreements(holder), [holder, id])
  const [acted, setActed] = useState<(Acted & { readonly kind: Kind }) | Error>()
  const [asking, setAsking] = useState<Kind>()
  const [busy, setBusy] = useState(false)
  if (all.is === 'coming') return <Busy text={say('agreements.asking')} />
  if (all.is === 'failed') return <Fault error={all.why} again={all.again} />
  const agreement = all.value.find(({ listed }) => listed.agreement === id)
  if (agreement === undefined) return <p>{say('agreements.gone')}</p>
  const { listed, documents, requester, terms, held } = agreement
  const standing = acted !== undefined && !(acted instanceof Error) ? acted.standing : listed.standing
  const go = (kind: Kind): void => {
    setBusy(true)
    setAsking(undefined)
    act(holder, kind, id)
      .then(
        (done) => {
          setActed({ ...done, kind })
          all.again()
        },
        (error: unknown) => setActed(error instanceof Error ? error : new Error(String(error))),
      )
      .finally(() => setBusy(false))
  }
  return (
    <>
      <h1>
        <span class="faint kind">{say('agreement.with')}</span>
        <Outside text={nameOf(agreement)} />
      </h1>
      <p>
        <span class={`standing ${standing}`}>{say(`standing.${standing}`)}</span>{' '}
        {say('agreements.answers', { n: listed.answers })} ·{' '}
        {say('agreements.until', { day: dayOf(listed.until, language) })}
      </p>
      {acted instanceof Error && <Fault error={acted} />}
      {acted !== undefined && !(acted instanceof Error) && (
        <section class="note good" role="status">
          <h2>{say(`acted.${acted.kind}`)}</h2>
          <p>
            {say(acted.kind === 'resume' ? 'act.again' : 'act.effective', { seconds: secondsOf(acted.effectiveAfter) })}
          </p>
        </section>
      )}
      {isLive({ standing }) && asking === undefined && (
        <div class="row">
          {standing === 'active' && (
            <button type="button" class="secondary" disabled={busy} onClick={() => go('pause')}>
              {say('act.pause')}
            </button>
          )}
          {standing === 'paused' && (
            <button type="button" class="secondary" disabled={busy} onClick={() => go('resume')}>
              {say('act.resume')}
            </button>
          )}
          <button type="button" class="danger" disabled={busy} onClick={() => setAsking('revoke')}>
            {say('act.revoke')}
          </button>
        </div>
      )}
      {asking === 'revoke' && (
        <section class="note warn" role="alertdialog" aria-label={say('act.revoke')}>
          <h2>{say('act.revoke.sure')}</h2>
          <p>{say('act.revoke.means')}</p>
          <div class="row">
            <button type="button" class="danger" onClick={() => go('revoke')}>
              {say('act.revoke.yes')}
            </button>
            <button type="button" class="secondary" onClick={() => setAsking(undefined)}>
              {say('act.revoke.no')}
            </button>
          </div>
        </section>
      )}
      <section>
        <h2>{say('agreement.lets-out')}</h2>
        <ul class="rows">
          {terms.map((term) => (
            <li key={term.id}>{titleOf(term, say, language)}</li>
          ))}
        </ul>
      </section>
      <details>
        <summary>{say('agreement.proof')}</summary>
        <dl>
          <dt>{say('agreement.documents')}</dt>
          <dd>
            {documents === 'proved'
              ? say('agreement.documents.proved')
              : documents === 'unknown'
                ? say('agreement.documents.unknown')
                : wordsOfError(say, documents)}
            {held && ` ${say('agreement.held')}`}
          </dd>
          {requester && (
            <>
              <dt>{say('requester.owner')}</dt>
              <dd>
                <Owner record={requester} />
              </dd>
            </>
          )}
          <dt>{say('agreed.known-as')}</dt>
          <dd>
            <Code text={listed.handle} />
          </dd>
          <dt>{say('agreement.id')}</dt>
          <dd>
            <Code text={id} />
          </dd>
        </dl>
      </details>
    </>
  )
}

type Kind = 'pause' | 'resume' | 'revoke'

function nameOf({ requester, listed }: Agreement): string {
  return requester?.legal_name ?? listed.requester
}
