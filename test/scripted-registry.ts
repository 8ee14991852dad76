import { countryNoun } from '@dcann/protocol/country'
import type { Signer } from '@dcann/protocol/key'
import { parseName } from '@dcann/protocol/name'
import { type PassportResolution, type Resolution, type Statement, statementNoun } from '@dcann/protocol/resolution'
import { type RecordId, readSigned, type Signed, signPayload } from '@dcann/protocol/signed'
import { nouns, readProposal } from '@dcann/protocol/admission'
import { formatTime } from '@dcann/protocol/time'
import type { Fetch } from '@dcann/sdk/world'
import type { Cast } from './cast.ts'
import { scriptLog } from './scripted-log.ts'

/** What a scripted registry does otherwise than an honest one, by name or by path. */
export type Lies = {
  /** Changes what is said of a name before it is signed. */
  readonly state?: (statement: Statement) => Statement
  /** Signs with another key. */
  readonly sign?: (zone: string) => Signer
  /** Has others cosign a zone's heads. */
  readonly cosign?: (zone: string, checkpoint: string) => Promise<string>
  /** Changes what is sent. */
  readonly send?: (resolution: Resolution) => unknown
  /** Answers a path itself; `'silence'` breaks the connection. */
  readonly answer?: (path: string) => Response | 'silence' | undefined
  /** Answers a version of the root. */
  readonly root?: (version: number) => Signed | undefined
}

/** A registry of one file: it holds records by name, serves every zone of a cast, and lies when it is told to. */
export type ScriptedRegistry = {
  readonly fetch: Fetch
  /** Every record of each name, genesis first. */
  readonly records: Map<string, Signed[]>
  /** Paths asked for, in order. */
  readonly asked: string[]
  /** Lies for names that the pattern fits; a later script replaces an earlier one. */
  readonly lie: (lies: Lies, about?: RegExp) => void
  readonly hold: (...signed: readonly Signed[]) => void
  /** How far a zone's log has come. */
  readonly end: (zone: string) => { readonly size: number; readonly root: string }
}

export function scriptRegistry(cast: Cast, now: () => number): ScriptedRegistry {
  const records = new Map<string, Signed[]>()
  const asked: string[] = []
  let script: { lies: Lies; about: RegExp } = { lies: {}, about: /(?:)/ }

  const signerOf = (zone: string): Signer =>
    zone === 'root' ? cast.roles.log : zone === 'IN' ? cast.countries.IN.log : cast.countries.EE.log

  const logs = new Map(
    ['root', 'IN', 'EE'].map((zone) => {
      const { origin } =
        zone === 'IN' || zone === 'EE' ? cast.countries[zone].record.payload.log : cast.root.payload.roles.log
      return [zone, scriptLog(zone, origin)]
    }),
  )

  /** What stands in a zone: its own names, and the record that delegates it. */
  const standingIn = (zone: string): Map<string, RecordId> => {
    const names = [...records.keys()].filter((name) => parseName(name).zone === zone || name === `country/${zone}`)
    return new Map(
      names.flatMap((name): [string, RecordId][] => {
        const id = idOf(records.get(name)?.at(-1))
        return id === null ? [] : [[name, id]]
      }),
    )
  }

  /** As the country's newest record has it. */
  const originOf = (zone: string): string | undefined => {
    const newest = records.get(`country/${zone}`)?.at(-1)
    return newest && readSigned(countryNoun, newest).payload.log.origin
  }

  const resolution = async (name: string): Promise<unknown> => {
    const lies = script.about.test(name) ? script.lies : {}
    const { zone } = parseName(name)
    const held = records.get(name) ?? []
    const honest: Statement = {
      v: 1,
      zone,
      name,
      record: idOf(held.at(-1)),
      ttl: held.length > 0 ? 3600 : 60,
      at: formatTime(now()),
    }
    const statement = lies.state?.(honest) ?? honest
    const signed = await signPayload(statementNoun, statement, [(lies.sign ?? signerOf)(zone)])
    const origin = originOf(zone)
    const proof = await logs.get(zone)?.prove(standingIn(zone), name, now(), (lies.sign ?? signerOf)(zone), {
      ...(origin === undefined ? {} : { origin }),
      ...(lies.cosign
        ? { cosign: (checkpoint) => lies.cosign?.(zone, checkpoint) ?? Promise.resolve(checkpoint) }
        : {}),
    })
    const sent: Resolution = { v: 1, zone, name, statement: signed, records: held, ...(proof ? { proof } : {}) }
    return lies.send?.(sent) ?? sent
  }

  const answer = async (url: URL): Promise<unknown> => {
    const [, version, noun, zone] = url.pathname.split('/')
    if (version !== 'v1') return undefined
    if (noun === 'root') {
      const held = records.get('root')?.[Number(zone) - 1]
      return script.lies.root ? script.lies.root(Number(zone)) : held
    }
    if (noun === 'resolve' && zone !== undefined) {
      // the body is the resolution's, whatever the script made of it
      return { v: 1, passport: (await resolution(zone)) as Resolution } satisfies PassportResolution
    }
    if (url.pathname.endsWith('/consistency') && zone !== undefined) {
      const [from, to] = ['from', 'to'].map((end) => Number(url.searchParams.get(end)))
      return { from, to, proof: logs.get(zone)?.consistency(from ?? 0, to ?? 0) }
    }
    if (url.pathname.endsWith('/record')) return await resolution(url.searchParams.get('name') ?? '')
    if (url.pathname.endsWith('/records')) {
      const kind = url.searchParams.get('kind')
      const names = [...records.keys()].filter((name) => name.startsWith(`${zone}/${kind}/`))
      return { zone, records: names.map((name) => ({ name, seq: 1, id: idOf(records.get(name)?.at(-1)) })) }
    }
    return undefined
  }

  const hold = (...signed: readonly Signed[]): void => {
    for (const one of signed) {
      const { name } = readProposal(one)
      records.set(name, [...(records.get(name) ?? []), one])
    }
  }
  hold(...cast.records)

  return {
    records,
    asked,
    hold,
    end: (zone) => logs.get(zone)?.end() ?? { size: 0, root: '' },
    lie: (lies, about = /(?:)/) => {
      script = { lies, about }
    },
    fetch: async (url) => {
      const parsed = new URL(url)
      const path = parsed.pathname + parsed.search
      asked.push(path)
      const scripted = script.lies.answer?.(path)
      if (scripted === 'silence') throw new TypeError('fetch failed')
      if (scripted !== undefined) return scripted
      const body = await answer(parsed)
      return body === undefined ? problem(404, 'not-found') : Response.json(body)
    },
  }
}

/** A problem as nodes send it. */
export function problem(status: number, code: string, members: Readonly<Record<string, unknown>> = {}): Response {
  return new Response(JSON.stringify({ type: `urn:dcann:error:${code}`, title: code, status, ...members }), {
    status,
    headers: { 'content-type': 'application/problem+json' },
  })
}

function idOf(signed: Signed | undefined): RecordId | null {
  if (signed === undefined) return null
  const { kind, submitted } = readProposal(signed)
  return readSigned<unknown>(nouns[kind], submitted.signed).id
}
