import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLogger } from '@dcann/http/log'
import { canonicalText } from '@dcann/protocol/canonical'
import { recordAnswer } from '@dcann/protocol/registry-api'
import { rootNoun } from '@dcann/protocol/root'
import { memoryStore } from '@dcann/store/memory'
import { openStore } from '@dcann/store/open'
import { expect, test } from 'vitest'
import { makeCast, makeHolder, signPassport, write } from '../../test/cast.ts'
import { castNow } from '../../test/registry-in-process.ts'
import { type ConfigInput, parseConfig } from './config.ts'
import { fsck } from './fsck.ts'
import { start, type World } from './main.ts'
import { currentRecord } from './records/shelf.ts'

const cast = await makeCast('registry-tests', castNow)
const folder = mkdtempSync(join(tmpdir(), 'registry-main-'))
writeFileSync(join(folder, 'root.json'), JSON.stringify(cast.root.signed))
writeFileSync(join(folder, 'records.json'), JSON.stringify(cast.records))
const input: ConfigInput = {
  publicUrl: 'https://registry.example',
  port: 0,
  admin: { port: 0, tokenFile: 'token' },
  store: { folder: 'store' },
  zones: [
    { zone: 'root', testKey: `${cast.seed}/root/log` },
    { zone: 'IN', testKey: `${cast.seed}/country/IN/log` },
  ],
  rootFile: 'root.json',
  recordFiles: [],
}
const logger = createLogger({ name: 'registry', level: 'silent' })
const world: World = { now: () => castNow, logger }

test('start serves over ports, keeps what it acknowledged over a restart, and fsck finds it whole', async () => {
  const config = parseConfig({ ...input, recordFiles: ['in.json'] }, folder)
  writeFileSync(join(folder, 'in.json'), JSON.stringify([cast.countries.IN.record.signed]))
  const born = await signPassport(makeHolder('asha'), 'IN', cast.nodes.pune, castNow)

  const first = await start(config, world)
  const response = await fetch(`${first.url}/v1/records`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: canonicalText(born.signed),
  })
  expect(recordAnswer.parse(await response.json()).id).toBe(born.id)
  expect((await fetch(`${first.url}/readyz`)).status).toBe(200)
  expect((await fetch(`${first.adminUrl}/metrics`)).status).toBe(401)
  await first.stop()

  const second = await start(config, world)
  const found = await fetch(`${second.url}/v1/records/${born.id}`)
  expect(await found.json()).toEqual(born.signed)
  await second.stop()

  const said: string[] = []
  expect(await fsck(config, (line) => said.push(line))).toBe(0)
  expect(said.at(-1)).toBe('records: 4 acts judged again, 0 problem(s)')
})

test('fsck counts what is wrong, in the records and in the store', async () => {
  const config = parseConfig({ ...input, admin: undefined, store: { folder: 'damaged' } }, folder)
  const at = join(folder, 'damaged')
  await (await start(config, world)).stop()
  const store = await openStore(at)
  await store.commit({ writes: [currentRecord('root', 'root').delete()] })
  await store.close()
  const said: string[] = []
  expect(await fsck(config, (line) => said.push(line))).toBe(2)
  expect(said).toContainEqual(expect.stringMatching(/^records: root: act 1: its record .* is not there$/))
  const table = readdirSync(at).find((name) => /\.(ldb|log)$/.test(name) && statSync(join(at, name)).size > 0)
  rmSync(join(at, table ?? ''))
  expect(await fsck(config, (line) => said.push(line)).catch(() => 1)).toBeGreaterThan(0)
})

test('start closes its store again when a port cannot be had', async () => {
  const first = await start(parseConfig({ ...input, store: { folder: 'a' } }, folder), world)
  const port = Number(new URL(first.url).port)
  const second = parseConfig({ ...input, store: { folder: 'b' }, port }, folder)
  await expect(start(second, world)).rejects.toThrow('EADDRINUSE')
  await (await start({ ...second, port: 0 }, world)).stop()
  await first.stop()
})

test('start refuses test keys under a root that is no test', async () => {
  const real = await write(rootNoun, { ...cast.root.payload, test: false }, Object.values(cast.houses).flat())
  writeFileSync(join(folder, 'real.json'), JSON.stringify(real.signed))
  const config = parseConfig({ ...input, rootFile: 'real.json' }, folder)
  await expect(start(config, { ...world, store: memoryStore() })).rejects.toThrow('only a test root admits')
})

test('start tells when its store has failed', async () => {
  let broken = false
  const store = memoryStore({ sync: async () => void (broken && (await Promise.reject(new Error('disk')))) })
  const running = await start(parseConfig({ ...input, admin: undefined }, folder), { ...world, store })
  broken = true
  const response = await fetch(`${running.url}/v1/records`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: canonicalText(cast.countries.IN.record.signed),
  })
  expect(response.status).toBe(503)
  expect(await running.failed).toBeInstanceOf(Error)
  expect((await fetch(`${running.url}/readyz`)).status).toBe(503)
  await running.stop()
})
