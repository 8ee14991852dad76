import { useState } from 'preact/hooks'
import { useSay } from '../language/say.ts'
import { quoted } from './outside-text.ts'
import type { Place } from './place.ts'
import { Code } from './states.tsx'

/** What everything on this page is proved from, where it came from, and how to find out whether it is the right one. */
export function PinNote({ place }: { readonly place: Place }) {
  const say = useSay()
  const [theirs, setTheirs] = useState('')
  const typed = theirs.trim()
  return (
    <section class={place.isTest ? 'note warn' : 'note'}>
      <h2>{say('pin.title')}</h2>
      <p>
        <Code text={place.pin} />
      </p>
      <p>{say(place.isTest ? 'pin.test' : 'pin.from', { host: quoted(location.host) })}</p>
      <details>
        <summary>{say('pin.compare')}</summary>
        <p>{say('pin.how')}</p>
        <label>
          {say('pin.theirs')}
          <input
            type="text"
            value={theirs}
            spellcheck={false}
            autocomplete="off"
            onInput={(event) => setTheirs(event.currentTarget.value)}
            aria-invalid={typed === '' ? undefined : typed === place.pin ? 'false' : 'true'}
          />
        </label>
        <p role="status">{typed === '' ? '' : say(typed === place.pin ? 'pin.same' : 'pin.other')}</p>
      </details>
    </section>
  )
}
