import { base64Url, fromBase64Url, sha256 } from '@dcann/protocol/bytes'
import { ProtocolError } from '@dcann/protocol/errors'
import { refusalNoun, type Refusal } from '@dcann/protocol/refusal'
import { readSigned, signedSchema } from '@dcann/protocol/signed'
import { useState } from 'preact/hooks'
import { z } from 'zod'
import { momentOf } from '../language/numbers.ts'
import { useLanguage, useSay } from '../language/say.ts'
import { plain } from '../page/outside-text.ts'
import { Busy, Code } from '../page/states.tsx'
import type { Desk } from './desk.ts'
import { asError, ProblemView } from './problem-view.tsx'

const keptSchema = z.object({ refusal: signedSchema, request: z.string() })

/** What a vault refused, in its own words, and that it is the request kept here which it refused. */
export function RefusalView({ desk, path }: { readonly desk: Desk; readonly path: string }) {
  const say = useSay()
  const language = useLanguage()
  const [read, setRead] = useState<'no' | 'yes' | Error | Refusal>('no')
  if (read === 'no' || read === 'yes')
    return (
      <div class="row">
        <button
          type="button"
          disabled={read === 'yes'}
          onClick={() => {
            setRead('yes')
            desk.call.get(path, keptSchema).then(
              (kept) => setRead(refusalIn(kept)),
              (error: unknown) => setRead(asError(error)),
            )
          }}
        >
          {say('console.evidence.read')}
        </button>
        {read === 'yes' && <Busy text={say('console.opening')} />}
      </div>
    )
  if (read instanceof Error) return <ProblemView error={read} />
  return (
    <section class="note" role="status">
      <p>{say('console.evidence.same')}</p>
      <dl>
        <dt>{say('console.evidence.code')}</dt>
        <dd>
          <code>{plain(read.code, 60)}</code>
        </dd>
        <dt>{say('console.query.when')}</dt>
        <dd>{momentOf(read.at, language)}</dd>
        {read.n !== null && (
          <>
            <dt>{say('console.evidence.line')}</dt>
            <dd>{say('console.receipts.line', { n: read.n })}</dd>
          </>
        )}
        <dt>{say('console.evidence.request')}</dt>
        <dd>
          <Code text={read.request} />
        </dd>
      </dl>
      <p class="faint">{say('console.evidence.gateway')}</p>
    </section>
  )
}

/** The refusal, when the request kept beside it is the one that it names. */
function refusalIn({ refusal, request }: z.infer<typeof keptSchema>): Refusal | Error {
  try {
    const { payload } = readSigned(refusalNoun, refusal)
    if (base64Url(sha256(fromBase64Url(request))) === payload.request) return payload
    return new ProtocolError(
      'evidence-broken',
      'reading a refusal: it refuses another request than the one kept with it',
    )
  } catch (error) {
    return asError(error)
  }
}
