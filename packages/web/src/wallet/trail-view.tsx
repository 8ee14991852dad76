import { evidenceLeaf } from '@dcann/protocol/evidence'
import { wordsOfError } from '../language/errors.ts'
import { momentOf } from '../language/numbers.ts'
import { useLanguage, useSay } from '../language/say.ts'
import type { MessageKey } from '../language/messages.ts'
import { useLoaded } from '../page/loaded.ts'
import { plain } from '../page/outside-text.ts'
import { Busy, Code, Fault } from '../page/states.tsx'
import { useState } from 'preact/hooks'
import type { Holder } from './holder.ts'
import { type Proved, readTrail } from './trail.ts'
import { strandTitle } from './words.ts'

const pageSize = 40

/** Everything that happened, newest first; each line opens down to its proof. */
export function TrailView({ holder }: { readonly holder: Holder }) {
  const say = useSay()
  const [shown, setShown] = useState(pageSize)
  const trail = useLoaded(async () => await readTrail(holder), [holder])
  if (trail.is === 'coming') return <Busy text={say('trail.proving')} />
  if (trail.is === 'failed') return <Fault error={trail.why} again={trail.again} />
  const { lines, broken, names } = trail.value
  const proved = lines.filter(({ proof }) => proof.is === 'proved').length
  const waiting = lines.filter(({ proof }) => proof.is === 'waiting').length
  return (
    <>
      <h1>{say('trail.title')}</h1>
      {broken ? (
        <section class="note bad" role="alert">
          <h2>{say('trail.broken')}</h2>
          <p>{wordsOfError(say, broken)}</p>
          <p class="faint" lang="en">
            {plain(broken.message, 400)}
          </p>
        </section>
      ) : (
        <section class="note good" role="status">
          <p>
            <strong>{say('trail.proved', { n: proved, of: lines.length })}</strong>{' '}
            {waiting > 0 && say('trail.waiting', { n: waiting })}
          </p>
        </section>
      )}
      {lines.length === 0 && <p>{say('trail.none')}</p>}
      <ol class="trail" reversed>
        {lines
          .toReversed()
          .slice(0, shown)
          .map((line) => (
            <li key={`${line.line.entry.agreement ?? ''}/${line.line.entry.n}`} class={line.proof.is}>
              <Line {...line} node={holder.node} who={names.get(line.line.requester ?? '')} />
            </li>
          ))}
      </ol>
      <div class="row">
        {shown < lines.length && (
          <button type="button" class="secondary" onClick={() => setShown(shown + 4 * pageSize)}>
            {say('trail.more', { n: lines.length - shown })}
          </button>
        )}
        <button type="button" class="secondary" onClick={trail.again}>
          {say('trail.again')}
        </button>
      </div>
    </>
  )
}

function Line({ line, proof, node, who }: Proved & { readonly node: string; readonly who: string | undefined }) {
  const say = useSay()
  const language = useLanguage()
  const { entry, salt, requester, about } = line
  const what = say(`trail.kind.${entry.kind}`)
  return (
    <details>
      <summary>
        <span class="mark" aria-hidden="true">
          {proof.is === 'proved' ? '✓' : proof.is === 'waiting' ? '·' : '✗'}
        </span>
        <span class="what">
          <strong>{requester === undefined ? say('trail.you') : plain(who ?? requester, 80)}</strong> · {what}
        </span>{' '}
        <span class="when">{momentOf(entry.at, language)}</span>{' '}
        <span class={`outcome ${outcomeClass(entry.outcome)}`}>{outcomeOf(entry.outcome)}</span>
      </summary>
      {about.length > 0 && (
        <p>
          {about.map((each) => (
            <span key={each} class="about">
              {strandTitle(say, each)}{' '}
            </span>
          ))}
        </p>
      )}
      <p>
        {proof.is === 'proved'
          ? say('trail.line.proved', { index: proof.index + 1, size: proof.size, node })
          : proof.is === 'waiting'
            ? say('trail.line.waiting')
            : say('trail.line.broken')}
      </p>
      <dl>
        {requester !== undefined && (
          <>
            <dt>{say('ask.name')}</dt>
            <dd>
              <code>{plain(requester, 80)}</code>
            </dd>
          </>
        )}
        <dt>{say('trail.chain')}</dt>
        <dd>
          {say(entry.agreement === null ? 'trail.chain.own' : 'trail.chain.agreement', { n: entry.n })}{' '}
          {entry.agreement && <a href={`/#agreements/${entry.agreement}`}>{say('agreed.look')}</a>}
        </dd>
        <dt>{say('trail.leaf')}</dt>
        <dd>
          <Code text={evidenceLeaf(salt, entry)} />
        </dd>
        {entry.prev !== null && (
          <>
            <dt>{say('trail.before')}</dt>
            <dd>
              <Code text={entry.prev} />
            </dd>
          </>
        )}
        {line.inclusion && (
          <>
            <dt>{say('trail.path')}</dt>
            <dd>
              <ol class="path">
                {line.inclusion.proof.map((hash, i) => (
                  <li key={i}>
                    <Code text={hash} />
                  </li>
                ))}
              </ol>
            </dd>
          </>
        )}
        {line.log && (
          <>
            <dt>{say('trail.head')}</dt>
            <dd>
              <pre tabIndex={0} aria-label={say('trail.head')}>
                {line.log.checkpoint
                  .split('\n')
                  .map((each) => plain(each, 200))
                  .join('\n')}
              </pre>
            </dd>
          </>
        )}
        {entry.request && (
          <>
            <dt>{say('trail.request')}</dt>
            <dd>
              <Code text={entry.request} />
            </dd>
          </>
        )}
        {entry.answer && (
          <>
            <dt>{say('trail.answer')}</dt>
            <dd>
              <Code text={entry.answer} />
            </dd>
          </>
        )}
      </dl>
    </details>
  )

  /** What became of it, in the language's words where it has some. */
  function outcomeOf(outcome: string): string {
    const key = `outcome.${outcome}`
    return isOutcome(key) ? say(key) : plain(outcome, 40)
  }
}

const outcomes = [
  'outcome.answered',
  'outcome.activated',
  'outcome.made',
  'outcome.added',
  'outcome.revoke',
  'outcome.pause',
  'outcome.resume',
  'outcome.cut',
  'outcome.not-found',
  'outcome.over-asking',
  'outcome.delivered',
  'outcome.refused',
  'outcome.ended',
  'outcome.settling',
  'outcome.undone',
  'outcome.receipt',
  'outcome.retire',
] as const satisfies readonly MessageKey[]

function isOutcome(key: string): key is (typeof outcomes)[number] {
  return outcomes.some((each) => each === key)
}

function outcomeClass(outcome: string): string {
  if (['answered', 'activated', 'made', 'added', 'resume'].includes(outcome)) return 'went'
  return ['revoke', 'pause', 'cut', 'retire', 'ended'].includes(outcome) ? 'stopped' : 'refused'
}
