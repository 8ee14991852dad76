import { formatIdentifier } from '@dcann/protocol/identifier'
import { useEffect, useId, useState } from 'preact/hooks'
import { useSay } from '../language/say.ts'
import { Busy } from '../page/states.tsx'
import type { Holder } from './holder.ts'
import { isGroup, noteKitChecked, readKit } from './passport.ts'

/** The recovery kit: written down, then checked by two of its words. Nothing is agreed to before. */
export function KitView({ holder, checked }: { readonly holder: Holder; readonly checked: () => void }) {
  const say = useSay()
  const [groups, setGroups] = useState<readonly string[]>()
  const [written, setWritten] = useState(false)
  useEffect(() => {
    void readKit(holder.box).then(setGroups)
  }, [])
  if (groups === undefined) return <Busy text={say('kit.reading')} />
  if (written)
    return (
      <Check groups={groups} back={() => setWritten(false)} right={() => void noteKitChecked(holder).then(checked)} />
    )
  return (
    <>
      <h1>{say('kit.title')}</h1>
      <p>{say('kit.lead')}</p>
      <section class="print" aria-label={say('kit.title')}>
        <p class="identifier">{formatIdentifier(holder.passport)}</p>
        <ol class="kit">
          {groups.map((group, i) => (
            <li key={i}>
              <code>{group}</code>
            </li>
          ))}
        </ol>
        <p class="faint">{say('kit.whoever')}</p>
      </section>
      <div class="row">
        <button type="button" onClick={() => setWritten(true)}>
          {say('kit.written')}
        </button>
        <button type="button" class="secondary" onClick={() => print()}>
          {say('kit.print')}
        </button>
      </div>
    </>
  )
}

/** Two different places in the kit, drawn anew each time. */
function draw(most: number): readonly [number, number] {
  const [a = 0, b = 0] = crypto.getRandomValues(new Uint32Array(2))
  const first = a % most
  const second = (first + 1 + (b % (most - 1))) % most
  return first < second ? [first, second] : [second, first]
}

type CheckProps = { readonly groups: readonly string[]; readonly back: () => void; readonly right: () => void }

function Check({ groups, back, right }: CheckProps) {
  const say = useSay()
  const id = useId()
  const [places] = useState(() => draw(groups.length))
  const [typed, setTyped] = useState<readonly string[]>(['', ''])
  const [tried, setTried] = useState(false)
  const holds = places.map((place, i) => isGroup(typed[i] ?? '', groups[place] ?? ''))
  return (
    <>
      <h1>{say('kit.check')}</h1>
      <p>{say('kit.check.why')}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          setTried(true)
          if (holds.every(Boolean)) right()
        }}
      >
        {places.map((place, i) => (
          <label key={place}>
            {say('kit.check.word', { n: place + 1 })}
            <input
              type="text"
              name={`word-${place + 1}`}
              autocomplete="off"
              autocapitalize="characters"
              spellcheck={false}
              value={typed[i]}
              aria-invalid={tried && !holds[i] ? 'true' : undefined}
              aria-describedby={`${id}-${i}`}
              onInput={(event) => {
                const { value } = event.currentTarget
                setTyped((before) => before.map((each, j) => (j === i ? value : each)))
                setTried(false)
              }}
            />
            <small id={`${id}-${i}`} role={tried && !holds[i] ? 'alert' : undefined}>
              {tried && !holds[i] ? say('kit.check.wrong') : ''}
            </small>
          </label>
        ))}
        <div class="row">
          <button type="submit">{say('kit.check.go')}</button>
          <button type="button" class="secondary" onClick={back}>
            {say('kit.check.back')}
          </button>
        </div>
      </form>
    </>
  )
}
