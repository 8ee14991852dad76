import { readInvite } from '@dcann/sdk/invite-link'
import { useId, useState } from 'preact/hooks'
import { momentOf } from '../language/numbers.ts'
import { useLanguage, useSay } from '../language/say.ts'
import { Code } from '../page/states.tsx'
import { type Delivered, proposalAnswer, proposalsAnswer } from './call.ts'
import { curlOf } from './code.ts'
import { CodeView } from './code-view.tsx'
import type { Desk } from './desk.ts'
import { usePages } from './pages.ts'
import { PagesView } from './pages-view.tsx'
import { asError, ProblemView } from './problem-view.tsx'
import { inviteInCode, proposalInCode } from './sdk-code.ts'

/** Offers that were delivered to vaults, and a form that delivers one. */
export function SentView({ desk, offer: first }: { readonly desk: Desk; readonly offer: string }) {
  const say = useSay()
  const id = useId()
  const [offer, setOffer] = useState(first)
  const [to, setTo] = useState('')
  const [sending, setSending] = useState<'no' | 'yes' | Error>('no')
  const pages = usePages<Delivered>(
    async (after) => {
      const { proposals, next } = await desk.call.get(`/v1/proposals?limit=64${after}`, proposalsAnswer)
      return { items: proposals, next }
    },
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
            () => (setSending('no'), setTo(''), pages.first.is !== 'coming' && pages.first.again()),
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
          typescript:
            'invite' in body
              ? inviteInCode(desk.own, body.offer, body.invite)
              : proposalInCode(desk.own, body.offer, body.to),
        }}
      />
      <section>
        <h2>{say('console.sent.list')}</h2>
        <PagesView
          pages={pages}
          idOf={({ proposal }) => proposal}
          none={<p>{say('console.sent.none')}</p>}
          show={(one) => <Sent one={one} />}
        />
      </section>
    </>
  )
}

function Sent({ one }: { readonly one: Delivered }) {
  const say = useSay()
  const language = useLanguage()
  return (
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
      {one.agreement !== undefined && <a href={`#agreements/${one.agreement}`}>{say('console.agreement.open')}</a>}
    </article>
  )
}

/** What reads as an invite is one; everything else says whom. */
function bodyOf(
  offer: string,
  typed: string,
): { readonly offer: string; readonly to: string } | { readonly offer: string; readonly invite: string } {
  const to = typed.trim()
  try {
    readInvite(to)
    return { offer: offer.trim(), invite: to }
  } catch {
    return { offer: offer.trim(), to: to.replaceAll(/\s+/g, '') }
  }
}
