import { readCard, useCard } from '@dcann/sdk/stop-card'
import { ProtocolError } from '@dcann/protocol/errors'
import { useState } from 'preact/hooks'
import { useSay } from '../language/say.ts'
import { Fault } from '../page/states.tsx'
import type { Ground } from './holder.ts'

/** Stops everything by a printed card: from any machine, without a passport in it, whoever holds the card. */
export function StopView({ ground }: { readonly ground: Ground }) {
  const say = useSay()
  const [text, setText] = useState('')
  const [busy, setBusy] = useState(false)
  const [stopped, setStopped] = useState<{ readonly kind: 'pause' | 'revoke'; readonly milliseconds: number } | Error>()
  const { world, resolver } = ground
  const stop = async (kind: 'pause' | 'revoke'): Promise<void> => {
    setBusy(true)
    try {
      readCard(text)
      if (resolver === undefined) throw new ProtocolError('unreachable', 'stopping: no registry answers')
      // a name of the sdk's own, and no hook of this page
      const use = useCard
      const { effective_after: milliseconds } = await use(world, resolver, text, kind)
      setStopped({ kind, milliseconds })
    } catch (error) {
      setStopped(error instanceof Error ? error : new Error(String(error)))
    } finally {
      setBusy(false)
    }
  }
  return (
    <>
      <h1>{say('stop.title')}</h1>
      <p>{say('stop.lead')}</p>
      <form onSubmit={(event) => event.preventDefault()}>
        <label>
          {say('stop.card')}
          <textarea
            rows={2}
            autocomplete="off"
            spellcheck={false}
            value={text}
            onInput={(event) => {
              setText(event.currentTarget.value)
              setStopped(undefined)
            }}
          />
        </label>
        <div class="row">
          <button
            type="button"
            class="danger"
            disabled={busy || text.trim() === ''}
            onClick={() => void stop('revoke')}
          >
            {say('stop.revoke')}
          </button>
          <button
            type="button"
            class="secondary"
            disabled={busy || text.trim() === ''}
            onClick={() => void stop('pause')}
          >
            {say('stop.pause')}
          </button>
        </div>
      </form>
      {stopped instanceof Error && <Fault error={stopped} />}
      {stopped !== undefined && !(stopped instanceof Error) && (
        <section class="note good" role="status">
          <h2>{say(`stop.done.${stopped.kind}`)}</h2>
          <p>{say('act.effective', { seconds: secondsOf(stopped.milliseconds) })}</p>
        </section>
      )}
    </>
  )
}

/** Milliseconds as seconds with two digits: "0.04". */
export function secondsOf(milliseconds: number): number {
  return Math.max(0.01, Math.round(milliseconds / 10) / 100)
}
