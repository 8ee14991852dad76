import { ProtocolError } from '@dcann/protocol/errors'
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
type Opened = { readonly ask: OpenedAsk; readonly agreed: Agreed | undefined }

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
  const { ask, agreed } = opened.value
  return <Deciding holder={holder} ask={ask} already={agreed} />
}

/** Proves the ask, and finishes what was decided before this page was left. */
async function open(holder: Holder, link: string | undefined, delivered: string | undefined): Promise<Opened> {
  const ask =
    link === undefined ? await openWaiting(holder, delivered ?? '') : await openAsk(holder, readAsk(`#${link}`))
  const standing = await standingOver(holder, ask)
  if (standing !== undefined) return { ask, agreed: standing }
  const pending = await readPending(holder, ask)
  return { ask, agreed: pending && (await finish(holder, ask, pending)) }
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
