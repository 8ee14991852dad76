import type { Resolver } from '@dcann/sdk/resolver'
import { useState } from 'preact/hooks'
import { useSay } from '../language/say.ts'
import { Fault } from '../page/states.tsx'
import type { Ground } from './holder.ts'
import { type Making, takeUp } from './passport.ts'

/** For whoever holds a passport already, and lost this browser's memory or sits at another machine. */
export function TakeUp({ ground, resolver, taken }: { ground: Ground; resolver: Resolver; taken: () => void }) {
  const say = useSay()
  const [identifier, setIdentifier] = useState('')
  const [kit, setKit] = useState('')
  const [state, setState] = useState<Making | Error>()
  const underWay = state !== undefined && !(state instanceof Error)
  return (
    <details>
      <summary>{say('take.title')}</summary>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          takeUp(ground, resolver, { identifier, kit }, setState).then(taken, (error: unknown) =>
            setState(error instanceof Error ? error : new Error(String(error))),
          )
        }}
      >
        <label>
          {say('take.identifier')}
          <input
            type="text"
            required
            autocomplete="off"
            spellcheck={false}
            value={identifier}
            onInput={(event) => setIdentifier(event.currentTarget.value)}
          />
        </label>
        <label>
          {say('take.kit')}
          <textarea
            required
            rows={3}
            autocomplete="off"
            spellcheck={false}
            value={kit}
            onInput={(event) => setKit(event.currentTarget.value)}
          />
        </label>
        {state instanceof Error && <Fault error={state} />}
        <button type="submit" class="secondary" aria-busy={underWay} disabled={underWay}>
          {say('take.go')}
        </button>
      </form>
    </details>
  )
}
