import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cpuOf } from './bench/cpu.ts'
import { eachRound, figureOf, interleave, quantile } from './bench/figure.ts'
import { ids, postgresIds } from './bench/groups.ts'
import { fullIds, rowsOf } from './bench/full/rows.ts'
import type { Milestone } from './bench/full/measure.ts'
import { getOf, load, postOf, times } from './bench/load.ts'
import { longReport, merge, shortTable, shown, withTable } from './bench/report.ts'
import type { Result } from './bench/row.ts'
import { soakSection } from './soak/report.ts'

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')
// written by `npm run bench` alone, and every member of it is rendered below
const results = JSON.parse(read('bench/results.json')) as Result[]

test('npm run bench: every row is measured, and report and README say what the results say', () => {
  // a million passports are measured apart, all their rows at once; so is what runs on PostgreSQL, where that is to be had
  const embedded = ids.filter((id) => !postgresIds.includes(id))
  const all = [embedded, ids].flatMap((some) => [some, [...some, ...fullIds]])
  expect(all).toContainEqual(results.map(({ id }) => id))
  expect(read('bench/RESULTS.md')).toBe(longReport(results, soakSection()))
  const readme = read('../README.md')
  expect(withTable(readme, shortTable(results))).toBe(readme)
})

test('merge replaces the rows that were measured and keeps the order and the rest', () => {
  const [one, two] = results
  const changed = { ...one!, rounds: 99 }
  expect(merge([one!, two!], [changed], [two!.id, one!.id])).toEqual([two, changed])
})

test('shortTable says what missed its goal, and that the machine was busy', () => {
  const figure = { median: 2, least: 1, most: 3 }
  const row = { ...results[0]!, measured: figure, gate: 1.5, cores: 2, load: 9 }
  expect(shortTable([row])).toContain('≤ 1.5 | missed |')
  expect(shortTable([row])).toContain('taken beside other work')
  expect(shortTable([{ ...row, load: 1 }])).not.toContain('beside other work')
  expect(shortTable([{ ...row, atLeast: true }])).toContain('≥ 1.5 | met |')
  expect(shortTable([{ ...row, gate: null }])).toContain('no goal set |  |')
})

test('figureOf, quantile and shown', () => {
  expect(figureOf([3, 1, 2])).toEqual({ median: 2, least: 1, most: 3 })
  expect(quantile([0, 10], 0.99)).toBeCloseTo(9.9)
  expect([0.0123456, 1.5, 12.34, 5551.4, 123_456].map(shown)).toEqual(['0.0123', '1.5', '12.3', '5550', '123000'])
})

test('interleave takes turns in both orders, and eachRound relates what was measured together', async () => {
  const order: string[] = []
  const measure = (name: string, value: number) => async (round: number) => (order.push(name), value * (round + 1))
  const found = await interleave(3, { a: measure('a', 6), b: measure('b', 2) })
  expect(order.join('')).toBe('abbaab')
  expect(eachRound(found, ({ a, b }) => a / b)).toEqual([3, 3, 3])
})

describe('load', () => {
  const server = createServer((request, response) => {
    let size = 0
    request
      .on('data', (part: Buffer) => (size += part.length))
      .on('end', () => {
        if (request.url === '/wrong') response.writeHead(404)
        response.end(String(size).padStart(40_000))
      })
  })
  let port = 0
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    port = (server.address() as AddressInfo).port
  })
  afterAll(() => void server.close())

  test('asks as often as it was told and counts whole answers', async () => {
    const wire = postOf('/', Buffer.from('{}'))
    const done = await load({ port, connections: 3, status: 200, next: times(20, () => wire) })
    expect([done.answered, done.latencies.length, done.bodyBytes]).toEqual([20, 20, 40_000])
  })

  test('ends at an answer of another status', async () => {
    const wrong = load({ port, connections: 1, status: 200, next: times(2, () => getOf('/wrong')) })
    await expect(wrong).rejects.toThrow('answered 404')
  })
})

test('cpuOf grows with what a process does', () => {
  const before = cpuOf(process.pid)
  const until = performance.now() + 40
  while (performance.now() < until);
  expect(cpuOf(process.pid)).toBeGreaterThan(before)
})

test('rowsOf: a zone that has grown is held against itself when it was small, each figure over its own floor', () => {
  const figure = (value: number) => figureOf([value])
  const small: Milestone = {
    names: 10_000,
    cpu: {
      warm: figure(100),
      cold: figure(200),
      bare: figure(10),
      admit: figure(1_000),
      post: figure(40),
      verify: figure(80),
      hash: figure(2),
    },
    batchAct: 500,
    batchActs: 40,
    startFull: figure(400),
    startQuick: figure(300),
    memoryStarted: 2 ** 26,
    memoryServed: 2 ** 26,
    diskBytes: 1e7,
    body: 8_000,
    bodyPacked: 4_000,
    proofsPacked: 2_000,
    proofHashes: 700,
    mirrored: 2_000,
    mirroredActs: 10_000,
  }
  const large: Milestone = {
    ...small,
    names: 1_280_000,
    cpu: { ...small.cpu, warm: figure(200), bare: figure(20) },
    batchAct: 750,
  }
  const rows = rowsOf([small, large])
  expect(rows.map(({ id }) => id)).toEqual(fullIds)
  const medianOf = (id: string) => rows.find((row) => row.id === id)?.measured.median
  expect([medianOf('G1-R1'), medianOf('G5'), medianOf('G7')]).toEqual([1, 1.5, 0.32])
  const each = rows.find(({ id }) => id === 'G1-R1')?.parts.find(({ name }) => name.includes('each doubling'))
  expect(each?.figure.median).toBeCloseTo(2 ** (1 / 7))
})
