import { hex, sha256, utf8 } from '@dcann/protocol/bytes'
import type { PolicyRecord } from '@dcann/protocol/policy'
import { recordIdOf } from '@dcann/protocol/signed'
import { parseTime } from '@dcann/protocol/time'
import { expect, test } from 'vitest'
import { checkBundle, readBundle } from './wallet-bundle.ts'

const files = { 'assets/index-1.js': 'script', 'index.html': 'document', 'mark.svg': 'picture' }
const list = Object.entries(files)
  .map(([path, text]) => `${hex(sha256(utf8(text)))}  ${path}\n`)
  .join('')

const payload: PolicyRecord = {
  v: 1,
  name: 'policy/wallet-1',
  seq: 1,
  prev: null,
  at: '2026-11-01T00:00:00Z',
  subject: 'wallet-bundle',
  title: 'The wallet, first edition',
  digest: recordIdOf(utf8(list)),
  urls: ['https://houses.example/wallet-1.txt'],
  from: '2026-11-02T00:00:00Z',
  status: 'adopted',
}
const served = {
  'https://houses.example/wallet-1.txt': list,
  'https://wallet.example/': files['index.html'],
  'https://wallet.example/ask': files['index.html'],
  'https://wallet.example/assets/index-1.js': files['assets/index-1.js'],
  'https://wallet.example/mark.svg': files['mark.svg'],
}

async function check(change: { served?: Record<string, string>; policy?: Partial<PolicyRecord>; at?: string } = {}) {
  const all: Readonly<Record<string, string>> = { ...served, ...change.served }
  const world = {
    now: () => parseTime('2026-11-24T12:00:00Z'),
    fetch: async (url: string) => new Response(all[url] ?? 'nothing here', { status: url in all ? 200 : 404 }),
  }
  const policy = { id: recordIdOf(utf8('policy')), payload: { ...payload, ...change.policy } }
  return await checkBundle(world, { at: change.at ?? 'https://wallet.example', policy, root: { test: false } })
}

test('checkBundle: says that every file is what was adopted, the document wherever it is shown', async () => {
  expect(await check()).toMatchObject({ files: 3, others: [], digest: hex(sha256(utf8(list))) })
})

test('checkBundle: names each file that is another or does not come', async () => {
  const other = { 'https://wallet.example/ask': 'document, and a script', 'https://wallet.example/mark.svg': '' }
  expect((await check({ served: other })).others).toEqual(['/ask', '/mark.svg'])
  expect((await check({ at: 'https://elsewhere.example' })).others).toHaveLength(4)
})

test('checkBundle: goes by no other text than the one that was adopted, and by none that is not in force', async () => {
  const another = { 'https://houses.example/wallet-1.txt': `${list}${list}` }
  await expect(check({ served: another })).rejects.toMatchObject({ code: 'digest-mismatch' })
  await expect(check({ policy: { status: 'withdrawn' } })).rejects.toMatchObject({ code: 'not-active' })
  await expect(check({ policy: { from: '2026-12-01T00:00:00Z' } })).rejects.toMatchObject({ code: 'not-active' })
  await expect(check({ policy: { subject: 'fair-use' } })).rejects.toMatchObject({ code: 'schema-mismatch' })
  await expect(check({ at: 'http://wallet.example' })).rejects.toMatchObject({ code: 'unreachable' })
})

test('readBundle: reads lines as sha256sum writes them, and no path that climbs', () => {
  expect(readBundle(list).map(({ path }) => path)).toEqual(Object.keys(files))
  const digest = '0'.repeat(64)
  for (const wrong of [
    '',
    list.trimEnd(),
    `${digest} a\n`,
    `${digest}  ../a\n`,
    `${digest}  /a\n`,
    `${digest}  a//b\n`,
  ])
    expect(() => readBundle(wrong)).toThrow(expect.objectContaining({ code: 'answer-invalid' }))
})
