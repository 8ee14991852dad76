import { useState } from 'preact/hooks'
import { useSay } from '../language/say.ts'
import { quoted } from '../page/outside-text.ts'
import type { Place } from '../page/place.ts'
import { Code } from '../page/states.tsx'

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

/** The server names another root than this browser pinned: nothing is believed before a person has decided. */
export function AnotherPin({ place, take }: { readonly place: Place; readonly take: () => void }) {
  const say = useSay()
  return (
    <section class="note bad" role="alert">
      <h1>{say('pin.changed')}</h1>
      <p>{say('pin.changed.why')}</p>
      <dl>
        <dt>{say('pin.changed.before')}</dt>
        <dd>
          <Code text={place.before ?? ''} />
        </dd>
        <dt>{say('pin.changed.now')}</dt>
        <dd>
          <Code text={place.pin} />
        </dd>
      </dl>
      <p>{say(place.isTest ? 'pin.changed.test' : 'pin.changed.stop')}</p>
      <button type="button" class={place.isTest ? '' : 'contrast'} onClick={take}>
        {say('pin.changed.take')}
      </button>
    </section>
  )
}
