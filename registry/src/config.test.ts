import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type ConfigInput, parseConfig, readConfig, readRecords } from './config.ts'

const folder = mkdtempSync(join(tmpdir(), 'registry-config-'))
const input: ConfigInput = {
  publicUrl: 'https://registry.example',
  port: 0,
  store: { folder: 'store' },
  zones: [{ zone: 'root', logKeyFile: 'root.key' }],
  rootFile: 'root.json',
}
const file = join(folder, 'config.json')
writeFileSync(file, JSON.stringify(input))

test('parseConfig makes paths absolute from where the settings stand', () => {
  const config = parseConfig(input, folder)
  expect(config.rootFile).toBe(join(folder, 'root.json'))
  expect(config.store).toEqual({ folder: join(folder, 'store'), check: 'full', restored: false })
  expect(config.zones).toEqual([{ zone: 'root', logKeyFile: join(folder, 'root.key') }])
})

test.each<[string, object]>([
  ['a setting that does not exist', { prot: 80 }],
  ['one zone twice', { zones: [...(input.zones ?? []), ...(input.zones ?? [])] }],
  ['no zone', { zones: [] }],
  ['a zone of no country', { zones: [{ zone: 'india', logKeyFile: 'x' }] }],
  ['a port out of range', { port: 65_536 }],
])('parseConfig refuses %s', (_, change) => {
  expect(() => parseConfig({ ...input, ...change }, folder)).toThrow('reading the settings')
})

test('readConfig takes the file from a flag or the environment, and lets flags win', () => {
  const asked = readConfig(['--config', file, '--port', '4001', '--store', '/elsewhere', '--restored'], {})
  expect(asked).toMatchObject({
    mode: 'serve',
    config: { port: 4001, store: { folder: '/elsewhere', restored: true } },
  })
  expect(readConfig(['--fsck'], { DCANN_REGISTRY_CONFIG: file }).mode).toBe('fsck')
  expect(readConfig(['--make-key', 'x'], {})).toEqual({ mode: 'make-key', file: 'x' })
  expect(() => readConfig([], {})).toThrow('DCANN_REGISTRY_CONFIG')
  expect(() => readConfig(['--config', file, '--port', 'x'], {})).toThrow('port')
  expect(() => readConfig(['--unknown'], {})).toThrow('--unknown')
})

test('readRecords reads one signed record or a list, and nothing else', () => {
  const signed = { payload: 'e30', signatures: [{ protected: 'e30', signature: 'AA' }] }
  const path = join(folder, 'records.json')
  for (const written of [signed, [signed]]) {
    writeFileSync(path, JSON.stringify(written))
    expect(readRecords(path)).toEqual([signed])
  }
  writeFileSync(path, '{"payload":1}')
  expect(() => readRecords(path)).toThrow('expected a signed record')
  expect(() => readRecords(join(folder, 'none.json'))).toThrow('missing or not JSON')
})
