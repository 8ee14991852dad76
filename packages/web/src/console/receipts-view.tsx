import { useId, useState } from 'preact/hooks'
import { momentOf } from '../language/numbers.ts'
import { useLanguage, useSay } from '../language/say.ts'
import { plain } from '../page/outside-text.ts'
import { Code, Outside } from '../page/states.tsx'
import { actAnswer, actsAnswer, type SaidAct } from './call.ts'
import { curlOf } from './code.ts'
import { CodeView } from './code-view.tsx'
import type { Desk } from './desk.ts'
import { Field } from './field.tsx'
import { giveKinds } from './offer-fields.tsx'
import { usePages } from './pages.ts'
import { PagesView } from './pages-view.tsx'
import { asError, ProblemView } from './problem-view.tsx'
import { actInCode } from './sdk-code.ts'

/** What the company says to holders: receipts that it gives here, and the deletions that its gateway attests by itself. */
export function ReceiptsView({ desk, agreement: first }: { readonly desk: Desk; readonly agreement: string }) {
  const say = useSay()
  const id = useId()
  const [form, setForm] = useState({ agreement: first, amount: '', currency: 'EUR', reference: '' })
  const [kind, setKind] = useState<(typeof giveKinds)[number]>('discount')
  const [giving, setGiving] = useState<'no' | 'yes' | Error>('no')
  const pages = usePages<SaidAct>(
    async (after) => {
      const { acts, next } = await desk.call.get(`/v1/acts?limit=64${after}`, actsAnswer)
      return { items: acts, next }
    },
    [desk.call],
  )
  const amount = form.amount.trim()
  const says = {
    kind,
    ...(amount === '' ? {} : { amount, currency: form.currency.trim().toUpperCase() }),
    reference: form.reference.trim(),
  }
  const body = { agreement: form.agreement.trim(), ...says }
  return (
    <>
      <h1>{say('console.nav.receipts')}</h1>
      <p>{say('console.receipts.lead')}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          setGiving('yes')
          desk.call.post('/v1/receipts', body, actAnswer).then(
            () => (
              setGiving('no'),
              setForm({ ...form, amount: '', reference: '' }),
              pages.first.is !== 'coming' && pages.first.again()
            ),
            (error: unknown) => setGiving(asError(error)),
          )
        }}
      >
        <Field
          label={say('console.agreement.id')}
          value={form.agreement}
          code
          set={(agreement) => setForm({ ...form, agreement })}
        />
        <label for={`${id}-kind`}>{say('console.give.kind')}</label>
        <select
          id={`${id}-kind`}
          value={kind}
          onChange={(event) => {
            const chosen = giveKinds.find((one) => one === event.currentTarget.value)
            if (chosen) setKind(chosen)
          }}
        >
          {giveKinds.map((one) => (
            <option key={one} value={one}>
              {say(`console.give.${one}`)}
            </option>
          ))}
        </select>
        <div class="pair">
          <Field
            label={say('console.give.amount')}
            value={form.amount}
            set={(text) => setForm({ ...form, amount: text })}
          />
          <Field
            label={say('console.give.currency')}
            value={form.currency}
            set={(currency) => setForm({ ...form, currency })}
          />
        </div>
        <Field
          label={say('console.receipts.reference')}
          hint={say('console.receipts.hint')}
          value={form.reference}
          set={(reference) => setForm({ ...form, reference })}
        />
        <div class="row">
          <button type="submit" aria-busy={giving === 'yes'} disabled={giving === 'yes'}>
            {say('console.receipts.go')}
          </button>
        </div>
      </form>
      {giving instanceof Error && <ProblemView error={giving} />}
      <CodeView
        code={{
          curl: curlOf(desk.at, '/v1/receipts', body),
          typescript: actInCode(desk.own, body.agreement, 'receipt', says),
        }}
      />
      <section>
        <h2>{say('console.receipts.list')}</h2>
        <PagesView
          pages={pages}
          idOf={({ act }) => act}
          none={<p>{say('console.receipts.none')}</p>}
          show={(one) => <Said one={one} />}
        />
      </section>
    </>
  )
}

function Said({ one }: { readonly one: SaidAct }) {
  const say = useSay()
  const language = useLanguage()
  const { kind, amount, currency, reference, answers } = one.says
  return (
    <article>
      <h3>
        {say(`console.receipts.${one.kind}`)} <span class="faint">{momentOf(one.at, language)}</span>
      </h3>
      <p>
        {one.kind === 'receipt' ? (
          <>
            {say(`console.give.${giveKinds.find((each) => each === kind) ?? 'service'}`)}{' '}
            <Outside text={[amount, currency].filter((text) => typeof text === 'string').join(' ')} most={40} /> ·{' '}
            <Outside text={typeof reference === 'string' ? reference : ''} most={120} />
          </>
        ) : (
          say('console.receipts.answers', {
            list: Array.isArray(answers) ? plain(answers.map(Number).join(', '), 200) : '',
          })
        )}
      </p>
      <dl>
        <dt>{say('console.agreement.id')}</dt>
        <dd>
          <a href={`#agreements/${one.agreement}`}>
            <Code text={one.agreement} />
          </a>
        </dd>
      </dl>
      <p class="faint">{one.n === null ? say('console.receipts.owed') : say('console.receipts.line', { n: one.n })}</p>
    </article>
  )
}
