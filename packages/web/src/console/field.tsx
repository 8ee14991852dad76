import { useId } from 'preact/hooks'
import { useSay } from '../language/say.ts'
import type { Faults } from './offer.ts'

type FieldProps = {
  readonly label: string
  readonly value: string
  readonly set: (text: string) => void
  readonly hint?: string
  readonly fault?: Faults[string] | undefined
  readonly numeric?: boolean
  readonly code?: boolean
  readonly lang?: string
  readonly list?: string
}

/** A line to write in, with what is wrong with it below. */
export function Field({ label, value, set, hint, fault, numeric = false, code = false, lang, list }: FieldProps) {
  const say = useSay()
  const id = useId()
  const said = fault === undefined ? hint : say(fault)
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="text"
        value={value}
        autocomplete="off"
        spellcheck={!code && !numeric}
        {...(numeric ? { inputMode: 'numeric' as const } : {})}
        {...(lang === undefined ? {} : { lang })}
        {...(list === undefined ? {} : { list })}
        {...(fault === undefined ? {} : { 'aria-invalid': 'true' as const })}
        {...(said === undefined ? {} : { 'aria-describedby': `${id}-said` })}
        onInput={(event) => set(event.currentTarget.value)}
      />
      {said !== undefined && (
        <small id={`${id}-said`} role={fault === undefined ? undefined : 'alert'}>
          {said}
        </small>
      )}
    </div>
  )
}
