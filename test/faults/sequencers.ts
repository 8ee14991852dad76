import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { canonicalText } from '@dcann/protocol/canonical'
import { freePorts, type Part, startPart } from '../../scripts/federation/part.ts'
import { makeHolder, signPassport } from '../cast.ts'
import type { Draw } from '../draws.ts'
import { fsckRegistry, registry, type RegistryBench, settleRegistry } from './registry-work.ts'

/** What fighting over one zone came to. */
export type Fought = {
  takeovers: number
  acknowledged: number
  /** Heads that were seen, at whichever process. */
  heads: number
  readonly failures: string[]
}

const unfenced = fileURLToPath(new URL('unfenced-registry.ts', import.meta.url))
const clients = 3
/** Names looked for at every process; fsck looks at all of them. */
const most = 40
let born = 0

/**
 * Lets several processes of one registry serve the same zones out of one database while clients submit to all of them, and
 * kills or freezes whichever sequences, again and again. No two heads of one size may differ, wherever they are seen; what
 * was acknowledged has to resolve at every process; and fsck has to make the whole log again.
 */
export async function fightOver(
  database: string,
  folder: string,
  plan: {
    readonly takeovers: number
    readonly draw: Draw
    readonly isOver?: () => boolean
    readonly planted?: boolean
  },
): Promise<Fought> {
  const bench = await settleRegistry(folder)
  const parts: Part[] = []
  // one after another: what is made at the first start is made once
  for (const name of ['a', 'b', 'c'])
    parts.push(await startProcess(bench, database, name, plan.planted ? unfenced : registry))
  const fought: Fought = { takeovers: 0, acknowledged: 0, heads: 0, failures: [] }
  const seen = new Map<number, string>()
  const over = new AbortController()
  const names: string[] = []

  const look = async ({ url }: Part): Promise<void> => {
    const text = await fetch(`${url}/v1/zones/IN/checkpoint`).then(
      (answer) => (answer.ok ? answer.text() : ''),
      () => '',
    )
    const [, size, root] = text.split('\n')
    if (size === undefined || root === undefined) return
    const before = seen.get(Number(size))
    if (before === undefined) seen.set(Number(size), root)
    else if (before !== root) fought.failures.push(`two heads of size ${size}: ${before} and ${root}`)
  }
  const watch = async (part: Part): Promise<void> => {
    while (!over.signal.aborted) {
      await look(part)
      await wait(50)
    }
  }
  const submitting = async (place: number): Promise<void> => {
    for (let at = place; !over.signal.aborted;) {
      const record = await signPassport(makeHolder(`fought ${born++}`), 'IN', bench.cast.nodes.tallinn, bench.now)
      const body = canonicalText(record.signed)
      for (let done = false; !done && !over.signal.aborted; at++) {
        const url = parts[at % parts.length]?.url ?? ''
        const headers = { 'content-type': 'application/json' }
        const answer = await fetch(`${url}/v1/records`, { method: 'POST', headers, body }).catch(() => undefined)
        await answer?.arrayBuffer().catch(() => {})
        done = answer?.ok === true
        if (!done) await wait(50)
      }
      if (over.signal.aborted) return
      names.push(record.payload.name)
      fought.acknowledged++
    }
  }
  const working = [...parts.map(watch), ...Array.from({ length: clients }, (_, i) => submitting(i))]
  try {
    while (fought.takeovers < plan.takeovers && !plan.isOver?.()) {
      const before = fought.acknowledged
      await until(() => fought.acknowledged >= before + 10 || fought.failures.length > 0)
      if (plan.planted) {
        if (fought.failures.length > 0) break
        fought.takeovers++
        continue
      }
      const sits = sequencerOf(parts)
      if (plan.draw(2) === 0) {
        await sits.end('SIGKILL')
        await until(() => sequencerOf(parts) !== sits)
        await sits.again()
      } else {
        process.kill(sits.pid(), 'SIGSTOP')
        await until(() => sequencerOf(parts) !== sits)
        await wait(plan.draw(300))
        process.kill(sits.pid(), 'SIGCONT')
        // it finds itself overtaken, and whoever runs it starts it again
        await sits.died
        await sits.again()
      }
      fought.takeovers++
    }
    over.abort()
    await Promise.all(working)
    if (!plan.planted) {
      for (const part of parts) fought.failures.push(...(await missingAt(part, names.slice(-most))))
      const { code, said } = await fsckRegistry({ ...bench, config: join(folder, 'a.json') })
      if (code !== 0) fought.failures.push(`fsck: ${said}`)
    }
    fought.heads = seen.size
    return fought
  } finally {
    over.abort()
    await Promise.allSettled(working)
    await Promise.allSettled(parts.map((part) => part.end('SIGKILL')))
  }
}

async function startProcess(
  { folder, config }: RegistryBench,
  database: string,
  name: string,
  main: string,
): Promise<Part> {
  const [port = 0] = await freePorts(1)
  const file = join(folder, `${name}.json`)
  const store = { url: database, keyFile: join(folder, 'registry.keys'), writer: name, check: 'quick' }
  writeFileSync(file, JSON.stringify({ ...(JSON.parse(readFileSync(config, 'utf8')) as object), port, store }))
  const url = `http://127.0.0.1:${port}`
  return await startPart({ name, main, args: ['--config', file], url, folder, log: join(folder, `${name}.log`) })
}

/** Whoever said last that it sequences. */
function sequencerOf(parts: readonly Part[]): Part {
  const said = parts.flatMap((part) => {
    const line = readFileSync(part.log, 'utf8')
      .split('\n')
      .findLast((each) => each.includes('"sequences"'))
    return line === undefined ? [] : [{ part, time: String(/"time":"([^"]+)"/.exec(line)?.[1]) }]
  })
  const [newest] = said.toSorted((a, b) => (a.time < b.time ? 1 : -1))
  if (!newest) throw new Error('fighting over a zone: nobody sequences')
  return newest.part
}

async function missingAt({ name: process, url }: Part, names: readonly string[]): Promise<string[]> {
  const missing: string[] = []
  for (const name of names) {
    let found = false
    for (let tries = 0; !found && tries < 50; tries++) {
      const answer = await fetch(`${url}/v1/resolve/${name}`)
      // `as`: what is not a resolution has no records
      const body = (await answer.json()) as { passport?: { records?: unknown[] } }
      found = (body.passport?.records?.length ?? 0) > 0
      if (!found) await wait(100)
    }
    if (!found) missing.push(`acknowledged, and not resolved by ${process}: ${name}`)
  }
  return missing
}

async function until(holds: () => boolean): Promise<void> {
  for (const end = performance.now() + 60_000; !holds(); await wait(20))
    if (performance.now() > end) throw new Error('fighting over a zone: nothing goes on for a minute')
}
