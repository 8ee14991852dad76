import { useEffect, useState } from 'preact/hooks'
import { useSay } from '../language/say.ts'
import { Fault } from '../page/states.tsx'
import type { Holder } from './holder.ts'
import { canGuard } from './passkey.ts'
import { noteGuardAsked, unguardByKit } from './passport.ts'
import { guardSeed, unguardSeed } from './strongbox.ts'

type GuardProps = { readonly holder: Holder; readonly changed: () => void }
type Doing = { readonly is: 'nothing' | 'waiting' } | { readonly is: 'failed'; readonly why: Error }

/** Whether a passkey is to guard the seed; asked once, and changed here whenever one likes. */
export function GuardView({ holder, changed }: GuardProps) {
  const say = useSay()
  const [doing, setDoing] = useState<Doing>({ is: 'nothing' })
  const [can, setCan] = useState(true)
  useEffect(() => void canGuard().then(setCan), [])
  const { isGuarded } = holder.box
  const begin = (change: () => Promise<void>): void => {
    setDoing({ is: 'waiting' })
    change().then(changed, (error: unknown) =>
      setDoing({ is: 'failed', why: error instanceof Error ? error : new Error(String(error)) }),
    )
  }
  const waiting = doing.is === 'waiting'
  if (isGuarded) return <Guarded holder={holder} doing={doing} begin={begin} />
  if (!can)
    return (
      <section class="note">
        <h1>{say('guard.title')}</h1>
        <p>{say('guard.none')}</p>
      </section>
    )
  return (
    <>
      <h1>{say('guard.title')}</h1>
      <p>{say('guard.lead')}</p>
      <p class="faint">{say('guard.kit')}</p>
      {doing.is === 'failed' && <Fault error={doing.why} />}
      <div class="row">
        <button
          type="button"
          aria-busy={waiting}
          disabled={waiting}
          onClick={() =>
            begin(async () => {
              await guardSeed(holder.kept, holder.box)
              await noteGuardAsked(holder)
            })
          }
        >
          {say('guard.go')}
        </button>
        <button
          type="button"
          class="secondary"
          disabled={waiting}
          onClick={() => begin(async () => await noteGuardAsked(holder))}
        >
          {say('guard.later')}
        </button>
      </div>
    </>
  )
}

type GuardedProps = {
  readonly holder: Holder
  readonly doing: Doing
  readonly begin: (change: () => Promise<void>) => void
}

/** A passkey guards the seed: it can be taken off with it, or with the paper once it is lost. */
function Guarded({ holder, doing, begin }: GuardedProps) {
  const say = useSay()
  const [kit, setKit] = useState('')
  const waiting = doing.is === 'waiting'
  return (
    <>
      <h1>{say('guard.on.title')}</h1>
      <p>{say('guard.on.lead')}</p>
      {doing.is === 'failed' && <Fault error={doing.why} />}
      <p>
        <button
          type="button"
          class="secondary"
          disabled={waiting}
          onClick={() =>
            begin(async () => await holder.box.withSeed(async (seed) => await unguardSeed(holder.kept, seed)))
          }
        >
          {say('guard.off')}
        </button>
      </p>
      <details>
        <summary>{say('guard.lost')}</summary>
        <form
          onSubmit={(event) => {
            event.preventDefault()
            begin(async () => await unguardByKit(holder, kit))
          }}
        >
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
            <small>{say('guard.lost.why')}</small>
          </label>
          <button type="submit" class="secondary" disabled={waiting}>
            {say('guard.lost.go')}
          </button>
        </form>
      </details>
    </>
  )
}
