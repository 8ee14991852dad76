import { judgeChain, type OpenedEntry } from '@dcann/protocol/evidence'
import { ProtocolError } from '@dcann/protocol/errors'
import { proveAgreement } from '@dcann/sdk/agreement-pair'
import type { MessageKey } from '../language/messages.ts'
import { momentOf, wordsOf } from '../language/numbers.ts'
import { type Say, useLanguage, useSay } from '../language/say.ts'
import { useLoaded } from '../page/loaded.ts'
import { plain } from '../page/outside-text.ts'
import { Busy, Code, Outside } from '../page/states.tsx'
import { standingOf } from './agreements-view.tsx'
import { agreementAnswer, chainAnswer, type Listed, signedPairOf } from './call.ts'
import { curlOf } from './code.ts'
import { CodeView } from './code-view.tsx'
import type { Desk } from './desk.ts'
import { ProblemView } from './problem-view.tsx'
import { RetireView } from './retire-view.tsx'
import { agreementInCode } from './sdk-code.ts'

/** One agreement: its documents, proved here, and every line of its chain. */
export function AgreementView({ desk, agreement }: { readonly desk: Desk; readonly agreement: string }) {
  const say = useSay()
  const path = `/v1/agreements/${encodeURIComponent(agreement)}`
  const one = useLoaded(async () => await desk.call.get(path, agreementAnswer), [desk.call, path])
  return (
    <>
      <a href="#agreements">{say('console.nav.agreements')}</a>
      <h1>{say('console.agreement.id')}</h1>
      {one.is === 'coming' && <Busy text={say('console.agreements.asking')} />}
      {one.is === 'failed' && <ProblemView error={one.why} again={one.again} />}
      {one.is === 'there' && (
        <>
          <p>
            <span class={`standing ${one.value.standing}`}>{say(standingOf(one.value.standing))}</span>{' '}
            <Code text={one.value.agreement} />
          </p>
          <Documents desk={desk} one={one.value} />
          <Chain desk={desk} path={path} />
          <div class="row">
            {one.value.standing === 'active' && (
              <a role="button" href={`#query/${one.value.agreement}`}>
                {say('console.agreement.ask')}
              </a>
            )}
            <a role="button" class="secondary" href={`#receipts/${one.value.agreement}`}>
              {say('console.receipts.go')}
            </a>
            {one.value.standing === 'active' && (
              <RetireView desk={desk} agreement={one.value.agreement} changed={one.again} />
            )}
          </div>
          <CodeView code={{ curl: curlOf(desk.at, path), typescript: agreementInCode(desk.own, one.value) }} />
        </>
      )}
    </>
  )
}

/** What both signed, proved from the documents themselves. */
function Documents({ desk, one }: { readonly desk: Desk; readonly one: Listed }) {
  const say = useSay()
  const language = useLanguage()
  const proved = useLoaded(
    async () => await proveAgreement(signedPairOf(one), desk.speaking.record.keys),
    [one, desk.speaking],
  )
  if (proved.is === 'coming') return <Busy text={say('console.agreement.proving')} />
  if (proved.is === 'failed') return <ProblemView error={proved.why} />
  const { allowance } = proved.value
  return (
    <section>
      <h2>{say('console.agreement.documents')}</h2>
      <p class="note good" role="status">
        {say('console.agreement.proved')}
      </p>
      <dl>
        {allowance.terms.map(({ id, strand, claims, purpose, data_life }) => (
          <div key={id}>
            <dt>
              <code>{plain(claims === null ? strand : `${strand}: ${claims.join(', ')}`, 200)}</code>
            </dt>
            <dd>
              <span lang="en">{plain(wordsOf(purpose), 80)}</span> ·{' '}
              {say('term.kept.for', { n: Number(data_life.slice(1, -1)) })}
            </dd>
          </div>
        ))}
        <dt>{say('console.agreement.until')}</dt>
        <dd>{momentOf(one.until, language)}</dd>
        <dt>{say('console.agreement.handle')}</dt>
        <dd>
          <Code text={`${one.handle}@${one.node}`} />
        </dd>
      </dl>
    </section>
  )
}

const longest = 5_000

/** Everything that was done, asked and refused under it, each line resting on the one before. */
function Chain({ desk, path }: { readonly desk: Desk; readonly path: string }) {
  const say = useSay()
  const language = useLanguage()
  const read = useLoaded(async () => await readChain(desk, path), [desk.call, path])
  return (
    <section>
      <h2>{say('console.agreement.chain')}</h2>
      {read.is === 'coming' && <Busy text={say('console.agreement.reading')} />}
      {read.is === 'failed' && <ProblemView error={read.why} again={read.again} />}
      {read.is === 'there' && (
        <>
          <p class="note good" role="status">
            {say('console.agreement.whole', { n: read.value.length })}
          </p>
          <ol class="rows" reversed>
            {read.value.toReversed().map(({ entry }) => (
              <li key={entry.n}>
                <span>
                  {entry.n} · <Outside text={lineIn(say, entry)} most={80} />
                </span>
                <span class="faint">{momentOf(entry.at, language)}</span>
              </li>
            ))}
          </ol>
        </>
      )}
    </section>
  )
}

/** The whole chain from its first line on. Throws `evidence-broken` where a line does not rest on the one before. */
async function readChain({ call }: Desk, path: string): Promise<readonly OpenedEntry[]> {
  const all: OpenedEntry[] = []
  for (let after = 0; all.length < longest;) {
    const { entries, next } = await call.get(`${path}/chain?after=${after}`, chainAnswer)
    all.push(...entries)
    if (next === undefined) break
    after = next
  }
  const [first] = all
  if (first?.entry.n !== 1)
    throw new ProtocolError(
      'evidence-broken',
      `judging a chain: it begins with line ${first?.entry.n ?? 'none'}, expected 1`,
    )
  judgeChain(all)
  return all
}

/** What a line says, in words where the pages have some. */
function lineIn(say: Say, { kind, outcome }: OpenedEntry['entry']): string {
  if (kind === 'refusal') return say('console.line.refusal', { code: outcome })
  return outcomes[outcome] === undefined ? outcome.replaceAll('-', ' ') : say(outcomes[outcome])
}

const outcomes: Readonly<Record<string, MessageKey>> = {
  activated: 'console.line.activated',
  answered: 'console.line.answered',
  pause: 'console.standing.paused',
  resume: 'console.line.resume',
  revoke: 'console.standing.revoked',
  retire: 'console.standing.retired',
  superseded: 'console.standing.superseded',
  receipt: 'console.receipts.receipt',
  'deletion-attestation': 'console.receipts.deletion-attestation',
  dispute: 'console.line.dispute',
  complaint: 'console.line.complaint',
  'erasure-request': 'console.line.erasure-request',
}
