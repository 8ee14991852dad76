import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePorts } from '../../scripts/federation/part.ts'
import { type Federation, startFederation } from '../../scripts/federation/parts.ts'
import { blocksIn, openShell, type Shell } from '../shell-text.ts'

const text = blocksIn('packages/gateway/README.md')
const hasCurl = spawnSync('curl', ['--version']).status === 0
if (!hasCurl)
  console.warn('company.test.ts: there is no curl here, so the text of packages/gateway/README.md is NOT followed')

let base: string
let federation: Federation
let shell: Shell

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'dcann-company-'))
  const ports = await freePorts(7)
  federation = await startFederation({ folder: join(base, 'federation'), seed: 'demo', ports, withoutCompanies: true })
  const [, , , , , publicPort = 0, consolePort = 0] = ports
  // addresses, ports and the root's file are the demo's or this run's; nothing else is touched
  const instead: readonly (readonly [string, string])[] = [
    ['$PWD/demo/root.json', federation.rootFile],
    ['http://127.0.0.1:4700', federation.registry.url],
    ['4731', String(publicPort)],
    ['4732', String(consolePort)],
  ]
  shell = openShell(base, (commands) => instead.reduce((all, [from, to]) => all.replaceAll(from, to), commands))
})

afterAll(async () => {
  await shell?.close()
  await federation?.stop()
  await rm(base, { recursive: true, force: true })
})

test('packages/gateway/README.md has the blocks that are followed here', () => {
  expect(text.map(({ mark }) => mark).join(' ')).toBe('run run run serve run run run run run')
})

describe.skipIf(!hasCurl)('a company, from an empty folder, with curl and the text alone', () => {
  test('joins, asks, is answered, keeps evidence, gives a receipt', { timeout: 300_000 }, async () => {
    const said: string[] = []
    for (const { mark, commands } of text) {
      if (mark === 'serve') {
        await shell.serve(commands)
        continue
      }
      const { code, out, err } = await shell.run(commands)
      expect({ code, commands, err, out }).toMatchObject({ code: 0 })
      said.push(out)
    }
    const [linked = '', , answered = '', verified = '', last = ''] = said.slice(3)
    expect(linked).toMatch(/^ask#[A-Za-z0-9_-]+\n$/)
    const answer: unknown = JSON.parse(answered)
    expect(answer).toMatchObject({
      sealed: true,
      answer: [{ derived: { rides_per_week: { value: expect.any(String) } } }],
    })
    expect(verified).toContain('EE/node/tallinn')
    expect(last).toContain('"standing":"retired"')
  })
})
