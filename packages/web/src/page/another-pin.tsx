import { useSay } from '../language/say.ts'
import type { Place } from './place.ts'
import { Code } from './states.tsx'

/** The server names another root than this browser pinned: nothing is believed before a person has decided. */
export function AnotherPin({
  place,
  take,
  forgets = false,
}: {
  readonly place: Place
  readonly take: () => void
  /** Whether what is kept in this browser goes with the root before. */
  readonly forgets?: boolean
}) {
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
        {say(forgets ? 'pin.changed.anew' : 'pin.changed.take')}
      </button>
    </section>
  )
}
