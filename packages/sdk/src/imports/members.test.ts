import { strToU8, type Zippable, zipSync } from 'fflate'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { networkConnections } from './network-connections.ts'
import type { Piece } from './piece.ts'
import { importFile, type ImportFile } from './read.ts'

const positions =
  'Company Name,Title,Description,Location,Started On,Finished On\nNeem (made up),Analyst,,Pune,Mar 2021,\nNeem (made up),Clerk,,Pune,2019,2021\n'
const connections =
  'Notes:\n"Some ""addresses"" are missing,\nsee elsewhere"\n\nFirst Name,Last Name,URL,Email Address,Company,Position,Connected On\n' +
  'Asha,Nobody,https://network.example/in/a,,Neem (made up),Clerk,12 Mar 2021\n'

function zip(members: Readonly<Record<string, string>>): Uint8Array {
  const files: Zippable = Object.fromEntries(Object.entries(members).map(([name, text]) => [name, strToU8(text)]))
  return zipSync(files, { mtime: new Date(2026, 0, 1) })
}

async function* cut(bytes: Uint8Array, sizes: Iterable<number> = [bytes.length]): AsyncGenerator<Uint8Array> {
  let at = 0
  for (const size of sizes) yield bytes.slice(at, (at += size))
  yield bytes.slice(at)
}

async function collect(archive: Uint8Array, more: Partial<ImportFile> = {}): Promise<Piece[]> {
  const found: Piece[] = []
  for await (const read of importFile({ name: 'x.zip', chunks: cut(archive), ...more })) found.push(read)
  return found
}

/** Each piece in one line. */
const brief = (pieces: readonly Piece[]): string[] =>
  pieces.map((piece) => {
    if ('passed' in piece) return `${piece.passed.file} ${piece.passed.code}`
    const place = `${piece.file} → ${piece.mapping.strand.name}`
    return 'entry' in piece ? `${place} ${piece.line}` : `${place} ${piece.skipped.line} ${piece.skipped.code}`
  })

const both = { 'Complete/Connections.csv': connections, 'Skills.csv': 'Name\nx\n', 'Positions.csv': positions }

describe('importFile reads an archive', () => {
  test('each member by the mapping that recognises it, in any order, whatever its name', async () => {
    const found = ['Connections.csv → social.connections 6', 'Skills.csv unknown', 'Positions.csv → work.positions 2']
    expect(brief(await collect(zip(both)))).toEqual([...found, 'Positions.csv → work.positions 3'])
    const named = zip({ 'b.txt': positions, '../../x': connections })
    expect(brief(await collect(named))).toEqual([
      'b.txt → work.positions 2',
      'b.txt → work.positions 3',
      'x → social.connections 6',
    ])
  })
  test('the same whatever the chunks, and tells progress in bytes of the archive', async () => {
    const archive = zip(both)
    const whole = await collect(archive)
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 90 })), async (sizes) => {
        const progress: number[] = []
        const chunks = cut(archive, sizes)
        expect(await collect(archive, { chunks, onProgress: (at) => progress.push(at) })).toEqual(whole)
        expect(progress.at(-1)).toBe(archive.length)
      }),
      { numRuns: 50 },
    )
  })
  test('the same member twice, adding nothing, and says where it stands already', async () => {
    const pieces = await collect(zip({ 'a/Positions.csv': positions, 'b/Positions old.csv': positions }))
    expect(brief(pieces).slice(2)).toEqual([
      'Positions old.csv → work.positions 2 duplicate',
      'Positions old.csv → work.positions 3 duplicate',
    ])
    expect(pieces[2]).toHaveProperty('skipped.reason', 'the same event stands at line 2 of Positions.csv')
  })
  test('only what the mapping given recognises', async () => {
    expect(brief(await collect(zip(both), { mapping: networkConnections }))).toEqual([
      'Connections.csv → social.connections 6',
      'Skills.csv unknown',
      'Positions.csv unknown',
    ])
  })
  test('past members that are binary, archives themselves, or empty', async () => {
    const inner = Array.from(zip(both), (byte) => String.fromCharCode(byte)).join('')
    const pieces = brief(await collect(zip({ 'in.zip': inner, 'a.bin': '\0\0\0\0', 'e.csv': '', P: positions })))
    expect(pieces.slice(0, 3)).toEqual(['in.zip unknown', 'a.bin unknown', 'e.csv unknown'])
    expect(pieces).toHaveLength(5)
  })
  test('nothing out of an archive that holds nothing known', async () => {
    expect(await collect(zip({}))).toEqual([])
    const many = Object.fromEntries(Array.from({ length: 2_000 }, (_, i) => [`f${i}`, 'x']))
    expect(new Set(brief(await collect(zip(many))).map((line) => line.split(' ')[1]))).toEqual(new Set(['unknown']))
  })
  test('as far as it goes when it is cut off, and says so', async () => {
    const archive = zip({ 'Positions.csv': positions, 'Connections.csv': connections })
    const found = brief(await collect(archive.slice(0, archive.length - 200)))
    expect(found.slice(0, 2)).toEqual(['Positions.csv → work.positions 2', 'Positions.csv → work.positions 3'])
    expect(found.at(-1)).toMatch(/ truncated$/)
  })
  test('in bounded memory, and cancels its source when its reader leaves early', async () => {
    let cancelled = false
    let random = 1
    const line = () => `Neem ${(random = Math.imul(random, 48_271) >>> 1)},Analyst,,Pune,Mar 2021,\n`
    const archive = zip({ 'Positions.csv': positions + Array.from({ length: 60_000 }, line).join('') })
    let pulled = 0
    const chunks = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        controller.enqueue(archive.slice(pulled, (pulled += 10_000)))
      },
      cancel: () => {
        cancelled = true
      },
    })
    for await (const read of importFile({ name: 'x.zip', chunks })) {
      expect(read).toHaveProperty('entry.body.title', 'Analyst')
      break
    }
    expect(archive.length).toBeGreaterThan(300_000)
    expect(pulled).toBeLessThan(200_000)
    expect(cancelled).toBe(true)
  })
})

describe('networkConnections', () => {
  test.each([
    ['no notes', connections.slice(connections.indexOf('First Name'))],
    ['a byte order mark', `\uFEFF${connections}`],
    ['notes without quotes', connections.replace(/"[^]*"/, 'Notes, of some, kind')],
    ['notes never closed', connections.replace('elsewhere"', 'elsewhere')],
  ])('reads a file with %s', async (_, content) => {
    const pieces = await collect(strToU8(content), { name: 'Connections.csv' })
    expect(pieces).toMatchObject([
      {
        entry: {
          at: '2021-03-12T00:00:00Z',
          about: 'others',
          body: { first_name: 'Asha', connected: '2021-03-12' },
          tags: ['social.connection'],
        },
      },
    ])
    expect(pieces[0]).not.toHaveProperty('entry.moment')
  })
  test('leaves out who has no name, and refuses a file whose header is nowhere near', async () => {
    expect(brief(await collect(strToU8(`${connections},,,,,,12 Mar 2021\n`), { name: 'c' }))).toEqual([
      'c → social.connections 6',
      'c → social.connections 7 left-out',
    ])
    const far = strToU8('Notes:\n'.repeat(20) + connections)
    await expect(collect(far, { mapping: networkConnections })).rejects.toMatchObject({ code: 'schema-mismatch' })
  })
})

test('networkPositions puts a position where it began, as finely as that is known', async () => {
  expect(await collect(strToU8(positions), { name: 'Positions.csv' })).toMatchObject([
    { entry: { at: '2021-03-01T00:00:00Z', about: 'holder', body: { started: '2021-03', title: 'Analyst' } } },
    { entry: { at: '2019-01-01T00:00:00Z', about: 'holder', body: { started: '2019', finished: '2021' } } },
  ])
})
