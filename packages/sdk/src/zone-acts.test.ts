import { testSigner } from '@dcann/protocol/key'
import { formatBundle } from '@dcann/protocol/log/bundle'
import { signCheckpoint } from '@dcann/protocol/log/checkpoint'
import { formatEntry } from '@dcann/protocol/log/entry'
import { expect, test } from 'vitest'
import { codeOf } from '../../../test/code-of.ts'
import { readZoneActs } from './zone-acts.ts'

const record = 'A'.repeat(43)

/** A registry whose log has so many acts, each followed by what the map is, and what was asked of it. */
async function logOf(acts: number) {
  const entries = Array.from({ length: acts }, (_, i) => [
    formatEntry({ key: `${String(i).padStart(42, '0')}A`, record, type: 'requester' }),
    formatEntry({ map: record, names: i + 1, time: '2026-11-24T12:00:00Z' }),
  ]).flat()
  const root = new Uint8Array(32).fill(1)
  const head = await signCheckpoint({ origin: 'log.example/EE', size: entries.length, root }, testSigner('a log'))
  const asked: string[] = []
  const fetch = async (url: string): Promise<Response> => {
    const path = new URL(url).pathname.replace('/v1/zones/EE/', '')
    asked.push(path)
    if (path === 'checkpoint') return new Response(head)
    const [, index = '', , width = '256'] = /^tile\/entries\/([0-9]{3})(\.p\/([0-9]+))?$/.exec(path) ?? []
    const from = Number(index) * 256
    return new Response(Uint8Array.from(formatBundle(entries.slice(from, from + Number(width)))))
  }
  return { fetch, asked }
}

test('readZoneActs reads on from any entry, over whole and partial bundles, a piece at a time', async () => {
  const { fetch, asked } = await logOf(300)
  const all = await readZoneActs({ fetch }, 'https://registry.example', 'EE', 0)
  expect(all).toMatchObject({ read: 600, size: 600 })
  expect(all.acts).toHaveLength(300)
  expect(asked).toEqual(['checkpoint', 'tile/entries/000', 'tile/entries/001', 'tile/entries/002.p/88'])
  const some = await readZoneActs({ fetch }, 'https://registry.example', 'EE', 511)
  expect(some.acts.map(({ key }) => Number(key.slice(0, 42)))).toEqual(Array.from({ length: 44 }, (_, i) => 256 + i))
  expect(await readZoneActs({ fetch }, 'https://registry.example', 'EE', 600)).toMatchObject({ acts: [], read: 600 })
  expect(await readZoneActs({ fetch }, 'https://registry.example', 'EE', 9_000)).toMatchObject({ read: 600, size: 600 })
  const long = await logOf(2_400)
  const first = await readZoneActs(long, 'https://registry.example', 'EE', 0)
  expect(first).toMatchObject({ read: 4_096, size: 4_800 })
  const rest = await readZoneActs(long, 'https://registry.example', 'EE', first.read)
  expect(first.acts.length + rest.acts.length).toBe(2_400)
})

test('readZoneActs refuses what is no head, and a bundle cut short', async () => {
  const hello = async (): Promise<Response> => new Response('hello')
  expect(await codeOf(() => readZoneActs({ fetch: hello }, 'https://registry.example', 'EE', 0))).toBe('answer-invalid')
  const { fetch } = await logOf(10)
  const short = async (url: string): Promise<Response> =>
    url.endsWith('checkpoint') ? await fetch(url) : new Response(new Uint8Array([0, 9, 1]))
  expect(await codeOf(() => readZoneActs({ fetch: short }, 'https://registry.example', 'EE', 0))).toBe('answer-invalid')
})
