import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { createRegistryClient } from '@dcann/sdk/registry-client'
import type { Part } from '../../scripts/federation/part.ts'
import type { Federation } from '../../scripts/federation/parts.ts'
import { makeHolder, signPassport, signPassportAfter } from '../cast.ts'
import { type Battery, type Budget, hasTime, type Outcome } from './battery.ts'
import { failingEngine } from './failing-engine.ts'
import { cannotTrace, type Fault, faults, systemCalls, whileFailing } from './traced.ts'
import { type ReadyAct, vaultActs } from './vault-acts.ts'
import { type Bench, fsck, settle, startAgain, startNodes, startPlanted } from './vault-work.ts'

/** What a sweep over the system calls of one kind of act saw. */
type Sweep = { hits: number; acts: number; kinds: number; readonly failures: string[] }

/** A pause between the answer and the look, in which a node that answers too early does what it answered for. */
const lateMilliseconds = 80
const callsMost = 12

/** Fails each write and each sync of each kind of act of a vault node, and of a registry's admission, one at a time. */
export const calls: Battery = async (budget) => {
  const { until, seed, folder, say, count } = budget
  const reason = cannotTrace()
  if (reason !== undefined) return { ...(await failingEngine(budget)), without: reason }
  // one thread for the file system, so that the number of a call means something
  process.env['UV_THREADPOOL_SIZE'] = '1'
  const federation = await startNodes(folder, 'faults')
  const log = join(folder, 'trace.txt')
  const sum: Sweep = { hits: 0, acts: 0, kinds: 0, failures: [] }
  try {
    const bench = await settle(federation, `faults calls ${seed}`)
    const kinds: [string, Part, () => Promise<ReadyAct>][] = [
      ...Object.entries(vaultActs).map(([name, ready]): [string, Part, () => Promise<ReadyAct>] => [
        name,
        federation.tallinn,
        () => ready(bench),
      ]),
      ['admit', federation.registry, () => admission(federation, bench, 1)],
      ['admit an update', federation.registry, () => admission(federation, bench, 2)],
    ]
    for (const [name, part, ready] of kinds) {
      if (!hasTime({ until }) || sum.hits >= (count ?? Number.POSITIVE_INFINITY)) break
      const found = await sweep(part, ready, log, { until, say })
      sum.hits += found.hits
      sum.acts += found.acts
      sum.kinds++
      sum.failures.push(...found.failures.map((failure) => `${name}: ${failure}`))
      await part.end()
      sum.failures.push(...[fsck(part)].filter((fault) => fault !== undefined))
      await startAgain(part)
      say(`${name}: ${found.hits} calls failed, ${found.failures.length} failures`)
    }
    return await withCaught(sum, federation, bench, log)
  } finally {
    await federation.stop()
  }
}

/** For each kind of call and each fault: the first, the second and so on, until the act makes no such call any more. */
async function sweep(
  part: Part,
  ready: () => Promise<ReadyAct>,
  log: string,
  { until, say }: Pick<Budget, 'until' | 'say'>,
): Promise<Sweep> {
  const sum: Sweep = { hits: 0, acts: 0, kinds: 0, failures: [] }
  for (const call of systemCalls)
    for (const fault of faults)
      for (let when = 1; when <= callsMost && hasTime({ until }); when++) {
        const { hit, failure } = await once(part, await patiently(ready), { call, fault, when }, log)
        sum.acts++
        if (failure !== undefined) {
          sum.failures.push(`${call} ${when} ${fault}: ${failure}`)
          say(`${call} ${when} ${fault}: ${failure}`)
        }
        if (!hit) break
        sum.hits++
      }
  return sum
}

/** One act, one failing call: the node is started again, and what it acknowledged has to stand, and nothing in half. */
async function once(
  part: Part,
  { send, look }: ReadyAct,
  injection: { readonly call: (typeof systemCalls)[number]; readonly fault: Fault; readonly when: number },
  log: string,
  late = lateMilliseconds,
): Promise<{ readonly hit: boolean; readonly failure: string | undefined }> {
  const { hit, done: acknowledged } = await whileFailing(
    part,
    injection,
    async () => {
      const sent = await send().then(
        () => true,
        () => false,
      )
      await wait(late)
      return sent
    },
    log,
  )
  if (!hit && acknowledged) return { hit, failure: undefined }
  if (!hit) return { hit, failure: 'it is not acknowledged, and nothing was made to fail' }
  await part.end('SIGKILL')
  try {
    await startAgain(part)
  } catch (error) {
    return { hit, failure: error instanceof Error ? error.message : 'it does not start again' }
  }
  const standing = await patiently(look)
  if (standing === 'half') return { hit, failure: 'it stands in half' }
  return { hit, failure: acknowledged && standing === 'absent' ? 'acknowledged, and not there' : undefined }
}

/** What only prepares and looks may find a busy machine slow; what is under test is never tried again. */
async function patiently<T>(act: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await act()
    } catch (error) {
      if (tries === 5) throw error
      await wait(2_000)
    }
  }
}

async function withCaught(sum: Sweep, federation: Federation, bench: Bench, log: string): Promise<Outcome> {
  const planted = await startPlanted(federation.tallinn, 'forgetful')
  const strand = vaultActs['strand']
  if (!strand) throw new Error('failing calls: no act makes a strand')
  // what it does too late may take its time on a busy machine
  const injection = { call: 'write', fault: 'KILL', when: 1 } as const
  const { failure } = await once(planted, await strand(bench), injection, log, 3000)
  await planted.end('SIGKILL')
  return {
    count: sum.hits,
    of: 'writes and syncs made to fail (KILL, EIO, ENOSPC)',
    floor: 80,
    looked: `${sum.acts} acts of ${sum.kinds} of ${Object.keys(vaultActs).length + 2} kinds`,
    failures: sum.failures,
    caught: failure === undefined ? undefined : `acknowledges before it writes: ${failure}`,
  }
}

/** A passport taken in by the registry, or its second record. */
async function admission({ cast, registry, world }: Federation, { next }: Bench, seq: 1 | 2): Promise<ReadyAct> {
  const own = world()
  const now = Math.floor(own.now())
  const holder = makeHolder(`faults/${now}/${next()}/${seq}`)
  const client = createRegistryClient(own, registry.url)
  const first = await signPassport(holder, 'IN', cast.nodes.tallinn, now)
  if (seq === 2) await client.submit(first.signed)
  const record = seq === 1 ? first : await signPassportAfter(first, holder, {}, now)
  return {
    send: () => client.submit(record.signed),
    look: async () => {
      const { passport } = await client.passport(record.payload.name)
      if (passport.records.length === seq - 1) return 'absent'
      return passport.records.at(-1)?.payload === record.signed.payload ? 'there' : 'half'
    },
  }
}
