import { chmodSync, mkdtempSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeLogKey, readLogKey } from './log-key.ts'

const folder = mkdtempSync(join(tmpdir(), 'registry-log-key-'))
const file = join(folder, 'zone.key')

test('makeLogKey makes a seed that only its owner reads, and never twice', () => {
  const key = makeLogKey(file)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(readLogKey(file).key).toBe(key)
  expect(() => makeLogKey(file)).toThrow('EEXIST')
})

test('readLogKey reads the form of before too', () => {
  const before = join(folder, 'before.key')
  writeFileSync(before, `${Buffer.alloc(32, 7).toString('base64url')}\n`, { mode: 0o600 })
  const now = join(folder, 'now.key')
  writeFileSync(now, `${'07'.repeat(32)}\n`, { mode: 0o600 })
  expect(readLogKey(before).key).toBe(readLogKey(now).key)
})

test('readLogKey refuses a missing file, one that others read, and one that holds no seed', () => {
  expect(() => readLogKey(join(folder, 'none.key'))).toThrow('--make-key')
  const open = join(folder, 'open.key')
  makeLogKey(open)
  chmodSync(open, 0o644)
  expect(() => readLogKey(open)).toThrow('others may read it')
  const text = join(folder, 'text.key')
  writeFileSync(text, 'secret', { mode: 0o600 })
  expect(() => readLogKey(text)).toThrow('64 hexadecimal')
  expect(() => readLogKey(text)).not.toThrow('secret')
})
