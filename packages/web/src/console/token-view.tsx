import { useId, useState } from 'preact/hooks'
import { useSay } from '../language/say.ts'
import { Copyable } from './code-view.tsx'
import { type ConsolePlace, isToken } from './call.ts'

type Props = { readonly place: ConsolePlace; readonly wrong?: boolean; readonly take: (token: string) => void }

/** Asks for the token, once a tab, and says where it is. */
export function TokenView({ place, wrong = false, take }: Props) {
  const say = useSay()
  const id = useId()
  const [typed, setTyped] = useState('')
  const [tried, setTried] = useState(wrong)
  const fault = !tried ? undefined : wrong && typed === '' ? 'wrong' : isToken(typed.trim()) ? undefined : 'form'
  return (
    <section class="hero">
      <h1>{say('console.token.title')}</h1>
      <p>{say('console.token.lead')}</p>
      <p>{say('console.token.where')}</p>
      <Copyable text={`cat ${place.token_file}`} label={say('console.token.file')} />
      <form
        onSubmit={(event) => {
          event.preventDefault()
          setTried(true)
          if (isToken(typed.trim())) take(typed.trim())
        }}
      >
        <label for={id}>{say('console.token.label')}</label>
        <input
          id={id}
          type="password"
          value={typed}
          autocomplete="off"
          spellcheck={false}
          aria-invalid={fault === undefined ? undefined : 'true'}
          aria-describedby={`${id}-said`}
          onInput={(event) => {
            setTyped(event.currentTarget.value)
            setTried(false)
          }}
        />
        <small id={`${id}-said`} role={fault === undefined ? undefined : 'alert'}>
          {fault === undefined ? '' : say(`console.token.${fault}`)}
        </small>
        <button type="submit">{say('console.token.go')}</button>
      </form>
    </section>
  )
}

const key = 'token'

/** The token as this tab was given it; another tab, and this one once it was closed, asks again. */
export function keptToken(): string | undefined {
  try {
    return sessionStorage.getItem(key) ?? undefined
  } catch {
    return undefined
  }
}

export function keepToken(token: string): void {
  try {
    sessionStorage.setItem(key, token)
  } catch {
    // a browser that keeps nothing asks again after a reload
  }
}

export function forgetToken(): void {
  try {
    sessionStorage.removeItem(key)
  } catch {
    // nothing was kept
  }
}
