import { makeCard } from '@dcann/sdk/stop-card'
import { useState } from 'preact/hooks'
import { dayOf } from '../language/numbers.ts'
import { useLanguage, useSay } from '../language/say.ts'
import { Fault } from '../page/states.tsx'
import { controlOf, type Holder } from './holder.ts'

type Made = { readonly node: string; readonly code: string; readonly until: string }

/** A card to print: whoever has it can stop everything, and can do nothing else. Shown once, kept nowhere. */
export function CardView({ holder }: { readonly holder: Holder }) {
  const say = useSay()
  const language = useLanguage()
  const [made, setMade] = useState<Made | Error>()
  const [busy, setBusy] = useState(false)
  const make = async (): Promise<Made> =>
    await holder.box.withSeed(async (seed) => {
      const { world, passport, node, vault } = holder
      const { text, capability } = await makeCard(world, { passport, node, control: controlOf(holder, seed) })
      // only a card that works is shown
      const { until } = await vault.makeCapability(capability)
      const [at = '', code = ''] = text.split(' ')
      return { node: at, code, until }
    })
  return (
    <>
      <h1>{say('card.title')}</h1>
      <p>{say('card.lead')}</p>
      {made instanceof Error && <Fault error={made} />}
      {made !== undefined && !(made instanceof Error) ? (
        <>
          <section class="print card" aria-label={say('card.title')}>
            <h2>{say('card.head')}</h2>
            <dl>
              <dt>{say('card.vault')}</dt>
              <dd>
                <code>{made.node}</code>
              </dd>
              <dt>{say('card.code')}</dt>
              <dd>
                <code class="code">{made.code}</code>
              </dd>
            </dl>
            <p>{say('card.says')}</p>
            <p>{say('card.how')}</p>
            <p>
              <code>
                dcann stop --card "{made.code}" --node {made.node}
              </code>
            </p>
            <p class="faint">{say('card.until', { day: dayOf(made.until, language) })}</p>
          </section>
          <div class="row">
            <button type="button" onClick={() => print()}>
              {say('card.print')}
            </button>
          </div>
          <p class="faint">{say('card.once')}</p>
        </>
      ) : (
        <button
          type="button"
          aria-busy={busy}
          disabled={busy}
          onClick={() => {
            setBusy(true)
            make()
              .then(setMade, (error: unknown) => setMade(error instanceof Error ? error : new Error(String(error))))
              .finally(() => setBusy(false))
          }}
        >
          {say('card.make')}
        </button>
      )}
    </>
  )
}
