import { utf8 } from '@dcann/protocol/bytes'
import { ProtocolError } from '@dcann/protocol/errors'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readJsonArray } from './json-array.ts'

async function* cut(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size)
}

/** The elements' texts, and for what is skipped its line and code. */
async function read(text: string | Uint8Array, { most = 1000, size = 7 } = {}): Promise<unknown[]> {
  const found: unknown[] = []
  for await (const piece of readJsonArray(cut(typeof text === 'string' ? utf8(text) : text, size), most)) {
    found.push(
      'skipped' in piece ? `${piece.skipped.line} ${piece.skipped.code}` : [piece.line, JSON.parse(piece.text)],
    )
  }
  return found
}

test('readJsonArray reads back every array of objects, however printed and cut', async () => {
  const object = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }))
  const indent = fc.constantFrom(undefined, 0, 1, 2, '\t')
  await fc.assert(
    fc.asyncProperty(fc.array(object), indent, fc.integer({ min: 1, max: 50 }), async (objects, by, size) => {
      const found = await read(JSON.stringify(objects, undefined, by), { most: 100_000, size })
      expect(found.map((piece) => (Array.isArray(piece) ? piece[1] : piece))).toEqual(
        JSON.parse(JSON.stringify(objects)),
      )
    }),
    { numRuns: 300 },
  )
})

describe('readJsonArray loses one element', () => {
  const takeout = (middle: string) => `[{\n  "a": 1\n}, {\n${middle}\n}, {\n  "a": 3\n}]`
  const printed = (middle: string) => `[\n  {\n    "a": 1\n  },\n  {\n${middle}\n  },\n  {\n    "a": 3\n  }\n]\n`
  const plain = (middle: string) => `[{"a":1},{${middle}},{"a":3}]`
  const faults = {
    'to a missing closing quote': '"t": "washing, "u": ["x"]',
    'to a missing opening quote': '"t": washing", "u": ["x"]',
    'to a missing comma': '"t": "x" "u": ["x"]',
    'to a missing closing bracket': '"t": "x", "u": ["x"',
    'to a bracket too many': '"t": "x"], "u": []',
    'to a raw control character in a text': '"t": "\u0001"',
    'to a list of objects never closed': '"t": [{\n      "x": 1\n    }, {\n      "x": 2\n    }, "u"',
  }
  test.each(Object.entries(faults))('%s, printed on many lines', async (_, fault) => {
    for (const [text, first] of [
      [takeout(fault), 3],
      [printed(fault), 5],
    ] as const) {
      const found = await read(text)
      expect(found.at(0)).toHaveProperty('1', { a: 1 })
      expect(found.at(1)).toBe(`${first} malformed`)
      expect(found.at(-1)).toHaveProperty('1', { a: 3 })
      expect(found).toHaveLength(3)
    }
  })
  test.each(Object.entries(faults))('%s, printed on one line', async (_, fault) => {
    const found = await read(plain(fault.replaceAll('\n', '')))
    expect(found.at(0)).toEqual([1, { a: 1 }])
    expect(found.at(-1)).toEqual([1, { a: 3 }])
  })
  test('to a missing closing brace', async () => {
    expect(await read('[{\n  "a": 1\n}, {\n  "a": [2]\n, {\n  "a": 3\n}, {\n  "a": 4\n}]')).toEqual([
      [1, { a: 1 }],
      '3 malformed',
      [5, { a: 3 }],
      [7, { a: 4 }],
    ])
  })
  test('or none, and says that something is wrong behind it, to a brace too many', async () => {
    expect(await read(takeout('"t": {}}, "u": []'))).toEqual([
      [1, { a: 1 }],
      [3, { t: {} }],
      '4 malformed',
      [5, { a: 3 }],
    ])
  })
  test('to bytes that are not UTF-8', async () => {
    const bytes = Uint8Array.from([...utf8('[{"a":"'), 0xff, ...utf8('"},{"a":3}]')])
    expect(await read(bytes)).toEqual(['1 encoding', [1, { a: 3 }]])
  })
  test('to what is no object', async () => {
    expect(await read('[{"a":1},\nnull, {"a":2},\n"{},{", 4,\n[1],\n{"a":3}]')).toEqual([
      [1, { a: 1 }],
      '2 malformed',
      [2, { a: 2 }],
      '3 malformed',
      expect.anything(),
      [5, { a: 3 }],
    ])
  })
})

describe('readJsonArray bounds', () => {
  test('the size of an element, and reads on behind it', async () => {
    const large = `{"rows":[${Array.from({ length: 200 }, (_, i) => `{"time":${i}}`).join(',')}]}`
    expect(await read(`[{"a":1},\n${large},\n{"a":3}]`)).toEqual([[1, { a: 1 }], '2 too-large', [3, { a: 3 }]])
  })
  test('the depth of an element, before any parser recurses', async () => {
    const deep = `{"a":${'['.repeat(100_000)}`
    expect(await read(`[${deep},\n{"a":3}]`, { most: 1_000_000, size: 65_536 })).toEqual(['1 too-deep', [2, { a: 3 }]])
  })
})

describe('readJsonArray reports the end', () => {
  test.each([
    ['[', ['1 truncated']],
    ['[{"a":1},', [[1, { a: 1 }], '1 truncated']],
    ['[{"a":1}, {\n"a": "wash', [[1, { a: 1 }], '1 truncated']],
    ['[{"a":1}]\n[', [[1, { a: 1 }], '2 malformed', '2 truncated']],
    ['[]', []],
    ['[ ]\n', []],
  ])('of %j', async (text, found) => {
    expect(await read(text)).toEqual(found)
  })
  test.each(['', ' ', '{"a":[]}', 'null', 'City,Product'])('and refuses %j', async (text) => {
    const error: unknown = await read(text).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ProtocolError)
    expect(error).toHaveProperty('code', 'schema-mismatch')
  })
})
