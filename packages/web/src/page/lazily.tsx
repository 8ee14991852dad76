import type { ComponentType } from 'preact'
import { useSay } from '../language/say.ts'
import { useLoaded } from './loaded.ts'
import { Busy, Fault } from './states.tsx'

/** A part of the page that is fetched when it is first shown, from the same origin and bundle. */
export function lazily<Props extends object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  return function Lazily(props: Props) {
    const say = useSay()
    const loaded = useLoaded(load, [])
    if (loaded.is === 'coming') return <Busy text={say('frame.opening')} />
    if (loaded.is === 'failed') return <Fault error={loaded.why} again={loaded.again} />
    const Part = loaded.value
    return <Part {...props} />
  }
}
