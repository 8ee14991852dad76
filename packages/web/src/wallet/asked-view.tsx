import type { BroughtBack } from '@dcann/sdk/bring-back'
import { useEffect, useState } from 'preact/hooks'
import { momentOf } from '../language/numbers.ts'
import { useLanguage, useSay } from '../language/say.ts'
import { plain, quoted } from '../page/outside-text.ts'
import { Code } from '../page/states.tsx'
import type { Agreed, OpenedAsk } from './ask.ts'

export type AgreedProps = {
  readonly ask: OpenedAsk
  readonly agreed: Agreed
  readonly bring: () => Promise<BroughtBack | undefined>
  /** It stood before this page was opened. */
  readonly already: boolean
}

/** What was agreed, that they have been told, how to take it back, and the way back to where one came from. */
export function AgreedView({ ask, agreed, bring, already }: AgreedProps) {
  const say = useSay()
  const language = useLanguage()
  const [brought, setBrought] = useState<BroughtBack | 'coming'>('coming')
  const tell = (): void => {
    setBrought('coming')
    bring().then(
      (how) => setBrought(how ?? 'kept'),
      () => setBrought('undelivered'),
    )
  }
  useEffect(() => {
    if (agreed.settles === undefined) tell()
  }, [])
  const who = quoted(ask.requester.legal_name, 120)
  return (
    <>
      <section class="note good" role="status">
        <h1>{say(already ? 'agreed.already' : 'agreed.title', { who })}</h1>
        {agreed.settles === undefined ? (
          <p>{say('agreed.until', { when: momentOf(agreed.until, language) })}</p>
        ) : (
          <p>{say('agreed.settles', { when: momentOf(agreed.settles, language) })}</p>
        )}
      </section>
      {agreed.settles === undefined && ask.returnTo !== undefined && (
        <p role="status">
          {say(`agreed.${brought}`, { who })}{' '}
          {brought === 'undelivered' && (
            <button type="button" class="secondary" onClick={tell}>
              {say('fault.again')}
            </button>
          )}
        </p>
      )}
      <dl>
        <dt>{say('agreed.known-as')}</dt>
        <dd>
          <Code text={agreed.address} />
          <span class="faint"> {say('agreed.known-as.why')}</span>
        </dd>
      </dl>
      <div class="row">
        <Back />
        <a href={`/#agreements/${agreed.agreement}`}>{say('agreed.look')}</a>
      </div>
    </>
  )
}

/** After a no: nothing was said to anybody. */
export function SaidNo({ ask }: { readonly ask: OpenedAsk }) {
  const say = useSay()
  return (
    <>
      <section class="note" role="status">
        <h1>{say('refused.title')}</h1>
        <p>{say('refused.why', { who: quoted(ask.requester.legal_name, 120) })}</p>
      </section>
      <div class="row">
        <Back />
        <a href="/#">{say('wallet.nav.home')}</a>
      </div>
    </>
  )
}

/** Back to the page that somebody came from: its address as the browser says it, and nobody's link. */
export function Back() {
  const say = useSay()
  const from = cameFrom()
  if (from === undefined) return null
  return (
    <a role="button" href={from.href} rel="noreferrer">
      {say('back.to', { host: plain(from.host, 80) })}
    </a>
  )
}

const key = 'came-from'

/** The page before the first of this origin, also after a reload or a way through the wallet. */
function cameFrom(): URL | undefined {
  const { referrer } = document
  const now = URL.canParse(referrer) && new URL(referrer).origin !== location.origin ? referrer : undefined
  try {
    if (now !== undefined) sessionStorage.setItem(key, now)
    const before = now ?? sessionStorage.getItem(key)
    if (before === null || !URL.canParse(before)) return undefined
    const url = new URL(before)
    return url.protocol === 'https:' || url.protocol === 'http:' ? url : undefined
  } catch {
    return undefined
  }
}
