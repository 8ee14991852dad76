import { textOf, utf8 } from '@dcann/protocol/bytes'
import { ProtocolError } from '@dcann/protocol/errors'
import * as fc from 'fast-check'
import { strToU8, Zip, ZipDeflate, ZipPassThrough, zipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { readBlocks } from '../blocks.ts'
import { readArchive } from './read.ts'
import type { ArchiveLimits } from './unpack.ts'

const mtime = new Date(2026, 0, 1)
const texts = { 'a.csv': 'a,b\n1,2\n', 'folder/b.csv': 'õ'.repeat(5000), 'c.txt': '' }

/** Sizes before the members, as a program writes a file. */
const filed = (members: Readonly<Record<string, string>>, level: 0 | 6 = 6): Uint8Array =>
  zipSync(Object.fromEntries(Object.entries(members).map(([name, text]) => [name, strToU8(text)])), { level, mtime })

/** Sizes behind the members, as a server sends them. */
function sent(
  members: Readonly<Record<string, string>>,
  Member: typeof ZipDeflate | typeof ZipPassThrough = ZipDeflate,
): Uint8Array {
  const parts: Uint8Array[] = []
  const zip = new Zip((_, part) => parts.push(part))
  for (const [name, text] of Object.entries(members)) {
    const member = new Member(name)
    member.mtime = mtime
    zip.add(member)
    member.push(strToU8(text), true)
  }
  zip.end()
  return Buffer.concat(parts)
}

async function* cut(bytes: Uint8Array, sizes: Iterable<number> = [bytes.length]): AsyncGenerator<Uint8Array> {
  let at = 0
  for (const size of sizes) yield bytes.slice(at, (at += size))
  yield bytes.slice(at)
}

type Read = { readonly sizes?: Iterable<number>; readonly limits?: ArchiveLimits; readonly part?: boolean }

/** Each member as its name and text, each fault as its name and what it is. */
async function read(archive: Uint8Array, { sizes, limits, part = false }: Read = {}): Promise<[string, string][]> {
  const found: [string, string][] = []
  for await (const one of readArchive(
    'x.zip',
    readBlocks(cut(archive, sizes), () => {}, 1000),
    limits,
  )) {
    if ('fault' in one) found.push([one.name, `! ${one.fault}`])
    else if (part) {
      await one.content.next()
      await one.content.return()
      found.push([one.name, '…'])
    } else {
      const pieces: Uint8Array[] = []
      for await (const piece of one.content) pieces.push(piece)
      found.push([one.name, textOf(Buffer.concat(pieces))])
    }
  }
  return found
}

async function refusal(archive: Uint8Array, more: Read = {}): Promise<ProtocolError> {
  const error: unknown = await read(archive, more).catch((reason: unknown) => reason)
  if (error instanceof ProtocolError) return error
  throw new Error('expected a refusal')
}

/** Sets two bytes at a place of the first member's header. */
function withField(archive: Uint8Array, at: number, value: number): Uint8Array {
  const changed = archive.slice()
  new DataView(changed.buffer).setUint16(at, value, true)
  return changed
}

const wanted = [
  ['a.csv', texts['a.csv']],
  ['b.csv', texts['folder/b.csv']],
  ['c.txt', ''],
]

describe('readArchive reads', () => {
  test.each([
    ['packed, sizes before', filed(texts)],
    ['stored, sizes before', filed(texts, 0)],
    ['packed, sizes behind', sent(texts)],
    ['stored, sizes behind', sent(texts, ZipPassThrough)],
  ])('members %s, whatever the chunks', async (_, archive) => {
    expect(await read(archive)).toEqual(wanted)
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 300 })), async (sizes) => {
        expect(await read(archive, { sizes })).toEqual(wanted)
      }),
      { numRuns: 40 },
    )
  })
  test('sizes behind without a mark of their own', async () => {
    const archive = Buffer.from(sent({ 'a.csv': texts['a.csv'] }))
    const mark = archive.indexOf(Buffer.from([0x50, 0x4b, 0x07, 0x08]))
    const without = Buffer.concat([archive.subarray(0, mark), archive.subarray(mark + 4)])
    expect((await read(new Uint8Array(without)))[0]).toEqual(wanted[0])
  })
  test('on over marks inside members', async () => {
    const marks = 'PK\u0003\u0004PK\u0001\u0002PK\u0007\u0008PK\u0005\u0006'.repeat(400)
    expect(await read(sent({ a: marks, b: marks }, ZipPassThrough))).toEqual([
      ['a', marks],
      ['b', marks],
    ])
  })
  test('members in part or not at all, and finds the next', async () => {
    const big = 'x'.repeat(100_000)
    for (const archive of [filed({ a: big, b: big }), sent({ a: big, b: big })]) {
      expect(await read(archive, { part: true })).toEqual([
        ['a', '…'],
        ['b', '…'],
      ])
    }
  })
  test('10,000 members, an empty archive, and a remark at the end', async () => {
    const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`f${i}`, 'x']))
    expect(await read(filed(many, 0))).toHaveLength(10_000)
    const limits = { ratio: 200, bytes: 1e9, members: 9_999 }
    expect((await refusal(filed(many, 0), { limits })).code).toBe('media-type-unsupported')
    expect(await read(filed({}))).toEqual([])
    const remark = Buffer.concat([withField(filed({}), 20, 9), utf8('a remark!')])
    expect(await read(new Uint8Array(remark))).toEqual([])
  })
  test.each(['../../x', '/etc/x', 'C:\\a\\x', '..\\x', `${'../'.repeat(2000)}x`])('%j as x', async (path) => {
    expect(await read(filed({ [path]: 'y' }))).toEqual([['x', 'y']])
  })
})

describe('readArchive tells', () => {
  test('an archive that ends too early, wherever', async () => {
    for (const archive of [filed(texts), sent(texts)]) {
      for (const end of [4, 20, 33, 40, 60, 100, archive.length - 100, archive.length - 30, archive.length - 1]) {
        const found = await read(archive.slice(0, end))
        expect([end, found.at(-1)?.[1]]).toEqual([end, '! truncated'])
      }
    }
  })
  test('a member whose bytes are others, and reads the next', async () => {
    const archive = filed({ a: 'some text, stored as it is', b: 'more' }, 0)
    archive[40] = 0x7a
    expect((await read(archive)).slice(1)).toEqual([
      ['a', '! damaged'],
      ['b', 'more'],
    ])
  })
  test('a member that is no DEFLATE, and reads the next', async () => {
    const archive = withField(filed({ a: 'ÿÿÿÿ no deflate', b: 'more' }, 0), 8, 8)
    const found = await read(archive)
    expect(found).toContainEqual(['a', '! damaged'])
    expect(found).toContainEqual(['b', 'more'])
  })
  test('a member that goes on behind its end, in bounded memory', async () => {
    const tail = 400_000
    const whole = Buffer.from(filed({ a: 'x'.repeat(2000) }))
    const packed = whole.readUInt32LE(18)
    whole.writeUInt32LE(packed + tail, 18)
    const archive = Buffer.concat([whole.subarray(0, 31 + packed), Buffer.alloc(tail), whole.subarray(31 + packed)])
    expect(await read(new Uint8Array(archive))).toEqual([
      ['a', 'x'.repeat(2000)],
      ['a', '! damaged'],
    ])
  })
  test('what is no archive behind its beginning', async () => {
    const archive = Buffer.concat([filed({ a: 'x' }).subarray(0, 32 + 3 - 2), utf8('nothing like an archive')])
    expect((await read(new Uint8Array(archive))).at(-1)).toEqual(['x.zip', '! damaged'])
  })
})

describe('readArchive refuses', () => {
  const one = filed({ a: 'x' })

  test.each([
    ['encrypted', withField(one, 6, 1), 'decrypt and unpack it'],
    ['ZIP64', withField(withField(one, 18, 0xffff), 20, 0xffff), 'unpack it'],
    ['method 93', withField(one, 8, 93), 'unpack it'],
  ])('what is %s, and says what to do', async (what, archive, remedy) => {
    const { code, message } = await refusal(archive)
    expect(code).toBe('media-type-unsupported')
    expect(message).toContain(what)
    expect(message).toContain(remedy)
  })
  test('a bomb, long before it has gone off', async () => {
    const bomb = filed({ 'bomb.csv': 'a,b\n'.repeat(5_000_000) })
    let unpacked = 0
    const reading = async () => {
      for await (const one of readArchive('x.zip', readBlocks(cut(bomb)))) {
        if ('content' in one) for await (const piece of one.content) unpacked += piece.length
      }
    }
    await expect(reading()).rejects.toMatchObject({ code: 'too-large' })
    expect(unpacked).toBeLessThan(6_000_000)
  })
  test('more than it unpacks in all', async () => {
    const limits = { ratio: 1000, bytes: 15_000, members: 10 }
    const error = await refusal(filed({ a: 'x'.repeat(10_000), b: 'y'.repeat(10_000) }), { limits })
    expect([error.code, error.message]).toEqual(['too-large', expect.stringContaining('more than 15000 bytes')])
  })
  test('no bomb that nobody reads', async () => {
    const bomb = filed({ 'bomb.csv': 'a,b\n'.repeat(5_000_000), 'b.csv': 'x' })
    expect(await read(bomb, { part: true })).toHaveLength(2)
  })
})
