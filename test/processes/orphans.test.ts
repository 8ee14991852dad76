import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePorts } from '../../scripts/federation/part.ts'

const part = new URL('../../scripts/federation/part.ts', import.meta.url).href
const http = new URL('../../packages/http/src/serve.ts', import.meta.url).href
const program = `
import { startPart } from ${JSON.stringify(part)}
const [, self, port, log, role] = process.argv
if (role === 'part') {
  const { untilSignalled } = await import(${JSON.stringify(http)})
  const { createServer } = await import('node:http')
  const server = createServer((_, answer) => answer.end()).listen(Number(port), '127.0.0.1', () => console.log('"listening"'))
  await untilSignalled()
  server.close()
} else {
  const started = await startPart({
    name: 'part', main: self, args: [port, log, 'part'], url: 'http://127.0.0.1:' + port, folder: log, log,
  })
  console.log(started.pid())
}
`

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dcann-orphans-'))
  await writeFile(join(folder, 'program.mjs'), program)
})
afterAll(() => rm(folder, { recursive: true }))

test('startPart: a part does not outlive whoever started it, however that ended', async () => {
  const [port] = await freePorts(1)
  const args = [join(folder, 'program.mjs'), String(port), join(folder, 'part.log')]
  const parent = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(parent.stdout, 'data')
  expect(await answers(port)).toBe(true)
  parent.kill('SIGKILL')
  await once(parent, 'exit')
  await expect.poll(() => answers(port), { timeout: 20_000, interval: 50 }).toBe(false)
})

async function answers(port: number | undefined): Promise<boolean> {
  return await fetch(`http://127.0.0.1:${port}`, { headers: { connection: 'close' } }).then(
    ({ ok }) => ok,
    () => false,
  )
}
