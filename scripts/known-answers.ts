// Writes packages/protocol/src/known-answers.ts: edge cases of our own making that tell the predicates in use apart.
import { writeFileSync } from 'node:fs'
import { hashes, Point } from '@noble/ed25519'
import { sha512 } from '@noble/hashes/sha2.js'

hashes.sha512 = sha512

const order = 2n ** 252n + 27742317777372353535851937790883648493n
const text = (s: string) => new TextEncoder().encode(s)
const little = (bytes: Uint8Array) => bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
const bytesOf = (value: bigint) => Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 255n))
const hex = (bytes: Uint8Array) => Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('')
const scalar = (label: string) => little(sha512(text(`dcann/known-answer/1\n${label}`))) % order
const message = text('a data passport belongs to an individual')
const torsion = Point.fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05') // order 8

type Row = { name: string; key: Uint8Array; message: Uint8Array; signature: Uint8Array; valid: boolean }

function equation(r: Uint8Array, rScalar: bigint, a: Uint8Array, aScalar: bigint, m: Uint8Array): Uint8Array {
  const k = little(sha512.create().update(r).update(a).update(m).digest()) % order
  return Uint8Array.from([...r, ...bytesOf((rScalar + k * aScalar) % order)])
}

function rows(): Row[] {
  const a = scalar('a')
  const r = scalar('r')
  const A = Point.BASE.multiply(a)
  const R = Point.BASE.multiply(r)
  const good = equation(R.toBytes(), r, A.toBytes(), a, message)
  const identity = Point.ZERO.toBytes()
  const nonCanonicalIdentity = Uint8Array.from([0xee, ...Array<number>(30).fill(0xff), 0x7f])
  const made: Row[] = [
    { name: 'a plain signature', key: A.toBytes(), message, signature: good, valid: true },
    {
      name: 'an empty message',
      key: A.toBytes(),
      message: text(''),
      signature: equation(R.toBytes(), r, A.toBytes(), a, text('')),
      valid: true,
    },
    { name: 'another message', key: A.toBytes(), message: text('another'), signature: good, valid: false },
    {
      name: 'S plus L',
      key: A.toBytes(),
      message,
      signature: Uint8Array.from([...good.subarray(0, 32), ...bytesOf(little(good.subarray(32)) + order)]),
      valid: false,
    },
    {
      name: 'the identity as key, S = 0, R the identity',
      key: identity,
      message,
      signature: Uint8Array.from([...identity, ...bytesOf(0n)]),
      valid: false,
    },
    {
      name: 'the identity as key in a non-canonical form',
      key: nonCanonicalIdentity,
      message,
      signature: Uint8Array.from([...identity, ...bytesOf(0n)]),
      valid: false,
    },
    {
      name: 'a key of order 8',
      key: torsion.toBytes(),
      message,
      signature: equation(R.toBytes(), r, torsion.toBytes(), 0n, message),
      valid: false,
    },
    {
      name: 'R the identity under a plain key',
      key: A.toBytes(),
      message,
      signature: equation(identity, 0n, A.toBytes(), a, message),
      valid: false,
    },
    {
      name: 'R of order 8 under a plain key',
      key: A.toBytes(),
      message,
      signature: equation(torsion.toBytes(), 0n, A.toBytes(), a, message),
      valid: false,
    },
    {
      name: 'R with torsion: good only with the cofactor',
      key: A.toBytes(),
      message,
      signature: equation(R.add(torsion).toBytes(), r, A.toBytes(), a, message),
      valid: false,
    },
    {
      name: 'R not on the curve',
      key: A.toBytes(),
      message,
      signature: Uint8Array.from([2, ...Array<number>(31).fill(0), ...good.subarray(32)]),
      valid: false,
    },
    {
      name: 'a key not on the curve',
      key: Uint8Array.from([2, ...Array<number>(31).fill(0)]),
      message,
      signature: good,
      valid: false,
    },
    {
      name: 'a bit of S changed',
      key: A.toBytes(),
      message,
      signature: good.map((b, i) => (i === 40 ? b ^ 1 : b)),
      valid: false,
    },
    {
      name: 'R in a non-canonical form',
      key: A.toBytes(),
      message,
      signature: equation(nonCanonicalIdentity, 0n, A.toBytes(), a, message),
      valid: false,
    },
  ]
  return [...made, ...mixedOrder(A, a, R, r)]
}

/** A key with torsion: the cofactorless equation accepts when 8 divides k, and only then. */
function mixedOrder(A: Point, a: bigint, R: Point, r: bigint): Row[] {
  const key = A.add(torsion).toBytes()
  const find = (wanted: boolean) => {
    for (let i = 0; ; i++) {
      const m = text(`a key with torsion ${i}`)
      const k = little(sha512.create().update(R.toBytes()).update(key).update(m).digest()) % order
      if ((k % 8n === 0n) === wanted) return m
    }
  }
  return [true, false].map((valid) => {
    const m = find(valid)
    return {
      name: valid ? 'a key with torsion that k cancels' : 'a key with torsion that k leaves',
      key,
      message: m,
      signature: equation(R.toBytes(), r, key, a, m),
      valid,
    }
  })
}

const lines = rows().map(
  (row) =>
    `  row('${row.name}', ${row.valid}, '${hex(row.key)}', '${hex(row.message)}',\n    '${hex(row.signature)}'),`,
)
writeFileSync(
  new URL('../packages/protocol/src/known-answers.ts', import.meta.url),
  `/** One pinned answer of the predicate. */
export type KnownAnswer = {
  readonly name: string
  readonly valid: boolean
  readonly key: Uint8Array
  readonly message: Uint8Array
  readonly signature: Uint8Array
}

const bytes = (hex: string): Uint8Array => Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))

function row(name: string, valid: boolean, key: string, message: string, signature: string): KnownAnswer {
  return { name, valid, key: bytes(key), message: bytes(message), signature: bytes(signature) }
}

/**
 * Made by \`scripts/known-answers.ts\`: cases on which the Ed25519 predicates in use differ, with the answer of ours.
 *
 * spec: bytes#verify-strict
 */
// prettier-ignore
export const knownAnswers: readonly KnownAnswer[] = [
${lines.join('\n')}
]
`,
)
