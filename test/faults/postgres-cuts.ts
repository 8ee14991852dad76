import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { isStoreError } from '@dcann/store/errors'
import { openPostgres } from '@dcann/store/postgres-open'
import type { PostgresStore } from '@dcann/store/postgres'
import type { Commit, Committed, Write } from '@dcann/store/store'
import { postgresMissing, type PostgresServer, startPostgres } from '../postgres/server.ts'
import { type Battery, hasTime } from './battery.ts'
import { type Cut, type CuttingLink, cutsOfStatement, openCuttingLink } from './cut-link.ts'

const clients = [0, 1, 2]
const steps = 4

/** A client that does something wrong on purpose, which the look afterwards has to find. */
export const plantedCuts = ['early', 'torn', 'again'] as const
type Planted = (typeof plantedCuts)[number]

/** What one attempt came to. */
export type CutAttempt = {
  readonly cut: boolean
  readonly statements: number
  readonly acknowledged: number
  readonly failures: readonly string[]
}

/** A way to a database that can be cut, for one attempt after another. */
export type CutBench = {
  readonly attempt: (cut?: Cut, planted?: Planted) => Promise<CutAttempt>
  readonly end: () => Promise<void>
}

export async function openCutBench(server: PostgresServer): Promise<CutBench> {
  const link = await openCuttingLink(server.port)
  let schemas = 0
  return {
    attempt: async (cut, planted) => {
      const name = `c${schemas++}`
      const at = (port: number): string => `postgres://dcann@127.0.0.1:${port}/postgres?schema=${name}`
      const keyFile = join(server.folder, `${name}.keys`)
      const rival = await openPostgres(at(server.port), { keyFile, buckets: 2, writer: 'rival' })
      try {
        link.begin(cut)
        const place: At = { cut: at(link.port), whole: at(server.port), keyFile }
        return await attemptAt(place, link, rival, cut, planted)
      } finally {
        await rival.close()
      }
    },
    end: () => link.close(),
  }
}

type At = { readonly cut: string; readonly whole: string; readonly keyFile: string }

/**
 * Three clients of one process commit in steps, one of them with a lease; the process is closed and opened in between. The
 * first time that a batch is on its way a rival writes one of its keys, so that it is judged anew.
 */
async function attemptAt(
  { cut: url, whole, keyFile }: At,
  link: CuttingLink,
  rival: PostgresStore,
  cut: Cut | undefined,
  planted: Planted | undefined,
): Promise<CutAttempt> {
  const acknowledged: [client: number, step: number][] = []
  const refused = new Set<number>()
  const failures: string[] = []
  let rivals = 0
  let met = -1
  let step = 0
  const around = async (batch: () => Promise<void>): Promise<void> => {
    if (met < step) {
      met = step
      await rival.commit({ writes: [{ key: 'both', value: Uint8Array.of(step) }] })
      rivals++
    }
    await batch()
  }
  // whoever has lost a database for good is not to be waited for
  const patience = cut?.away ? 50 : 30_000
  const open = async (): Promise<PostgresStore> => {
    for (let tries = 1; ; tries++) {
      try {
        return await openPostgres(url, { keyFile, around, patience })
      } catch (error) {
        // a process that does not start is started again
        if (cut?.away || tries === 3) throw error
      }
    }
  }
  let store: PostgresStore | undefined
  try {
    store = await open()
    for (; step < steps; step++) {
      if (step === 2) {
        await store.close()
        store = await open()
      }
      const now = store
      const done = await Promise.allSettled(
        clients.map(async (client) => {
          refused.add(client)
          await commit(now, commitOf(client, step), planted)
          refused.delete(client)
          acknowledged.push([client, step])
        }),
      )
      await now.leases('scope', 1000)
      await now.recalling?.recall('scope')
      await now.release(`lease ${step}`)
      for (const one of done) if (one.status === 'rejected') throw one.reason
    }
    await store.close()
  } catch (error) {
    await store?.close()
    if (!cut?.away) failures.push(`it did not go on: ${error instanceof Error ? error.message : String(error)}`)
    else if (!isStoreError(error, 'failed'))
      failures.push(`it ended by something else: ${error instanceof Error ? error.message : String(error)}`)
  }
  const seen = link.seen()
  const after = await openPostgres(whole, { keyFile })
  try {
    await link.deliver()
    if (planted === 'again') await repeat(after, refused, step)
    failures.push(...(await faultsOf(after, acknowledged, rivals)))
  } finally {
    await after.close()
  }
  return { ...seen, acknowledged: acknowledged.length, failures }
}

/** What a client commits: two keys that always agree, one that stays, one in place of the one before, founded on a third. */
function commitOf(client: number, step: number): Commit {
  const value = Uint8Array.of(client, step)
  const passing = { key: `passing/${client}/${step}`, value, expect: 'absent' as const }
  return {
    writes: [
      { key: `left/${client}`, value },
      { key: `stays/${client}/${step}`, value },
      passing,
      ...(step === 0 ? [] : [{ key: `passing/${client}/${step - 1}`, delete: true as const, expect: 1 }]),
      ...(step === 0 ? [] : [{ key: `stays/${client}/0`, require: 1 }]),
      ...(client === 0 ? [{ key: 'both', value }] : []),
      { key: `right/${client}`, value },
    ],
    ...(client === 0 ? { lease: { id: `lease ${step}`, scopes: ['scope', 'other'], from: 1000, until: 3000 } } : {}),
  }
}

async function commit(store: PostgresStore, one: Commit, planted?: Planted): Promise<Committed> {
  const inPieces = planted === 'torn'
  if (planted === 'early') void store.commit(one).catch(() => {})
  if (inPieces) for (const write of one.writes) await store.commit({ writes: [write] })
  return planted === 'early' || inPieces ? { versions: [] } : await store.commit(one)
}

/** Does again, without a look, what was not acknowledged. */
async function repeat(store: PostgresStore, refused: ReadonlySet<number>, step: number): Promise<void> {
  for (const client of refused) {
    const { writes } = commitOf(client, step)
    const whatever = writes.flatMap((write): Write[] => {
      if ('require' in write) return []
      return 'value' in write ? [{ key: write.key, value: write.value }] : [{ key: write.key, delete: true }]
    })
    await store.commit({ writes: whatever })
  }
}

async function faultsOf(
  store: PostgresStore,
  acknowledged: readonly (readonly [number, number])[],
  rivals: number,
): Promise<string[]> {
  const failures: string[] = []
  const all = Array.from({ length: steps }, (_, step) => step)
  let both = rivals
  for (const client of clients) {
    const named = (what: string) => all.map((step) => `${what}/${client}/${step}`)
    const [left, right] = [`left/${client}`, `right/${client}`]
    const found = await store.read([left, right, ...named('stays'), ...named('passing')])
    const there = (what: string): number[] => all.filter((step) => found.get(`${what}/${client}/${step}`) !== undefined)
    const done = there('stays')
    if (client === 0) both += done.length
    for (const [, step] of acknowledged.filter(([who]) => who === client))
      if (!done.includes(step)) failures.push(`acknowledged and lost: step ${step} of client ${client}`)
    const versions = [left, right].map((key) => found.get(key)?.version ?? 0)
    const whole =
      done.every((step, i) => step === i) &&
      there('passing').join() === done.slice(-1).join() &&
      [left, right].every((key) => found.get(key)?.value[1] === done.at(-1))
    if (!whole) failures.push(`in half: client ${client} after ${done.length} steps`)
    if (versions.some((version) => version > done.length))
      failures.push(`done twice: ${done.length} steps of client ${client} left versions ${versions.join()}`)
    else if (versions.some((version) => version < done.length)) failures.push(`in half: versions ${versions.join()}`)
  }
  const version = (await store.read(['both'])).get('both')?.version ?? 0
  if (version !== both) failures.push(`${version} writes of a key that ${both} commits wrote`)
  const { findings } = await store.fsck()
  return [...failures, ...findings.map((finding) => `fsck: ${JSON.stringify(finding)}`)]
}

/** Cuts the connection to the database at every statement of the way, in every way, and looks at what stands. */
export const postgresCuts: Battery = async ({ count = Number.POSITIVE_INFINITY, until, folder, say }) => {
  const of = 'connections cut at a statement'
  const floor = 500
  if (postgresMissing !== undefined)
    return { count: 0, of, floor, looked: 'nothing', failures: [], caught: undefined, without: postgresMissing }
  // the server runs as nobody
  chmodSync(folder, 0o755)
  const server = await startPostgres({}, { under: folder })
  const bench = await openCutBench(server)
  const failures: string[] = []
  let [cuts, acknowledged, most] = [0, 0, 0]
  try {
    for (const away of [false, true])
      for (const how of cutsOfStatement) {
        for (let at = 1; cuts < count && hasTime({ until }); at++) {
          const one = await bench.attempt({ at, how, away })
          failures.push(...one.failures.map((failure) => `${how} ${at}${away ? ', away' : ''}: ${failure}`))
          acknowledged += one.acknowledged
          if (!one.cut) break
          cuts++
          most = Math.max(most, at)
        }
        say(
          `${how}${away ? ', and away' : ''}: ${cuts} cuts, ${acknowledged} acknowledged, ${failures.length} failures`,
        )
      }
    const caught = await catchPlanted(bench, plantedCuts)
    return {
      ...{ count: cuts, of, floor, failures },
      looked: `${acknowledged} acknowledged commits of 5 to 7 keys; up to ${most} statements a run, each cut in ${cutsOfStatement.length} ways, with and without the database coming back`,
      caught: caught.length === plantedCuts.length ? caught.join('; ') : undefined,
    }
  } finally {
    await bench.end()
    await server.remove()
  }
}

/** What the look says of each fault on purpose: the last statements of a run are cut until it says something. */
export async function catchPlanted(bench: CutBench, faults: readonly Planted[]): Promise<string[]> {
  const caught: string[] = []
  for (const planted of faults) {
    const { statements } = await bench.attempt(undefined, planted === 'again' ? undefined : planted)
    for (let at = statements - 4; at > 0; at -= 1) {
      const { failures } = await bench.attempt({ at, how: 'answered', away: true }, planted)
      if (failures[0] === undefined) continue
      caught.push(`${planted}: ${failures[0].replace(/:.*/, '')}`)
      break
    }
  }
  return caught
}
