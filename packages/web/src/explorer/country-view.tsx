import { ProtocolError } from '@dcann/protocol/errors'
import { fetchHead } from '@dcann/sdk/zone-head'
import type { Resolver } from '@dcann/sdk/resolver'
import type { ListedKind } from '@dcann/sdk/registry-client'
import { useEffect, useState } from 'preact/hooks'
import { wordsOfError } from '../language/errors.ts'
import { countryName } from '../language/numbers.ts'
import { useLanguage, useSay } from '../language/say.ts'
import { plain } from '../page/outside-text.ts'
import { Code, Outside } from '../page/states.tsx'
import { type BrokenLink, type Named, type NameLink, nameLink, walkName } from './chain.ts'
import { Chain, useChain } from './chain-view.tsx'

/** One country: the chain to it, its log as it grows, and whom it has admitted. */
export function CountryView({ resolver, name }: { readonly resolver: Resolver; readonly name: string }) {
  const say = useSay()
  const language = useLanguage()
  const code = name.slice(-2)
  const chain = useChain(() => walkName(resolver, 'country', name), name)
  const country = chain.links.find((link): link is NameLink<'country'> => link.of === 'country' && link.is !== 'broken')
  const record = country?.resolved.record?.payload
  return (
    <>
      <h1>
        {countryName(code, language)} <span class="faint">{code}</span>
      </h1>
      <Chain {...chain} sought="country" name={name} />
      {record && (
        <>
          <Log zone={code} log={record.log} url={record.urls[0] ?? ''} />
          <Listed resolver={resolver} zone={code} of="operator" />
          <Listed resolver={resolver} zone={code} of="node" />
          <Listed resolver={resolver} zone={code} of="requester" />
          <p class="faint">{say('country.no-passports')}</p>
        </>
      )}
    </>
  )
}

const everySeconds = 5

/** The log's size by its own signed head, looked at again and again while somebody looks on. */
function Log({ zone, log, url }: { zone: string; log: { origin: string; key: string }; url: string }) {
  const say = useSay()
  const [sizes, setSizes] = useState<readonly number[]>([])
  const [why, setWhy] = useState<ProtocolError>()
  useEffect(() => {
    let there = true
    let timer: ReturnType<typeof setTimeout> | undefined
    const look = async (): Promise<void> => {
      try {
        const { size } = await fetchHead({ fetch: async (to, init) => await fetch(to, init) }, url, zone, log)
        if (!there) return
        setSizes((before) => [...before, size].slice(-60))
        setWhy(undefined)
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error
        if (there) setWhy(error)
      }
      if (there) timer = setTimeout(() => void look(), everySeconds * 1000)
    }
    void look()
    return () => {
      there = false
      clearTimeout(timer)
    }
  }, [zone, url])
  const first = sizes[0] ?? 0
  const last = sizes.at(-1) ?? 0
  return (
    <section>
      <h2>{say('country.log')}</h2>
      {why && <p role="alert">{wordsOfError(say, why)}</p>}
      {sizes.length > 0 && (
        <p>
          <strong class="figure">{say('count.entries', { n: last })}</strong>{' '}
          <span class="faint">{say('country.grown', { n: last - first })}</span>
        </p>
      )}
      <Growth sizes={sizes} />
      <p class="faint">
        {say('country.origin')} <Code text={log.origin} />
      </p>
    </section>
  )
}

function Growth({ sizes }: { readonly sizes: readonly number[] }) {
  if (new Set(sizes).size < 2) return null
  const least = Math.min(...sizes)
  const most = Math.max(...sizes, least + 1)
  const points = sizes.map(
    (size, i) => `${(i / (sizes.length - 1)) * 100},${38 - ((size - least) / (most - least)) * 36}`,
  )
  return (
    <svg class="growth" viewBox="0 0 100 40" preserveAspectRatio="none" aria-hidden="true">
      <polyline points={points.join(' ')} />
    </svg>
  )
}

type Row = NameLink | BrokenLink
const shownMost = 50

/** Names that the zone lists, each resolved and proved by itself. */
function Listed({ resolver, zone, of }: { resolver: Resolver; zone: string; of: ListedKind }) {
  const say = useSay()
  const [rows, setRows] = useState<readonly Row[]>()
  useEffect(() => {
    let there = true
    void readRows(resolver, zone, of).then((found) => there && setRows(found))
    return () => {
      there = false
    }
  }, [zone, of])
  return (
    <section aria-busy={rows === undefined}>
      <h2>{say(`country.${of}s`)}</h2>
      {rows?.length === 0 && <p>{say('country.nobody')}</p>}
      <ul class="rows">
        {rows?.map((row) => (
          <li key={row.name}>
            <a href={`#${row.name}`}>
              {row.is === 'proved' && 'legal_name' in (row.resolved.record?.payload ?? {}) ? (
                <Outside text={nameIn(row)} />
              ) : (
                row.name
              )}
            </a>
            <span class={row.is === 'broken' ? 'bad' : 'faint'}>
              {row.is === 'broken'
                ? wordsOfError(say, row.why)
                : row.is === 'absent'
                  ? say('chain.absent')
                  : underIt(row)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** What else a list says of a name: where a node is, and of everybody else the name itself. */
function underIt({ resolved, name }: NameLink): string {
  const payload = resolved.record?.payload
  return payload && 'region' in payload ? plain(payload.region, 40) : name
}

function nameIn({ resolved, name }: NameLink): string {
  const payload = resolved.record?.payload
  return payload && 'legal_name' in payload ? payload.legal_name : name
}

async function readRows(resolver: Resolver, zone: string, of: ListedKind & Named): Promise<readonly Row[]> {
  const names: string[] = []
  try {
    for await (const name of resolver.listNames(zone, of)) {
      names.push(name)
      if (names.length === shownMost) break
    }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    return [{ of, is: 'broken', name: `${zone}/${of}`, why: error }]
  }
  return await Promise.all(
    names.map(async (name): Promise<Row> => {
      try {
        return await nameLink(resolver, of, name)
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error
        return { of, is: 'broken', name, why: error }
      }
    }),
  )
}
