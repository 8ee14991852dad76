import { instantOf } from '@dcann/sdk/world'
import { useEffect, useMemo, useState } from 'preact/hooks'
import { momentOf } from '../language/numbers.ts'
import { useLanguage, useSay } from '../language/say.ts'
import { Shown } from '../wallet/shown-view.tsx'
import { type Asked, askAnswer, type Speaking } from './call.ts'
import { curlOf } from './code.ts'
import { Copyable, CopyButton, CodeView } from './code-view.tsx'
import type { Desk } from './desk.ts'
import { elementLine } from './element-line.ts'
import { type AskCall, emptyOffer, mustSeal, noticeOf, type OfferForm, previewOf, usesOf, writeOffer } from './offer.ts'
import { OfferFields } from './offer-fields.tsx'
import { asError, ProblemView } from './problem-view.tsx'
import { sampleVault } from './sample-vault.ts'
import { askInCode } from './sdk-code.ts'

const world = { now: () => Date.now() / 1000 }

/** A form that makes an offer, beside the screen that a person decides on. */
export function OfferView({ desk }: { readonly desk: Desk }) {
  const say = useSay()
  const { record } = desk.speaking
  const [form, setForm] = useState<OfferForm>(() => emptyOffer(record))
  const [tried, setTried] = useState(false)
  const [state, setState] = useState<'no' | 'yes' | Error | Asked>('no')
  const written = useMemo(() => writeOffer(form, record), [form, record])
  const [lastCall, setLastCall] = useState<AskCall>()
  useEffect(() => {
    if (written.call) setLastCall(written.call)
  }, [written])
  if (usesOf(record).length === 0) return <p class="note warn">{say('console.offer.no-use')}</p>
  if (typeof state === 'object' && !(state instanceof Error))
    return <AskedView desk={desk} asked={state} another={() => (setState('no'), setTried(false))} />
  const sign = (): void => {
    setTried(true)
    if (written.call === undefined) return
    setState('yes')
    desk.call.post('/v1/asks', written.call, askAnswer).then(setState, (error: unknown) => setState(asError(error)))
  }
  return (
    <>
      <h1>{say('console.nav.offer')}</h1>
      <p>{say('console.offer.lead')}</p>
      <div class="beside">
        <form noValidate onSubmit={(event) => (event.preventDefault(), sign())}>
          <OfferFields
            form={form}
            record={record}
            canSeal={desk.speaking.sealing}
            faults={tried ? written.faults : {}}
            change={setForm}
          />
          {mustSeal(form) && !desk.speaking.sealing && <p class="note warn">{say('console.offer.no-sealing')}</p>}
          {tried && written.broken && <ProblemView error={written.broken} />}
          {tried && Object.keys(written.faults).length > 0 && (
            <p class="bad" role="alert">
              {say('console.offer.faults', { n: Object.keys(written.faults).length })}
            </p>
          )}
          {state instanceof Error && <ProblemView error={state} />}
          <div class="row">
            <button type="submit" aria-busy={state === 'yes'} disabled={state === 'yes'}>
              {say('console.offer.sign')}
            </button>
          </div>
          {written.call && (
            <CodeView
              code={{
                curl: curlOf(desk.at, '/v1/asks', written.call),
                typescript: askInCode(desk.own, {
                  call: written.call,
                  sealed: form.sealed || mustSeal(form),
                  notice: noticeOf(written.call, record),
                  wallet: desk.speaking.wallet,
                  returnTo: `${desk.speaking.public_url}/return`,
                }),
              }}
            />
          )}
        </form>
        <aside class="preview" aria-labelledby="preview-title">
          <h2 id="preview-title">{say('console.preview')}</h2>
          {lastCall === undefined ? (
            <p class="faint">{say('console.preview.none')}</p>
          ) : (
            <>
              <p class="faint">{say('console.preview.sample')}</p>
              <Preview call={lastCall} speaking={desk.speaking} />
            </>
          )}
        </aside>
      </div>
    </>
  )
}

/** The wallet's own screen over this offer and a made-up vault; its buttons decide nothing. */
function Preview({ call, speaking }: { readonly call: AskCall; readonly speaking: Speaking }) {
  const ask = useMemo(() => {
    const now = instantOf(world)
    return {
      looking: { ...sampleVault(call.terms, now), world },
      offer: { payload: previewOf(call, speaking.record, now) },
    }
  }, [call, speaking])
  return (
    <div class="screen">
      <Shown
        key={JSON.stringify(call)}
        ask={{ offer: ask.offer, requester: speaking.record }}
        holder={ask.looking}
        busy={false}
        bring={() => null}
        agree={() => {}}
        refuse={() => {}}
      />
    </div>
  )
}

type AskedProps = { readonly desk: Desk; readonly asked: Asked; readonly another: () => void }

/** The signed offer: its link, its code for a phone, and the lines for a page. */
function AskedView({ desk, asked, another }: AskedProps) {
  const say = useSay()
  const language = useLanguage()
  const { record, public_url: publicUrl, wallet } = desk.speaking
  const line = elementLine({ publicUrl, requester: record.name, offer: asked.offer, wallet: wallet ?? undefined })
  return (
    <>
      <section class="note good" role="status">
        <h1>{say('console.asked')}</h1>
        <p>{say('console.asked.until', { when: momentOf(asked.expires, language) })}</p>
      </section>
      <section>
        <h2>{say('console.asked.link')}</h2>
        <Copyable text={asked.link} label={say('console.asked.link')} />
        <div class="row">
          <CopyButton text={asked.link} />
          {wallet !== null && (
            <a href={asked.link} target="_blank" rel="noopener">
              {say('console.asked.open')}
            </a>
          )}
        </div>
      </section>
      {asked.qr && (
        <section>
          <h2>{say('console.asked.qr')}</h2>
          <img
            class="qr"
            width="240"
            height="240"
            alt={say('console.asked.qr')}
            src={`data:image/svg+xml,${encodeURIComponent(asked.qr.svg)}`}
          />
        </section>
      )}
      <section>
        <h2>{say('console.asked.element')}</h2>
        <p>{say('console.asked.element.why')}</p>
        <Copyable text={line} label={say('console.asked.element')} />
        <div class="row">
          <CopyButton text={line} />
        </div>
      </section>
      <div class="row">
        <a role="button" href={`#sent/${asked.offer}`}>
          {say('console.asked.deliver')}
        </a>
        <button type="button" class="secondary" onClick={another}>
          {say('console.asked.another')}
        </button>
      </div>
    </>
  )
}
