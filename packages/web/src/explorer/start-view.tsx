import type { Resolver } from '@dcann/sdk/resolver'
import { useId, useState } from 'preact/hooks'
import { useSay } from '../language/say.ts'
import type { Place } from '../page/place.ts'
import { PinNote } from '../page/pin-note.tsx'
import { go } from '../page/route.ts'
import { CountryCards } from './countries-view.tsx'
import { faultOf, lengthOf, readAsked } from './read-asked.ts'
import { canScan, ScanButton } from './scan.tsx'

/** The first thing anybody sees: one question. */
export function StartView({ place, resolver, typed = '' }: { place: Place; resolver: Resolver; typed?: string }) {
  const say = useSay()
  const [text, setText] = useState(typed)
  const [tried, setTried] = useState(typed !== '')
  const id = useId()
  const wrong = tried ? wrongIn(text) : undefined
  const look = (what: string): void => {
    setText(what)
    setTried(true)
    if (wrongIn(what) === undefined) go(what.trim())
  }
  return (
    <>
      <section class="hero">
        <h1>{say('explorer.ask')}</h1>
        <p>{say('explorer.lead')}</p>
        <form
          onSubmit={(event) => {
            event.preventDefault()
            look(text)
          }}
        >
          <label for={id}>{say('explorer.label')}</label>
          <input
            id={id}
            type="text"
            value={text}
            autocomplete="off"
            autocapitalize="characters"
            spellcheck={false}
            placeholder="IN7K 3F9X …"
            aria-invalid={wrong === undefined ? undefined : 'true'}
            aria-describedby={`${id}-said`}
            onInput={(event) => {
              setText(event.currentTarget.value)
              setTried(false)
            }}
          />
          <small id={`${id}-said`} role={wrong === undefined ? undefined : 'alert'}>
            {wrong === undefined ? say('explorer.hint') : say(`explorer.wrong.${wrong}`, { n: lengthOf(text) })}
          </small>
          <div class="row">
            <button type="submit">{say('explorer.check')}</button>
            {canScan() && <ScanButton found={look} />}
          </div>
        </form>
      </section>
      <PinNote place={place} />
      <CountryCards resolver={resolver} place={place} />
    </>
  )
}

function wrongIn(text: string): ReturnType<typeof faultOf> | 'ask' | 'name' | undefined {
  try {
    readAsked(text)
    return undefined
  } catch {
    if (text.includes('#')) return 'ask'
    return text.includes('/') ? 'name' : faultOf(text)
  }
}
