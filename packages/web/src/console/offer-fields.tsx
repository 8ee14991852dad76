import { derivedClaims } from '@dcann/protocol/claim'
import type { RequesterRecord } from '@dcann/protocol/requester'
import { useId } from 'preact/hooks'
import { wordsOf } from '../language/numbers.ts'
import { languages, useSay } from '../language/say.ts'
import { plain } from '../page/outside-text.ts'
import { Field } from './field.tsx'
import {
  derivedFrom,
  emptyTerm,
  type Faults,
  type GiveForm,
  mustSeal,
  type OfferForm,
  type TermForm,
  usesOf,
} from './offer.ts'

type Props = {
  readonly form: OfferForm
  readonly record: RequesterRecord
  readonly canSeal: boolean
  readonly faults: Faults
  readonly change: (form: OfferForm) => void
}

/** Everything that an offer says, in fields. */
export function OfferFields({ form, record, canSeal, faults, change }: Props) {
  const say = useSay()
  const nextKey = Math.max(0, ...form.terms.map(({ key }) => key)) + 1
  return (
    <>
      {form.terms.map((term, i) => (
        <fieldset key={term.key} class="boxed">
          <legend>{say('console.offer.term', { n: i + 1 })}</legend>
          <TermFields
            term={term}
            record={record}
            faults={faults}
            change={(changed) =>
              change({ ...form, terms: form.terms.map((one) => (one.key === term.key ? changed : one)) })
            }
          />
          {form.terms.length > 1 && (
            <button
              type="button"
              class="secondary"
              onClick={() =>
                change({
                  ...form,
                  terms: form.terms.filter(({ key }) => key !== term.key),
                  gives: form.gives.map((give) => ({ ...give, terms: give.terms.filter((key) => key !== term.key) })),
                })
              }
            >
              {say('console.offer.term.remove', { n: i + 1 })}
            </button>
          )}
        </fieldset>
      ))}
      <button
        type="button"
        class="secondary"
        onClick={() => change({ ...form, terms: [...form.terms, emptyTerm(record, nextKey)] })}
      >
        {say('console.offer.term.add')}
      </button>
      <fieldset class="boxed">
        <legend>{say('console.offer.gives')}</legend>
        {form.gives.length === 0 && <p class="faint">{say('console.offer.gives.none')}</p>}
        {form.gives.map((give, i) => (
          <GiveFields
            key={i}
            give={give}
            i={i}
            form={form}
            faults={faults}
            change={(changed) =>
              change({ ...form, gives: form.gives.flatMap((one, j) => (j !== i ? [one] : changed ? [changed] : [])) })
            }
          />
        ))}
        <button type="button" class="secondary" onClick={() => change({ ...form, gives: [...form.gives, gift(form)] })}>
          {say('console.offer.gives.add')}
        </button>
      </fieldset>
      <div class="pair">
        <Field
          label={say('console.offer.lasts')}
          value={form.lasts}
          numeric
          fault={faults['lasts']}
          set={(lasts) => change({ ...form, lasts })}
        />
        <Field
          label={say('console.offer.expires')}
          value={form.expires}
          numeric
          fault={faults['expires']}
          set={(expires) => change({ ...form, expires })}
        />
      </div>
      <label>
        <input
          type="checkbox"
          checked={form.sealed || mustSeal(form)}
          disabled={!canSeal || mustSeal(form)}
          onChange={() => change({ ...form, sealed: !form.sealed })}
        />
        {say('console.offer.sealed')}
      </label>
    </>
  )
}

type TermProps = {
  readonly term: TermForm
  readonly record: RequesterRecord
  readonly faults: Faults
  readonly change: (term: TermForm) => void
}

const knownStrands = ['mobility.rides', 'interest.searches', 'profile.person', 'work.positions', 'social.connections']

function TermFields({ term, record, faults, change }: TermProps) {
  const say = useSay()
  const id = useId()
  const derived = derivedFrom(
    term.strand.trim(),
    derivedClaims.map(({ name }) => name),
  )
  const faultOf = (field: string) => faults[`${field} ${term.key}`]
  return (
    <>
      <label>
        {say('console.offer.use')}
        <select value={term.use} onChange={(event) => change({ ...term, use: event.currentTarget.value })}>
          {usesOf(record).map((use) => (
            <option key={use} value={use} lang="en">
              {plain(use.split(' ').map(wordsOf).join(' · '), 120)}
            </option>
          ))}
        </select>
      </label>
      <Field
        label={say('console.offer.strand')}
        value={term.strand}
        code
        list={`${id}-strands`}
        fault={faultOf('strand')}
        set={(strand) => change({ ...term, strand })}
      />
      <datalist id={`${id}-strands`}>
        {knownStrands.map((strand) => (
          <option key={strand} value={strand} />
        ))}
      </datalist>
      <Field
        label={say('console.offer.claims')}
        hint={say('console.offer.claims.hint')}
        value={term.claims}
        code
        fault={faultOf('claims')}
        set={(claims) => change({ ...term, claims })}
      />
      {derived.map(({ name, meaning }) => (
        <p key={name} class="derived">
          <button type="button" class="secondary" onClick={() => change({ ...term, claims: name })}>
            {say('console.offer.derived', { name })}
          </button>{' '}
          <span class="faint" lang="en">
            {meaning}
          </span>
        </p>
      ))}
      {Object.entries(languages).map(([tag, language]) => (
        <Field
          key={tag}
          label={say('console.offer.why', { language })}
          lang={tag}
          value={term.why[tag] ?? ''}
          fault={tag === 'en' ? faultOf('why') : undefined}
          set={(text) => change({ ...term, why: { ...term.why, [tag]: text } })}
        />
      ))}
      <div class="pair">
        <Field
          label={say('console.offer.reach')}
          value={term.reach}
          numeric
          fault={faultOf('reach')}
          set={(reach) => change({ ...term, reach })}
        />
        <Field
          label={say('console.offer.kept')}
          value={term.kept}
          numeric
          fault={faultOf('kept')}
          set={(kept) => change({ ...term, kept })}
        />
        <label>
          {say('console.offer.per')}
          <select
            value={term.per}
            onChange={(event) => {
              const wanted = event.currentTarget.value
              const per = pers.find((one) => one === wanted)
              if (per) change({ ...term, per })
            }}
          >
            {pers.map((per) => (
              <option key={per} value={per}>
                {say(`console.per.${per}`)}
              </option>
            ))}
          </select>
        </label>
        {term.per !== 'once' && (
          <Field
            label={say('console.offer.often')}
            value={term.often}
            numeric
            fault={faultOf('often')}
            set={(often) => change({ ...term, often })}
          />
        )}
      </div>
      <label>
        <input type="checkbox" checked={term.optional} onChange={() => change({ ...term, optional: !term.optional })} />
        {say('console.offer.optional')}
      </label>
    </>
  )
}

const pers = ['once', 'hour', 'day', 'week', 'month'] as const
export const giveKinds = ['service', 'insight', 'discount', 'money', 'donation'] as const
const givenPer = ['answer', 'period', 'once'] as const

function gift({ terms }: OfferForm): GiveForm {
  return {
    kind: 'discount',
    amount: '',
    currency: 'EUR',
    per: 'period',
    terms: terms.filter(({ optional }) => !optional).map(({ key }) => key),
  }
}

type GiveProps = {
  readonly give: GiveForm
  readonly i: number
  readonly form: OfferForm
  readonly faults: Faults
  readonly change: (give: GiveForm | undefined) => void
}

function GiveFields({ give, i, form, faults, change }: GiveProps) {
  const say = useSay()
  return (
    <div class="give">
      <div class="pair">
        <label>
          {say('console.give.kind')}
          <select
            value={give.kind}
            onChange={(event) => {
              const kind = giveKinds.find((one) => one === event.currentTarget.value)
              if (kind) change({ ...give, kind })
            }}
          >
            {giveKinds.map((kind) => (
              <option key={kind} value={kind}>
                {say(`console.give.${kind}`)}
              </option>
            ))}
          </select>
        </label>
        <label>
          {say('console.give.per')}
          <select
            value={give.per}
            onChange={(event) => {
              const per = givenPer.find((one) => one === event.currentTarget.value)
              if (per) change({ ...give, per })
            }}
          >
            {givenPer.map((per) => (
              <option key={per} value={per}>
                {say(`console.give.per.${per}`)}
              </option>
            ))}
          </select>
        </label>
        <Field
          label={say('console.give.amount')}
          value={give.amount}
          fault={faults[`amount ${i}`]}
          set={(amount) => change({ ...give, amount })}
        />
        <Field
          label={say('console.give.currency')}
          value={give.currency}
          set={(currency) => change({ ...give, currency })}
        />
      </div>
      <div role="group" aria-label={say('console.give.for')}>
        <span>{say('console.give.for')}</span>{' '}
        {form.terms.map(({ key }, n) => (
          <label key={key} class="inline">
            <input
              type="checkbox"
              checked={give.terms.includes(key)}
              onChange={() =>
                change({
                  ...give,
                  terms: give.terms.includes(key) ? give.terms.filter((one) => one !== key) : [...give.terms, key],
                })
              }
            />
            {say('console.offer.term', { n: n + 1 })}
          </label>
        ))}
        {faults[`given-for ${i}`] && <small role="alert">{say('console.wrong.given-for')}</small>}
      </div>
      <button type="button" class="secondary" onClick={() => change(undefined)}>
        {say('console.give.remove')}
      </button>
    </div>
  )
}
