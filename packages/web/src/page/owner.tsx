import type { RequesterRecord } from '@dcann/protocol/requester'
import { dayOf } from '../language/numbers.ts'
import { useLanguage, useSay } from '../language/say.ts'
import { Code } from './states.tsx'

/** Who controls a requester, as its country's record says. */
export function Owner({ record: { control } }: { readonly record: Pick<RequesterRecord, 'control'> }) {
  const say = useSay()
  const language = useLanguage()
  const as = say('owner.as-of', { day: dayOf(control.as_of, language) })
  if (control.parent !== null)
    return (
      <>
        {say('owner.group')} <Code text={control.parent} /> {as}
      </>
    )
  return (
    <>
      {say(`owner.${control.exception ?? 'no-known-person'}`)} {as}
    </>
  )
}
