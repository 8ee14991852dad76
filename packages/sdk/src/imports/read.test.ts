import { utf8 } from '@dcann/protocol/bytes'
import { ProtocolError } from '@dcann/protocol/errors'
import { strandSchema } from '@dcann/protocol/strand'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { catalogue } from './catalogue.ts'
import { googleSearch } from './google-search.ts'
import type { Mapping } from './mapping.ts'
import type { Piece } from './piece.ts'
import { importFile, type ImportFile } from './read.ts'
import { rideTrips } from './ride-trips.ts'

const activity = (query: string, time = '2026-03-04T05:06:07.123Z') => ({
  header: 'Search',
  title: `Searched for ${query}`,
  titleUrl: `https://www.google.com/search?q=${encodeURIComponent(query)}`,
  time,
  products: ['Search'],
})
const header =
  'City,Product Type,Trip or Order Status,Request Time,Begin Trip Time,Begin Trip Lat,Begin Trip Lng,Begin Trip Address,' +
  'Dropoff Time,Dropoff Lat,Dropoff Lng,Dropoff Address,Distance (miles),Fare Amount,Fare Currency'
const ride =
  'Pune,Go,COMPLETED,2026-03-04 05:06:07 +0000 UTC,2026-03-04 05:10:00 +0000 UTC,18.5,73.8,"1, A Road",' +
  '2026-03-04 05:20:00 +0000 UTC,18.6,73.9,"2, B Road",2.50,120.00,INR'

async function* cut(bytes: Uint8Array, sizes: Iterable<number> = [bytes.length]): AsyncGenerator<Uint8Array> {
  let at = 0
  for (const size of sizes) yield bytes.slice(at, (at += size))
  yield bytes.slice(at)
}

async function collect(content: string | Uint8Array, more: Partial<ImportFile> = {}): Promise<Piece[]> {
  const chunks = cut(typeof content === 'string' ? utf8(content) : content)
  const found: Piece[] = []
  for await (const read of importFile({ name: 'MyActivity.json', chunks, ...more })) found.push(read)
  return found
}

async function refusal(content: string | Uint8Array, more: Partial<ImportFile> = {}): Promise<ProtocolError> {
  const error: unknown = await collect(content, more).catch((reason: unknown) => reason)
  if (error instanceof ProtocolError) return error
  throw new Error('expected a refusal')
}

test('importFile gives the same whatever the chunks', async () => {
  const good = [activity('õunakook'), activity('वॉशिंग मशीन'), activity('fridge', 'yesterday'), activity('poha')]
  const json = JSON.stringify(good, undefined, 2).replace('"poha"', '"poha')
  const csv = `\uFEFF${header}\r\n${ride}\r\n"broken\r\n${ride.replace('COMPLETED', 'CANCELED')}\r\n`
  for (const content of [json, csv]) {
    const bytes = utf8(content)
    const whole = await collect(bytes)
    expect(whole.length).toBeGreaterThan(2)
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 90 })), async (sizes) => {
        expect(await collect(bytes, { chunks: cut(bytes, sizes) })).toEqual(whole)
      }),
    )
  }
})

describe('importFile reads', () => {
  test('a stream of a browser, and cancels it when its reader leaves early', async () => {
    let cancelled = false
    const bytes = utf8(`${header}\n${`${ride}\n`.repeat(5000)}`)
    const chunks = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(bytes.slice(0, 100_000)),
      cancel: () => {
        cancelled = true
      },
    })
    for await (const read of importFile({ name: 'trips_data.csv', chunks })) {
      expect(read).toHaveProperty('entry.body.city', 'Pune')
      break
    }
    expect(cancelled).toBe(true)
  })
  test('the same event twice as one entry, and names the first', async () => {
    const twice = [activity('fridge'), activity('fridge', '2026-03-04T05:06:07.999Z')]
    const [first, second] = await collect(JSON.stringify(twice))
    expect(first).toHaveProperty('entry.at', '2026-03-04T05:06:07Z')
    expect(second).toMatchObject({ skipped: { line: 1, code: 'duplicate', reason: 'the same event stands at line 1' } })
  })
  test('by a mapping given, and names entries as it is told to', async () => {
    const read = await collect(JSON.stringify([activity('poha')]), {
      name: 'export',
      mapping: googleSearch,
      identify: (strand, { at }) => `${strand}/${at}`,
    })
    expect(read).toHaveProperty('0.id', 'interest.searches/2026-03-04T05:06:07Z')
  })
  test('nothing out of an empty list, and out of a header alone', async () => {
    expect(await collect('[]')).toEqual([])
    expect(await collect(header, { name: 'trips_data.csv' })).toEqual([])
  })
})

describe('importFile cleans', () => {
  test('NUL and lone surrogates out of texts, and changes nothing else', async () => {
    const [read] = await collect(
      JSON.stringify([activity('poha', '2026-03-04T05:06:07Z')]).replace('q=poha', 'q=po%00ha%20%20'),
    )
    expect(read).toHaveProperty('entry.body.query', 'poha  ')
    const visit = { ...activity(''), title: 'Visited \u0000a\ud800b', titleUrl: 'https://a.example/' }
    expect(await collect(JSON.stringify([visit]))).toHaveProperty('0.entry.body.title', 'ab')
    const [taken] = await collect(`${header}\n${ride.replace('A Road', 'A\0 Road')}`, { name: 'trips_data.csv' })
    expect(taken).toHaveProperty('entry.body.begin_address', '1, A Road')
  })
  test('no name into a prototype', async () => {
    const [read] = await collect(
      '[{"__proto__":{"title":"x"},"titleUrl":"https://a.example/","time":"2026-03-04T05:06:07Z"}]',
    )
    expect(read).toHaveProperty('entry.body', { kind: 'visit', url: 'https://a.example/' })
  })
})

describe('importFile skips', () => {
  const codes = async (content: string, more: Partial<ImportFile> = {}) =>
    (await collect(content, more)).map((read) =>
      'entry' in read ? read.line : 'skipped' in read ? [read.skipped.line, read.skipped.code] : read.passed.code,
    )

  test('an entry larger than a vault takes', async () => {
    expect(await codes(`[${JSON.stringify(activity('x'.repeat(9000)))},\n${JSON.stringify(activity('y'))}]`)).toEqual([
      [1, 'too-large'],
      2,
    ])
  })
  test('one element of 10 MB, and one nested 100,000 deep', async () => {
    const huge = JSON.stringify(activity('x'.repeat(10_000_000)))
    const deep = `{"title":${'[{"a":'.repeat(100_000)}`
    expect(
      await codes(`[\n${JSON.stringify(activity('y'))},\n${huge},\n${deep},\n${JSON.stringify(activity('z'))}]`),
    ).toEqual([2, [3, 'too-large'], [4, 'too-deep'], 5])
  })
  test('a line of 10 MB', async () => {
    const content = `${header}\n${ride}\nPune,"${'x'.repeat(10_000_000)}"\n${ride.replace('Go', 'Auto')}`
    expect(await codes(content, { name: 'trips_data.csv' })).toEqual([2, [3, 'too-large'], 4])
  })
  test('a field that is not what it should be, without quoting it', async () => {
    const read = await collect(`${header}\n${ride.replace('2.50', 'two and a half')}`, { name: 'trips_data.csv' })
    expect(read).toMatchObject([
      { skipped: { line: 2, code: 'field-invalid', reason: 'Distance (miles) is not a decimal number' } },
    ])
  })
})

describe('importFile refuses', () => {
  const known = catalogue.map(({ title }) => title)

  test.each(['', '\n', '{"a":1}', 'a,b\n1,2\n', '<html>', '[{"header":"YouTube","title":"Watched","time":"x"}]'])(
    'a file of no known export, naming those it knows: %j',
    async (content) => {
      const { code, message } = await refusal(content, { name: 'some.file' })
      expect(code).toBe('schema-mismatch')
      for (const title of known) expect(message).toContain(title)
    },
  )
  test('another file than the mapping says, naming what it lacks', async () => {
    const { code, facts } = await refusal(`${header.replace('Request Time', 'Asked')}\n${ride}`, { mapping: rideTrips })
    expect([code, facts]).toEqual(['schema-mismatch', { mapping: 'ride-trips', missing: 'Request Time' }])
    const other = await refusal('[{"name":"x"}]', { mapping: googleSearch })
    expect(other.facts).toEqual({ mapping: 'google-search', missing: 'title, time' })
    expect((await refusal('', { mapping: rideTrips })).code).toBe('schema-mismatch')
    expect((await refusal('{}', { mapping: googleSearch })).code).toBe('schema-mismatch')
  })
  test.each([
    ['gzip', [0x1f, 0x8b, 0x08, 0x00]],
    ['UTF-16', [0xff, 0xfe, 0x5b, 0x00]],
    ['binary', [0x00, 0x01, 0x00, 0x02, 0x5b]],
  ])('%s, cut off or not', async (what, begins) => {
    const { code, message } = await refusal(Uint8Array.from(begins))
    expect(code).toBe('media-type-unsupported')
    expect(message).toContain(what)
  })
  test('nothing that the source itself did not: its error comes through', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield utf8('[')
      throw new Error('disk')
    }
    await expect(collect('', { chunks: broken() })).rejects.toThrow('disk')
  })
})

test('catalogue names each export once, and every mapping is whole', () => {
  const distinct = (of: (mapping: Mapping) => string) => new Set(catalogue.map(of)).size
  expect(distinct(({ id }) => id)).toBe(catalogue.length)
  expect(distinct(({ source }) => source)).toBe(catalogue.length)
  for (const { strand } of catalogue) expect(strandSchema.parse({ ...strand, custody: 'node' })).toMatchObject(strand)
})
