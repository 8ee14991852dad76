import { ProtocolError } from '@dcann/protocol/errors'
import { useSay } from '../language/say.ts'
import { wordsOfError } from '../language/errors.ts'
import { plain } from './outside-text.ts'

/** That something is under way. */
export function Busy({ text }: { readonly text: string }) {
  return (
    <p role="status" aria-busy="true">
      {text}
    </p>
  )
}

/** What went wrong, in words, with the code for whoever helps; and a way on. */
export function Fault({ error, again }: { readonly error: Error; readonly again?: () => void }) {
  const say = useSay()
  const code = error instanceof ProtocolError ? error.code : 'internal'
  return (
    <section class="note bad" role="alert">
      <h2>{wordsOfError(say, error)}</h2>
      <details>
        <summary>{say('fault.more')}</summary>
        <p>
          <code>{code}</code> <span lang="en">{plain(error.message, 600)}</span>
        </p>
      </details>
      {again && (
        <button type="button" onClick={again}>
          {say('fault.again')}
        </button>
      )}
    </section>
  )
}

/** Text that somebody outside wrote. */
export function Outside({ text, most }: { readonly text: string; readonly most?: number }) {
  return (
    <bdi class="outside" dir="auto">
      {plain(text, most)}
    </bdi>
  )
}

/** A digest, key or identifier: whole for whoever copies it, broken where the line ends. */
export function Code({ text }: { readonly text: string }) {
  return <code class="long">{plain(text, 400)}</code>
}
