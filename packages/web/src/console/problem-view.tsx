import { ProtocolError } from '@dcann/protocol/errors'
import { useSay } from '../language/say.ts'
import { plain } from '../page/outside-text.ts'

/** What the gateway refuses, in its own words: whoever works here acts on the code. */
export function ProblemView({ error, again }: { readonly error: Error; readonly again?: () => void }) {
  const say = useSay()
  const code = error instanceof ProtocolError ? error.code : 'internal'
  return (
    <section class="note bad" role="alert">
      <h2>{say('console.refused')}</h2>
      <p lang="en">
        <code>{code}</code> {plain(error.message, 600)}
      </p>
      {again && (
        <button type="button" onClick={again}>
          {say('fault.again')}
        </button>
      )}
    </section>
  )
}

export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
