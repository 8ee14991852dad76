import { formatIdentifier } from '@dcann/protocol/identifier'
import type { z } from 'zod'
import type { asksAnswer, strandsAnswer } from '@dcann/protocol/vault-api'
import { countryName, dayOf } from '../language/numbers.ts'
import { useLanguage, useSay } from '../language/say.ts'
import { plain } from '../page/outside-text.ts'
import { Busy, Fault } from '../page/states.tsx'
import { useLoaded } from '../page/loaded.ts'
import type { Holder } from './holder.ts'
import { canGuard } from './passkey.ts'
import { strandTitle } from './words.ts'

type Seen = {
  readonly strands: z.infer<typeof strandsAnswer>['strands']
  readonly asks: z.infer<typeof asksAnswer>['asks']
}

/** What a person comes back to: who they are here, what waits, and what lies in their vault. */
export function HomeView({ holder }: { readonly holder: Holder }) {
  const say = useSay()
  const language = useLanguage()
  const guarded = holder.box.isGuarded
  const able = useLoaded(canGuard, [])
  const seen = useLoaded(async (): Promise<Seen> => {
    const [{ strands }, { asks }] = await Promise.all([
      holder.vault.listStrands(holder.by),
      holder.vault.listAsks(holder.by),
    ])
    return { strands, asks }
  }, [holder])
  return (
    <>
      <h1>
        <span class="faint kind">{say('home.passport')}</span>
        <span class="identifier">{formatIdentifier(holder.passport)}</span>
      </h1>
      <p>
        {say(holder.home ? 'home.lives' : 'home.lives.unproved', {
          country: countryName(holder.node.slice(0, 2), language),
          who: plain(holder.home?.operator.payload.legal_name ?? holder.node),
        })}
      </p>
      {seen.is === 'coming' && <Busy text={say('home.looking')} />}
      {seen.is === 'failed' && <Fault error={seen.why} again={seen.again} />}
      {seen.is === 'there' && seen.value.asks.length > 0 && (
        <section>
          <h2>{say('home.asks')}</h2>
          <ul class="rows">
            {seen.value.asks.map(({ ask, requester }) => (
              <li key={ask}>
                <a href={`/#ask/${ask}`}>{say('home.ask', { who: plain(requester, 80) })}</a>
              </li>
            ))}
          </ul>
        </section>
      )}
      {seen.is === 'there' && (
        <section>
          <h2>{say('home.vault')}</h2>
          {seen.value.strands.length === 0 && <p>{say('home.empty')}</p>}
          <ul class="rows">
            {seen.value.strands.map(({ strand, coverage }) => (
              <li key={strand.name}>
                <span>{strandTitle(say, strand.name)}</span>
                <span class="faint">
                  {say('count.entries', { n: coverage.entries })}
                  {coverage.from && coverage.to
                    ? ` · ${dayOf(coverage.from, language)} – ${dayOf(coverage.to, language)}`
                    : ''}
                </span>
              </li>
            ))}
          </ul>
          <p>
            <a role="button" href="/#bring">
              {say('home.bring')}
            </a>
          </p>
        </section>
      )}
      {(guarded || (able.is === 'there' && able.value)) && (
        <section class="note">
          <h2>{say(guarded ? 'guard.on.title' : 'guard.title')}</h2>
          <p>
            <a href="/#guard">{say(guarded ? 'home.guard.change' : 'home.guard.make')}</a>
          </p>
        </section>
      )}
      <section class="note">
        <h2>{say('home.card')}</h2>
        <p>{say('home.card.why')}</p>
        <p>
          <a href="/#card">{say('home.card.make')}</a>
        </p>
      </section>
    </>
  )
}
