import { judgeProffer, type Proffer, profferNoun } from '@dcann/protocol/proffer'
import { ProtocolError } from '@dcann/protocol/errors'
import { proveSigned, readSigned } from '@dcann/protocol/signed'
import { parseTime } from '@dcann/protocol/time'
import { useId, useState } from 'preact/hooks'
import { amountOf, momentOf, wordsOf } from '../language/numbers.ts'
import { useLanguage, useSay } from '../language/say.ts'
import { useLoaded } from '../page/loaded.ts'
import { plain } from '../page/outside-text.ts'
import { Busy, Code, Outside } from '../page/states.tsx'
import { acceptAnswer, profferAnswer, type ProfferedHere, proffersAnswer } from './call.ts'
import { curlOf } from './code.ts'
import { CodeView } from './code-view.tsx'
import type { Desk } from './desk.ts'
import { usePages } from './pages.ts'
import { PagesView } from './pages-view.tsx'
import { asError, ProblemView } from './problem-view.tsx'
import { acceptInCode, openProfferInCode } from './sdk-code.ts'

/** What people who spoke first let out to this company: opened by the link that they handed out, and accepted. */
export function ProffersView({ desk }: { readonly desk: Desk }) {
  const say = useSay()
  const id = useId()
  const [link, setLink] = useState('')
  const [opening, setOpening] = useState<'no' | 'yes' | Error>('no')
  const pages = usePages<ProfferedHere>(
    async (after) => {
      const { proffers, next } = await desk.call.get(`/v1/proffers?limit=64${after}`, proffersAnswer)
      return { items: proffers, next }
    },
    [desk.call],
  )
  const again = (): void => void (pages.first.is !== 'coming' && pages.first.again())
  const body = { proffer: link.trim() }
  return (
    <>
      <h1>{say('console.nav.proffers')}</h1>
      <p>{say('console.proffers.lead')}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          setOpening('yes')
          desk.call.post('/v1/proffers', body, profferAnswer).then(
            () => (setOpening('no'), setLink(''), again()),
            (error: unknown) => setOpening(asError(error)),
          )
        }}
      >
        <label for={id}>{say('console.proffers.link')}</label>
        <input
          id={id}
          type="text"
          required
          value={link}
          spellcheck={false}
          autocomplete="off"
          onInput={(event) => setLink(event.currentTarget.value)}
        />
        <div class="row">
          <button type="submit" aria-busy={opening === 'yes'} disabled={opening === 'yes'}>
            {say('console.proffers.look')}
          </button>
        </div>
      </form>
      {opening instanceof Error && <ProblemView error={opening} />}
      <CodeView
        code={{ curl: curlOf(desk.at, '/v1/proffers', body), typescript: openProfferInCode(desk.own, body.proffer) }}
      />
      <section>
        <h2>{say('console.proffers.list')}</h2>
        <PagesView
          pages={pages}
          idOf={({ proffer }) => proffer}
          none={<p>{say('console.proffers.none')}</p>}
          show={(one) => <Opened desk={desk} one={one} changed={again} />}
        />
      </section>
    </>
  )
}

type OpenedProps = { readonly desk: Desk; readonly one: ProfferedHere; readonly changed: () => void }

function Opened({ desk, one, changed }: OpenedProps) {
  const say = useSay()
  const language = useLanguage()
  const proved = useLoaded(async () => await prove(one), [one])
  return (
    <article>
      <h3>
        <span class={`standing ${one.state}`}>{say(`console.proffers.${one.state}`)}</span>{' '}
        <span class="faint">{momentOf(one.opened, language)}</span>
      </h3>
      {proved.is === 'coming' && <Busy text={say('console.agreement.proving')} />}
      {proved.is === 'failed' && <ProblemView error={proved.why} />}
      {proved.is === 'there' && <Proffered desk={desk} one={one} proffer={proved.value} changed={changed} />}
    </article>
  )
}

/** The document by itself: under its own id, and signed by the key behind its handle alone. */
async function prove({ proffer, signed }: ProfferedHere): Promise<Proffer> {
  const submitted = readSigned(profferNoun, signed)
  if (submitted.id !== proffer) throw new ProtocolError('answer-invalid', 'reading a proffer: it is another one')
  const proved = await proveSigned(submitted, [submitted.payload.key])
  judgeProffer(proved, parseTime(proved.payload.at))
  return proved.payload
}

function Proffered({ desk, one, proffer, changed }: OpenedProps & { readonly proffer: Proffer }) {
  const say = useSay()
  const language = useLanguage()
  const [take, setTake] = useState<readonly string[]>([])
  const [accepting, setAccepting] = useState<'no' | 'yes' | Error>('no')
  const body = { proffer: one.link, take }
  return (
    <>
      <p class="note good">{say('console.proffers.proved')}</p>
      <dl>
        {proffer.terms.map(({ id, strand, claims, purpose, optional }) => (
          <div key={id}>
            <dt>
              <code>{plain(claims === null ? strand : `${strand}: ${claims.join(', ')}`, 200)}</code>
            </dt>
            <dd>
              <span lang="en">{plain(wordsOf(purpose), 80)}</span>
              {optional && one.state === 'open' && (
                <label>
                  <input
                    type="checkbox"
                    checked={take.includes(id)}
                    onChange={() => setTake(take.includes(id) ? take.filter((each) => each !== id) : [...take, id])}
                  />
                  {say('console.proffers.take')}
                </label>
              )}
            </dd>
          </div>
        ))}
        <dt>{say('console.proffers.gives')}</dt>
        <dd>
          {proffer.value.gives.length === 0
            ? say('ask.return.nothing')
            : proffer.value.gives.map((give, i) => (
                <Outside
                  key={i}
                  text={say(`gift.${give.kind}`, {
                    amount: give.amount === undefined ? '' : amountOf(give.amount, give.currency, language),
                    per: say(`gift.per.${give.per}`),
                  }).trim()}
                />
              ))}
        </dd>
        <dt>{say('console.agreement.until')}</dt>
        <dd>{momentOf(proffer.expires, language)}</dd>
        <dt>{say('console.agreement.handle')}</dt>
        <dd>
          <Code text={`${proffer.handle}@${one.node}`} />
        </dd>
      </dl>
      {one.agreement !== undefined && <a href={`#agreements/${one.agreement}`}>{say('console.agreement.open')}</a>}
      {one.state === 'open' && (
        <>
          <div class="row">
            <button
              type="button"
              aria-busy={accepting === 'yes'}
              disabled={accepting === 'yes'}
              onClick={() => {
                setAccepting('yes')
                desk.call
                  .post('/v1/acceptances', body, acceptAnswer)
                  .then(changed, (error: unknown) => setAccepting(asError(error)))
              }}
            >
              {say('console.proffers.accept')}
            </button>
          </div>
          {accepting instanceof Error && <ProblemView error={accepting} />}
          <CodeView
            code={{
              curl: curlOf(desk.at, '/v1/acceptances', body),
              typescript: acceptInCode(
                desk.own,
                one.link,
                proffer.terms.filter(({ id, optional }) => !optional || take.includes(id)).map(({ id }) => id),
              ),
            }}
          />
        </>
      )}
    </>
  )
}
