import { readInvite } from '@dcann/sdk/invite-link'
import { useId, useState } from 'preact/hooks'
import { momentOf } from '../language/numbers.ts'
import { useLanguage, useSay } from '../language/say.ts'
import { useLoaded } from '../page/loaded.ts'
import { Busy, Code } from '../page/states.tsx'
import { proposalAnswer, proposalsAnswer } from './call.ts'
import { curlOf, proposalInCode } from './code.ts'
import { CodeView } from './code-view.tsx'
import type { Desk } from './desk.ts'
import { asError, ProblemView } from './problem-view.tsx'

/** Offers that were delivered to vaults, and a form that delivers one. */
export function SentView({ desk, offer: first }: { readonly desk: Desk; readonly offer: string }) {
  const say = useSay()
  const language = useLanguage()
  const id = useId()
  const [offer, setOffer] = useState(first)
  const [to, setTo] = useState('')
  const [sending, setSending] = useState<'no' | 'yes' | Error>('no')
  const sent = useLoaded(
    async () => (await desk.call.get('/v1/proposals?limit=64', proposalsAnswer)).proposals,
    [desk.call],
  )
  const body = bodyOf(offer, to)
  return (
    <>
      <h1>{say('console.nav.sent')}</h1>
      <p>{say('console.sent.lead')}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          setSending('yes')
          desk.call.post('/v1/proposals', body, proposalAnswer).then(
            () => (setSending('no'), setTo(''), sent.is !== 'coming' && sent.again()),
            (error: unknown) => setSending(asError(error)),
          )
        }}
      >
        <label for={`${id}-offer`}>{say('console.sent.offer')}</label>
        <input
          id={`${id}-offer`}
          type="text"
          required
          value={offer}
          spellcheck={false}
          autocomplete="off"
          onInput={(event) => setOffer(event.currentTarget.value)}
        />
        <label for={`${id}-to`}>{say('console.sent.to')}</label>
        <input
          id={`${id}-to`}
          type="text"
          required
          value={to}
          spellcheck={false}
          autocomplete="off"
          aria-describedby={`${id}-hint`}
          onInput={(event) => setTo(event.currentTarget.value)}
        />
        <small id={`${id}-hint`}>{say('console.sent.hint')}</small>
        <div class="row">
          <button type="submit" aria-busy={sending === 'yes'} disabled={sending === 'yes'}>
            {say('console.sent.go')}
          </button>
        </div>
      </form>
      {sending instanceof Error && <ProblemView error={sending} />}
      <CodeView
        code={{
          curl: curlOf(desk.at, '/v1/proposals', body),
          typescript: proposalInCode(desk.speaking.record.name, to),
        }}
      />
      <section>
        <h2>{say('console.sent.list')}</h2>
        {sent.is === 'coming' && <Busy text={say('console.opening')} />}
        {sent.is === 'failed' && <ProblemView error={sent.why} again={sent.again} />}
        {sent.is === 'there' && sent.value.length === 0 && <p>{say('console.sent.none')}</p>}
        {sent.is === 'there' && (
          <ul class="cards wide">
            {sent.value.map((one) => (
              <li key={one.proposal}>
                <article>
                  <h3>
                    <span class={`standing ${one.state}`}>{say(`console.sent.${one.state}`)}</span>
                  </h3>
                  <dl>
                    <dt>{say('console.sent.whom')}</dt>
                    <dd>{one.to === undefined ? say('console.sent.by-invite') : <Code text={one.to} />}</dd>
                    <dt>{say('console.sent.delivered')}</dt>
                    <dd>{momentOf(one.delivered, language)}</dd>
                    <dt>{say('console.agreement.until')}</dt>
                    <dd>{momentOf(one.until, language)}</dd>
                    <dt>{say('console.sent.offer')}</dt>
                    <dd>
                      <Code text={one.offer} />
                    </dd>
                  </dl>
                </article>
              </li>
            ))}
          </ul>
        )}
      </section>
    </>
  )
}

/** What reads as an invite is one; everything else says whom. */
function bodyOf(offer: string, typed: string): object {
  const to = typed.trim()
  try {
    readInvite(to)
    return { offer: offer.trim(), invite: to }
  } catch {
    return { offer: offer.trim(), to: to.replaceAll(/\s+/g, '') }
  }
}
