import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Part } from '../../../scripts/federation/part.ts'
import { agreeMany, signMany } from '../agreed.ts'
import { makeBirths } from '../births.ts'
import { figureOf, interleave } from '../figure.ts'
import { getOf, load, open, times, type Wire } from '../load.ts'
import type { Row } from '../row.ts'
import { portOf, type Stage } from '../stage.ts'

/** Passports in the registry that is started. */
const names = 1_000

/** Milliseconds after which a node is not waited for any more. */
const startMost = 60_000

const command = fileURLToPath(new URL('../../../packages/cli/bin/dcann.mjs', import.meta.url))

/** A command from nothing, and nodes from being started to their first answer. Waits, so a busy machine lengthens them. */
export async function measureStart({ rounds, federation }: Stage): Promise<Row[]> {
  const { registry, tallinn, cast, rootFile } = federation
  const births = await makeBirths(cast, 'bench/start', names)
  const port = portOf(registry.url)
  await load({ port, connections: 16, status: 201, next: times(births.length, (i) => births[i]?.wire) })
  const identifier = births[0]?.identifier ?? ''
  const agreed = await agreeMany(federation, 'start', 4)
  const home = mkdtempSync(join(tmpdir(), 'dcann-bench-home-'))
  try {
    await run(['setup', '--root', rootFile, '--registry', registry.url, '--home', home])
    await run(['resolve', identifier, '--home', home])
    const resolving = getOf(`/v1/resolve/${identifier}`)
    const found = await interleave(rounds, {
      command: async () => await run(['resolve', identifier, '--home', home]),
      registry: async () => await restart(registry, async () => resolving),
      vault: async () => await restart(tallinn, async () => (await signMany(federation, agreed, 1))[0]),
    })
    const row = (id: keyof typeof found, what: string, gate: number | null, note: string): Row => ({
      id,
      what,
      unit: 'ms',
      measured: figureOf(found[id]),
      gate,
      against: 'the clock',
      parts: [],
      note,
    })
    return [
      row('command', '`dcann resolve`, from nothing to its answer', 150, 'a process each time; compiled code is kept'),
      row(
        'registry',
        'a registry, from being started to its first resolution',
        500,
        `${names} passports, every value of its store checked`,
      ),
      row('vault', 'a vault node, from being started to its first answer', 500, 'every value of its store checked'),
    ]
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

async function run(args: readonly string[]): Promise<number> {
  const from = performance.now()
  const child = spawn(process.execPath, [command, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (part: Buffer) => (said += part.toString()))
  const code = await new Promise((resolve) => child.once('close', resolve))
  if (code !== 0) throw new Error(`measuring dcann ${args[0]}: it ended with ${String(code)}: ${said.slice(0, 300)}`)
  return performance.now() - from
}

async function restart(part: Part, question: () => Promise<Wire | undefined>): Promise<number> {
  await part.end()
  const from = performance.now()
  // it gives up waiting after a while, and the process goes on starting
  const ready = part.again().catch(() => undefined)
  const port = portOf(part.url)
  const wire = await question()
  if (!wire) throw new Error('measuring a start: there is no question')
  while (performance.now() - from < startMost) {
    const answer = await open(port)
      .then(async (connection) => await connection.ask(wire).finally(() => connection.end()))
      .catch(() => undefined)
    if (answer?.status === 200) break
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  const waited = performance.now() - from
  await ready
  return waited
}
