import { formatIdentifier, type Identifier } from '@dcann/protocol/identifier'
import { isSpecialCategory } from '@dcann/protocol/vocabulary'
import type { RequesterRecord } from '@dcann/protocol/requester'
import type { Resolver } from '@dcann/sdk/resolver'
import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { wordsOfError } from '../language/errors.ts'
import { countryName, dayOf, listOf, sinceOf, wordsOf } from '../language/numbers.ts'
import { useLanguage, useSay } from '../language/say.ts'
import { plain } from '../page/outside-text.ts'
import { Owner } from '../page/owner.tsx'
import { Code, Outside } from '../page/states.tsx'
import { type Link, type NameLink, type RootLink, walkName, walkPassport } from './chain.ts'

/** A chain as far as it is walked; `done` when nothing more comes. */
export type Walked = { readonly links: readonly Link[]; readonly done: boolean; readonly again: () => void }

/** Walks a chain and gives each link when it is proved; walks anew for another `key` and when asked to. */
export function useChain(walk: () => AsyncGenerator<Link, void, undefined>, key: string): Walked {
  const [links, setLinks] = useState<readonly Link[]>([])
  const [done, setDone] = useState(false)
  const [round, setRound] = useState(0)
  useEffect(() => {
    let there = true
    setLinks([])
    setDone(false)
    const go = async (): Promise<void> => {
      for await (const link of walk()) {
        if (!there) return
        setLinks((before) => [...before, link])
      }
      if (there) setDone(true)
    }
    void go()
    return () => {
      there = false
    }
  }, [key, round])
  return { links, done, again: () => setRound((n) => n + 1) }
}

/** A passport: where it lives, or that there is none, each link from the pinned root on. */
export function PassportView({
  resolver,
  identifier,
}: {
  readonly resolver: Resolver
  readonly identifier: Identifier
}) {
  const chain = useChain(() => walkPassport(resolver, identifier), identifier)
  const say = useSay()
  return (
    <>
      <h1>
        <span class="faint kind">{say('kind.passport')}</span>
        <span class="identifier">{formatIdentifier(identifier)}</span>
      </h1>
      <Chain {...chain} sought="passport" name={identifier} />
    </>
  )
}

/** A requester, an operator or a node: what its country says of it. */
export function NameView({
  resolver,
  of,
  name,
}: {
  readonly resolver: Resolver
  readonly of: 'operator' | 'node' | 'requester'
  readonly name: string
}) {
  const say = useSay()
  const chain = useChain(() => walkName(resolver, of, name), name)
  const link = chain.links.find((each): each is NameLink => each.of === of && each.is === 'proved')
  const payload = link?.resolved.record?.payload
  return (
    <>
      <h1>
        <span class="faint kind">{say(`kind.${of}`)}</span>
        {payload && 'legal_name' in payload ? <Outside text={payload.legal_name} /> : <span>{name}</span>}
      </h1>
      {payload && 'uses' in payload && <Requester record={payload} />}
      <Chain {...chain} sought={of} name={name} />
    </>
  )
}

/** What a person wants to know of a company before anything else: whose it is, and what it may ask for. */
function Requester({ record }: { readonly record: RequesterRecord }) {
  const say = useSay()
  const language = useLanguage()
  return (
    <section>
      <dl>
        <dt>{say('requester.kind')}</dt>
        <dd>{say(`requester.kind.${record.kind}`)}</dd>
        <dt>{say('requester.owner')}</dt>
        <dd>
          <Owner record={record} />
        </dd>
        <dt>{say('requester.authority')}</dt>
        <dd>
          <Outside text={record.authority} />
        </dd>
        <dt>{say('requester.status')}</dt>
        <dd>
          {say(record.status === 'active' ? 'requester.active' : 'requester.not-active', { status: record.status })}
        </dd>
      </dl>
      <h2>{say('requester.uses')}</h2>
      {record.uses.length === 0 && <p>{say('requester.uses.none')}</p>}
      <ul class="rows">
        {record.uses.map((use, i) => (
          <li key={i}>
            <span lang="en">
              <strong>{listOf(use.categories.map(wordsOf), 'en')}</strong>
              {': '}
              {wordsOf(use.purpose)}
            </span>
            {use.categories.some(isSpecialCategory) && <span class="tag">{say('requester.special')}</span>}
            {use.used_by.length > 0 && (
              <span class="faint">
                {say('requester.used-by', {
                  who: listOf(
                    use.used_by.map((who) => plain(who)),
                    language,
                  ),
                })}
              </span>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}

export type ChainProps = Walked & { readonly sought: Link['of']; readonly name: string }

/** The verdict, and under it every link with what was checked. */
export function Chain({ links, done, again, sought, name }: ChainProps) {
  const say = useSay()
  return (
    <>
      <Verdict links={links} done={done} sought={sought} name={name} />
      <ol class="chain" aria-label={say('chain.title')} aria-busy={!done}>
        {links.map((link, i) => (
          <li key={i} class={link.is}>
            {link.of === 'root' && link.is === 'proved' ? (
              <Root link={link} />
            ) : link.is === 'broken' ? (
              <Step title={say(`chain.${link.of}`)} state={say('chain.broken')} mark="✗">
                <p>{wordsOfError(say, link.why)}</p>
                <p class="faint" lang="en">
                  <code>{link.why.code}</code> {plain(link.why.message, 600)}
                </p>
              </Step>
            ) : (
              <Name link={link} />
            )}
          </li>
        ))}
        {!done && (
          <li class="coming">
            <p role="status">{say('chain.checking')}</p>
          </li>
        )}
      </ol>
      {done && (
        <button type="button" class="secondary" onClick={again}>
          {say('chain.again')}
        </button>
      )}
    </>
  )
}

function Verdict({ links, done, sought, name }: Pick<ChainProps, 'links' | 'done' | 'sought' | 'name'>) {
  const say = useSay()
  const language = useLanguage()
  const broken = links.find((link) => link.is === 'broken')
  if (broken)
    return (
      <section class="note bad" role="alert">
        <h2>{say('verdict.broken')}</h2>
        <p>{say('verdict.broken.why')}</p>
      </section>
    )
  const absent = links.find((link) => link.is === 'absent')
  if (absent && absent.of !== 'root')
    return (
      <section class="note absent" role="status">
        <h2>{say('verdict.absent')}</h2>
        <p>
          {say('verdict.absent.why', { name: absent.of === 'passport' ? formatIdentifier(absent.name) : absent.name })}
        </p>
      </section>
    )
  if (!done) return null
  const found = links.find((link): link is NameLink => link.of === sought && link.is === 'proved')
  if (found === undefined) return null
  const payload = found.resolved.record?.payload
  if (payload && 'home' in payload) {
    if (payload.status === 'ended')
      return (
        <section class="note absent" role="status">
          <h2>{say('verdict.ended')}</h2>
          <p>{say('verdict.ended.why')}</p>
        </section>
      )
    const node = links.find((link): link is NameLink<'node'> => link.of === 'node' && link.is === 'proved')
    return (
      <section class="note good" role="status">
        <h2>{say('verdict.home', { node: payload.home.node })}</h2>
        <p>
          {say('verdict.home.why', {
            country: countryName(payload.home.node.slice(0, 2), language),
            age: sinceOf(found.resolved.at, language),
          })}{' '}
          {node?.resolved.record && <Code text={node.resolved.record.payload.url} />}
        </p>
      </section>
    )
  }
  return (
    <section class="note good" role="status">
      <h2>{say('verdict.proved')}</h2>
      <p>{say('verdict.proved.why', { name, age: sinceOf(found.resolved.at, language) })}</p>
    </section>
  )
}

function Step({
  title,
  state,
  mark,
  children,
}: {
  readonly title: string
  readonly state: string
  readonly mark: string
  readonly children: ComponentChildren
}) {
  return (
    <details>
      <summary>
        <span class="mark" aria-hidden="true">
          {mark}
        </span>
        <span class="what">{title}</span>
        <span class="state">{state}</span>
      </summary>
      {children}
    </details>
  )
}

function Root({ link }: { readonly link: RootLink }) {
  const say = useSay()
  const language = useLanguage()
  const { payload } = link.root
  return (
    <Step title={say('chain.root')} state={say('chain.root.state', { n: link.houses.filter(isMet).length })} mark="✓">
      <p>{say('chain.root.why')}</p>
      <ul class="rows">
        {link.houses.map((each) => (
          <li key={each.house}>
            <span>{say(`house.${each.house}`)}</span>
            <span class="faint">{say('house.signed', { n: each.signed, of: each.threshold })}</span>
          </li>
        ))}
      </ul>
      <dl>
        <dt>{say('chain.record')}</dt>
        <dd>
          <Code text={link.root.id} />
        </dd>
        <dt>{say('chain.version')}</dt>
        <dd>{say('chain.versions', { n: link.versions })}</dd>
        <dt>{say('chain.until')}</dt>
        <dd>{dayOf(payload.expires, language)}</dd>
        <dt>{say('chain.witnesses')}</dt>
        <dd>
          {payload.witness.witnesses.length === 0
            ? say('chain.witnesses.none')
            : payload.witness.witnesses.map(({ name }) => plain(name, 100)).join(', ')}
        </dd>
      </dl>
    </Step>
  )
}

function isMet({ signed, threshold }: RootLink['houses'][number]): boolean {
  return signed >= threshold
}

function Name({ link }: { readonly link: NameLink }) {
  const say = useSay()
  const language = useLanguage()
  const { resolved, witnesses, quorum } = link
  const { record, head, chain, proof, source, failed } = resolved
  const cosigned = witnesses.filter(({ at }) => at !== undefined).length
  return (
    <Step
      title={say(`chain.${link.of}`)}
      state={
        link.is === 'absent'
          ? say('chain.absent')
          : link.of === 'passport'
            ? say('chain.proved')
            : plain(titleOf(link, language), 60)
      }
      mark={link.is === 'absent' ? '∅' : '✓'}
    >
      <p>{say(link.is === 'absent' ? 'chain.why.absent' : `chain.why.${link.of}`)}</p>
      <dl>
        {record && (
          <>
            <dt>{say('chain.record')}</dt>
            <dd>
              <Code text={record.id} /> <span class="faint">{say('chain.replayed', { n: chain.length })}</span>
            </dd>
          </>
        )}
        <dt>{say('chain.head')}</dt>
        <dd>
          {say('chain.head.of', { n: head.size, age: sinceOf(resolved.at, language) })}
          {resolved.freshness === 'stale' && <strong class="warn"> {say('chain.stale')}</strong>}
        </dd>
        <dt>{say('chain.witnesses')}</dt>
        <dd>
          {proof === 'uncosigned' ? (
            say('chain.uncosigned')
          ) : (
            <>
              {say('chain.cosigned', { n: cosigned, quorum })}
              <ul class="rows">
                {witnesses.map(({ name, by, at }) => (
                  <li key={name}>
                    <Outside text={`${name} (${by})`} most={120} />
                    <span class="faint">{at === undefined ? say('witness.silent') : sinceOf(at, language)}</span>
                  </li>
                ))}
              </ul>
            </>
          )}
        </dd>
        <dt>{say('chain.asked')}</dt>
        <dd>
          <Code text={source} />
          {failed.length > 0 && <span class="faint"> {say('chain.in-vain', { n: failed.length })}</span>}
        </dd>
      </dl>
      {record && (
        <details>
          <summary>{say('chain.as-signed')}</summary>
          <pre tabIndex={0} aria-label={say('chain.as-signed')}>
            {signedText(record.payload)}
          </pre>
        </details>
      )}
    </Step>
  )
}

/** A payload as JSON, line by line, so that nothing in it reaches out of its line. */
function signedText(payload: object): string {
  const lines = JSON.stringify(payload, null, 2).split('\n')
  return lines.map((line) => ' '.repeat(line.length - line.trimStart().length) + plain(line, 600)).join('\n')
}

function titleOf({ resolved, name, of }: NameLink, language: Parameters<typeof countryName>[1]): string {
  if (of === 'country') return countryName(name.slice(-2), language)
  const payload = resolved.record?.payload
  return payload && 'legal_name' in payload ? payload.legal_name : name
}
