import { useState } from 'preact/hooks'
import { useSay } from '../language/say.ts'
import { retireAnswer } from './call.ts'
import { curlOf } from './code.ts'
import { CodeView } from './code-view.tsx'
import type { Desk } from './desk.ts'
import { asError, ProblemView } from './problem-view.tsx'
import { actInCode } from './sdk-code.ts'

type Props = { readonly desk: Desk; readonly agreement: string; readonly changed: () => void }

/** Gives an agreement up, once somebody has said twice that they mean it. */
export function RetireView({ desk, agreement, changed }: Props) {
  const say = useSay()
  const [state, setState] = useState<'shown' | 'sure' | 'sending' | Error>('shown')
  if (state === 'shown')
    return (
      <button type="button" class="secondary" onClick={() => setState('sure')}>
        {say('console.retire')}
      </button>
    )
  if (state instanceof Error) return <ProblemView error={state} again={() => setState('shown')} />
  return (
    <div class="note warn" role="alertdialog" aria-label={say('console.retire')}>
      <p>{say('console.retire.sure')}</p>
      <div class="row">
        <button
          type="button"
          class="danger"
          aria-busy={state === 'sending'}
          onClick={() => {
            setState('sending')
            desk.call
              .post('/v1/retire', { agreement }, retireAnswer)
              .then(changed, (error: unknown) => setState(asError(error)))
          }}
        >
          {say('console.retire')}
        </button>
        <button type="button" class="secondary" onClick={() => setState('shown')}>
          {say('console.retire.no')}
        </button>
      </div>
      <CodeView
        code={{
          curl: curlOf(desk.at, '/v1/retire', { agreement }),
          typescript: actInCode(desk.own, agreement, 'retire'),
        }}
      />
    </div>
  )
}
