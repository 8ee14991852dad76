import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { constants, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

const launcher = fileURLToPath(new URL('../../scripts/node24.mjs', import.meta.url))
const program = `
const [how]: string[] = process.argv.slice(2)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => { console.log(signal); process.exit(3) })
console.log(process.env['PATH']?.split(process.platform === 'win32' ? ';' : ':')[0])
if (how === 'fail') process.exit(7)
if (how === 'die') process.kill(process.pid, 'SIGKILL')
if (how === 'wait') setInterval(() => {}, 1000)
`

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dcann-launcher-'))
  await writeFile(join(folder, 'program.ts'), program)
})
afterAll(() => rm(folder, { recursive: true }))

test('launcher runs TypeScript from any folder, with its Node first on the path', async () => {
  const { code, said } = await end(launch('pass'))
  expect({ code, said }).toEqual({ code: 0, said: `${dirname(process.execPath)}\n` })
})

test('launcher ends as its program ended', async () => {
  expect((await end(launch('fail'))).code).toBe(7)
  expect((await end(launch('die'))).code).toBe(128 + constants.signals.SIGKILL)
})

test('launcher passes SIGTERM on, and leaves SIGINT to the terminal', async () => {
  const child = launch('wait')
  const ended = end(child)
  await once(child.stdout ?? child, 'data')
  child.kill('SIGINT')
  child.kill('SIGTERM')
  expect(await ended).toMatchObject({ code: 3, said: expect.stringMatching(/\nSIGTERM\n$/) })
})

function launch(how: string): ChildProcess {
  return spawn(process.execPath, [launcher, 'program.ts', how], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] })
}

async function end(child: ChildProcess): Promise<{ code: number | null; said: string }> {
  let said = ''
  child.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, said }
}
