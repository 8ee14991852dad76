import { ProtocolError } from '@dcann/protocol/errors'
import { type Instant, parseTime } from '@dcann/protocol/time'
import { readAsk } from '@dcann/sdk/requester'
import { useEffect, useState } from 'preact/hooks'
import { wordsOfError } from '../language/errors.ts'
import { useSay } from '../language/say.ts'
import { plain } from '../page/outside-text.ts'
import { useLoaded } from '../page/loaded.ts'
import { Busy, Fault } from '../page/states.tsx'
import {
  type Agreed,
  bring,
  finish,
  grant,
  openAsk,
  openDelivered,
  type OpenedAsk,
  readPending,
  refuse,
  standingOver,
} from './ask.ts'
import { AgreedView, Back, SaidNo } from './asked-view.tsx'
import { Bring } from './bring.tsx'
import type { Holder } from './holder.ts'
import { Shown } from './shown-view.tsx'

type Given = { readonly holder: Holder; readonly link?: string; readonly delivered?: string }
type Opened = { readonly ask: OpenedAsk; readonly agreed: Agreed | undefined } | Expired
/** Too late to be decided on, and the agreement over it if it was before. */
type Expired = { readonly expired: ProtocolError; readonly agreement: string | undefined }

/** An ask: opened, proved, shown, and decided on. */
export function AskView({ holder, link, delivered }: Given) {
  const say = useSay()
  const opened = useLoaded(() => open(holder, link, delivered), [holder, link, delivered])
  if (opened.is === 'coming') return <Busy text={say('ask.opening')} />
  if (opened.is === 'failed')
    return (
      <>
        <h1>{say('ask.not-shown')}</h1>
        <Fault error={opened.why} again={opened.again} />
        <Back />
      </>
    )
  if ('expired' in opened.value) return <Over {...opened.value} />
  const { ask, agreed } = opened.value
  return <Deciding holder={holder} ask={ask} already={agreed} />
}

/** Proves the ask, and finishes what was decided before this page was left. */
async function open(holder: Holder, link: string | undefined, delivered: string | undefined): Promise<Opened> {
  const named = link === undefined ? undefined : readAsk(`#${link}`)
  try {
    const ask = named === undefined ? await openWaiting(holder, delivered ?? '') : await openAsk(holder, named)
    const standing = await standingOver(holder, ask.offer.id)
    if (standing !== undefined) return { ask, agreed: standing }
    const pending = await readPending(holder, ask.offer.id)
    return { ask, agreed: pending && (await finish(holder, ask, pending)) }
  } catch (error) {
    if (!(error instanceof ProtocolError) || error.code !== 'expired') throw error
    return { expired: error, agreement: named && (await standingOver(holder, named.offer))?.agreement }
  }
}

async function openWaiting(holder: Holder, delivered: string): Promise<OpenedAsk> {
  const { asks } = await holder.vault.listAsks(holder.by)
  const found = asks.find(({ ask }) => ask === delivered)
  if (found === undefined) throw new ProtocolError('not-found', 'opening an ask: none of this id waits')
  return await openDelivered(holder, found.ask, found.offer)
}

type Decided =
  | { readonly is: 'deciding' }
  | { readonly is: 'sending' }
  | { readonly is: 'failed'; readonly why: Error }
  | { readonly is: 'agreed'; readonly agreed: Agreed }
  | { readonly is: 'refused' }

function Deciding({ holder, ask, already }: { holder: Holder; ask: OpenedAsk; already: Agreed | undefined }) {
  const say = useSay()
  const [decided, setDecided] = useState<Decided>(
    already === undefined ? { is: 'deciding' } : { is: 'agreed', agreed: already },
  )
  useEffect(() => {
    document.title = `${plain(ask.requester.legal_name, 60)} · ${say('wallet.title')}`
  }, [say])
  const isOver = usePassed(parseTime(ask.offer.payload.expires), holder.world.now)
  const failed = (error: unknown): void =>
    setDecided({ is: 'failed', why: error instanceof Error ? error : new Error(String(error)) })
  if (decided.is === 'agreed')
    return (
      <AgreedView
        ask={ask}
        agreed={decided.agreed}
        bring={async () => await bring(holder, ask, decided.agreed)}
        already={already !== undefined}
      />
    )
  if (decided.is === 'refused') return <SaidNo ask={ask} />
  if (isOver && decided.is === 'deciding')
    return <Over expired={new ProtocolError('expired', 'deciding on an ask: its time is over')} agreement={undefined} />
  return (
    <>
      <Shown
        ask={ask}
        holder={holder}
        busy={decided.is === 'sending'}
        bring={(done) => <Bring holder={holder} done={done} />}
        agree={(decision) => {
          setDecided({ is: 'sending' })
          grant(holder, ask, decision).then((agreed) => setDecided({ is: 'agreed', agreed }), failed)
        }}
        refuse={() => {
          setDecided({ is: 'sending' })
          refuse(holder, ask).then(() => setDecided({ is: 'refused' }), failed)
        }}
      />
      {decided.is === 'failed' && (
        <section class="note bad" role="alert">
          <h2>{say('ask.failed')}</h2>
          <p>{wordsOfError(say, decided.why)}</p>
          <p class="faint" lang="en">
            {plain(decided.why.message, 400)}
          </p>
        </section>
      )}
    </>
  )
}

/** It cannot be agreed to any more: said as soon as it is so, and not only to whoever tries. */
function Over({ expired, agreement }: Expired) {
  const say = useSay()
  return (
    <>
      <h1>{say('ask.over')}</h1>
      {agreement === undefined ? (
        <Fault error={expired} />
      ) : (
        <section class="note good" role="status">
          <p>{say('ask.over.stands')}</p>
          <p>
            <a href={`/#agreements/${agreement}`}>{say('agreed.look')}</a>
          </p>
        </section>
      )}
      <Back />
    </>
  )
}

// timers take no longer ones
const lookAgainAfter = 86_400

/** Whether an instant has passed by the clock here; looks again when it will have. */
function usePassed(at: Instant, now: () => number): boolean {
  const [passed, setPassed] = useState(() => now() >= at)
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const look = (): void => {
      const left = at - now()
      setPassed(left <= 0)
      if (left > 0) timer = setTimeout(look, Math.min(left, lookAgainAfter) * 1000)
    }
    look()
    return () => clearTimeout(timer)
  }, [at])
  return passed
}
