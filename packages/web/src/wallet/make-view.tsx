import { useEffect, useState } from 'preact/hooks'
import { countryName } from '../language/numbers.ts'
import { useLanguage, useSay } from '../language/say.ts'
import { plain } from '../page/outside-text.ts'
import { PinNote } from '../page/pin-note.tsx'
import { Busy, Fault } from '../page/states.tsx'
import type { Ground } from './holder.ts'
import { begunAt, type Choices, type Making, makePassport, readChoices } from './passport.ts'
import { openStrongbox } from './strongbox.ts'
import { TakeUp } from './take-up.tsx'

/** Nobody holds a passport in this browser yet: make one, or take one up from its kit. */
export function MakeView({ ground, made, asked }: { ground: Ground; made: () => void; asked: boolean }) {
  const say = useSay()
  const language = useLanguage()
  const { resolver } = ground
  const [choices, setChoices] = useState<Choices | Error>()
  const [zone, setZone] = useState('')
  const [node, setNode] = useState('')
  const [begun, setBegun] = useState(false)
  const [making, setMaking] = useState<Making | Error>()
  useEffect(() => {
    if (resolver === undefined) return
    const look = async (): Promise<void> => {
      const found = await readChoices(ground, resolver)
      const box = await openStrongbox(ground.kept)
      const at = box && (await begunAt(ground, box))
      setBegun(at !== undefined)
      setZone(firstZone(found.zones))
      setNode(at ?? found.nodes[0]?.node ?? '')
      setChoices(found)
    }
    look().catch((error: unknown) => setChoices(error instanceof Error ? error : new Error(String(error))))
  }, [resolver])
  if (resolver === undefined) return <Fault error={new Error('no registry answers')} again={() => location.reload()} />
  if (choices === undefined) return <Busy text={say('make.asking')} />
  if (choices instanceof Error) return <Fault error={choices} again={() => location.reload()} />
  const chosen = choices.nodes.find((one) => one.node === node)
  const underWay = making !== undefined && !(making instanceof Error)
  const make = (): void => {
    if (chosen === undefined) return
    makePassport(ground, zone, chosen, setMaking).then(made, (error: unknown) =>
      setMaking(error instanceof Error ? error : new Error(String(error))),
    )
  }
  return (
    <>
      <h1>{say('make.title')}</h1>
      <p>{say(asked ? 'make.asked' : 'make.lead')}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          make()
        }}
      >
        {!begun && (
          <label>
            {say('make.zone')}
            <select value={zone} onChange={(event) => setZone(event.currentTarget.value)} disabled={underWay}>
              {choices.zones.map((code) => (
                <option key={code} value={code}>
                  {countryName(code, language)}
                </option>
              ))}
            </select>
            <small>{say('make.zone.why')}</small>
          </label>
        )}
        <fieldset disabled={underWay || begun}>
          <legend>{say('make.node')}</legend>
          {choices.nodes.map(({ node: name, home }) => (
            <label key={name}>
              <input type="radio" name="node" value={name} checked={name === node} onChange={() => setNode(name)} />
              <span>
                {countryName(name.slice(0, 2), language)}{' '}
                <span class="faint">
                  {say('make.node.by', { who: plain(home.operator.payload.legal_name), node: name })}
                </span>
              </span>
            </label>
          ))}
          <small>{say('make.node.why')}</small>
        </fieldset>
        {making instanceof Error && <Fault error={making} />}
        <button type="submit" aria-busy={underWay} disabled={underWay || chosen === undefined}>
          {underWay ? say(`make.step.${making}`) : say(begun ? 'make.finish' : 'make.go')}
        </button>
      </form>
      {!asked && <TakeUp ground={ground} resolver={resolver} taken={made} />}
      {!asked && (
        <p>
          <a href="/#stop">{say('make.stop')}</a>
        </p>
      )}
      {!asked && <PinNote place={ground.place} />}
    </>
  )
}

/** The country that the browser's own language names, if it is there. */
function firstZone(zones: readonly string[]): string {
  const regions = navigator.languages.flatMap((tag) => tag.split('-').slice(1))
  return zones.find((zone) => regions.includes(zone)) ?? zones[0] ?? ''
}
