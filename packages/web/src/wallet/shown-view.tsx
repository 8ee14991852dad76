import { type Offer, secondsOf as secondsOfDays } from '@dcann/protocol/offer'
import { dueFor } from '@dcann/protocol/value'
import { isSpecialCategory } from '@dcann/protocol/vocabulary'
import { countLetOut, type LetOut, type Looking } from '@dcann/sdk/let-out'
import { instantOf } from '@dcann/sdk/world'
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { amountOf, listOf, momentOf } from '../language/numbers.ts'
import { useLanguage, useSay } from '../language/say.ts'
import { plain } from '../page/outside-text.ts'
import { Owner } from '../page/owner.tsx'
import { useLoaded } from '../page/loaded.ts'
import { Fault, Outside } from '../page/states.tsx'
import type { Decision, OpenedAsk } from './ask.ts'
import type { Holder } from './holder.ts'
import { TermView, titleOf } from './term-view.tsx'

type ShownProps = {
  readonly ask: { readonly offer: Pick<OpenedAsk['offer'], 'payload'>; readonly requester: OpenedAsk['requester'] }
  /** Whose vault says what would leave. */
  readonly holder: Looking & { readonly world: Pick<Holder['world'], 'now'> }
  readonly busy: boolean
  /** What stands there for a vault that has none of it. */
  readonly bring: (done: () => void) => ComponentChildren
  readonly agree: (decision: Decision) => void
  readonly refuse: () => void
}

/** The screen that a person decides on: who, what, why, for how long, where to, what for, and what a no costs. */
export function Shown({ ask, holder, busy, bring: bringIn, agree, refuse: no }: ShownProps) {
  const say = useSay()
  const language = useLanguage()
  const { requester } = ask
  const { payload } = ask.offer
  const [taken, setTaken] = useState<readonly string[]>(() =>
    payload.terms.filter(({ optional }) => !optional).map(({ id }) => id),
  )
  const ends = endsWithin(payload)
  const [days, setDays] = useState(ends[0] ?? 1)
  const special = payload.terms.some(({ category, id }) => isSpecialCategory(category) && taken.includes(id))
  const [settle, setSettle] = useState(true)
  const letOut = useLoaded(async () => await countLetOut(holder, payload.terms, instantOf(holder.world)), [holder, ask])
  const counts: ReadonlyMap<string, LetOut> = letOut.is === 'there' ? letOut.value : new Map()
  const lacking = payload.terms.filter(({ optional, id }) => !optional && !taken.includes(id))
  const due = dueFor(payload.value, taken)
  const isEmpty = letOut.is === 'there' && [...counts.values()].every(({ of }) => of === 0)
  return (
    <>
      <h1>
        <span class="faint kind">{say('ask.kind')}</span>
        <Outside text={say('ask.title', { who: plain(requester.legal_name, 120) })} most={240} />
      </h1>
      <details class="who">
        <summary>
          <span class="mark" aria-hidden="true">
            ✓
          </span>{' '}
          {say('ask.verified')}
        </summary>
        <dl>
          <dt>{say('requester.kind')}</dt>
          <dd>{say(`requester.kind.${requester.kind}`)}</dd>
          <dt>{say('requester.owner')}</dt>
          <dd>
            <Owner record={requester} />
          </dd>
          <dt>{say('requester.authority')}</dt>
          <dd>
            <Outside text={payload.authority} />
          </dd>
          <dt>{say('ask.name')}</dt>
          <dd>
            <code>{payload.requester}</code>
          </dd>
        </dl>
      </details>
      <ul class="terms">
        {payload.terms.map((term) => (
          <li key={term.id}>
            <TermView
              term={term}
              taken={taken.includes(term.id)}
              letOut={counts.get(term.id)}
              toggle={() =>
                setTaken((before) =>
                  payload.terms
                    .map(({ id }) => id)
                    .filter((id) => (id === term.id ? !before.includes(id) : before.includes(id))),
                )
              }
            />
          </li>
        ))}
      </ul>
      {letOut.is === 'failed' && <Fault error={letOut.why} again={letOut.again} />}
      {isEmpty && (
        <section class="note warn">
          <h2>{say('ask.nothing-there')}</h2>
          {bringIn(letOut.is === 'there' ? letOut.again : () => {})}
        </section>
      )}
      <section class="summary">
        <dl>
          <dt>{say('ask.return')}</dt>
          <dd>
            {due.length === 0 ? (
              say('ask.return.nothing')
            ) : (
              <ul class="plain">
                {due.map((gift, i) => (
                  <li key={i}>
                    {say(`gift.${gift.kind}`, {
                      amount: gift.amount === undefined ? '' : amountOf(gift.amount, gift.currency, language),
                      per: say(`gift.per.${gift.per}`),
                    }).trim()}
                  </li>
                ))}
              </ul>
            )}
          </dd>
          <dt>{say('ask.no')}</dt>
          <dd>{say('ask.no.nothing')}</dd>
          <dt>
            <label for="until">{say('ask.until')}</label>
          </dt>
          <dd>
            <select id="until" value={String(days)} onChange={(event) => setDays(Number(event.currentTarget.value))}>
              {ends.map((end) => (
                <option key={end} value={String(end)}>
                  {say('ask.days', { n: end })}
                </option>
              ))}
            </select>
          </dd>
        </dl>
        {special && (
          <label>
            <input type="checkbox" checked={settle} onChange={() => setSettle(!settle)} />
            {say('ask.settle')}
          </label>
        )}
        <p class="faint">{say('ask.expires', { when: momentOf(payload.expires, language) })}</p>
      </section>
      <div class="decide">
        <p role="status">
          {lacking.length > 0
            ? say('ask.lacking', {
                what: listOf(
                  lacking.map((term) => titleOf(term, say, language)),
                  language,
                ),
              })
            : say('ask.taking', { n: taken.length, of: payload.terms.length })}
        </p>
        <div class="row">
          <button
            type="button"
            aria-busy={busy}
            disabled={busy || lacking.length > 0}
            onClick={() => agree({ terms: taken, days, settle: special && settle })}
          >
            {say('ask.agree')}
          </button>
          <button type="button" class="secondary" disabled={busy} onClick={no}>
            {say('ask.refuse')}
          </button>
        </div>
      </div>
    </>
  )
}

/** How long an agreement may last: as offered, and less. */
function endsWithin({ lasts }: Pick<Offer, 'lasts'>): readonly number[] {
  const most = secondsOfDays(lasts) / 86_400
  return [most, ...[365, 180, 90, 30, 7, 1].filter((days) => days < most)].slice(0, 4)
}
