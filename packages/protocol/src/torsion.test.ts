import { Point } from '@noble/ed25519'
import { describe, expect, test } from 'vitest'
import { sha256, utf8 } from './bytes.ts'
import { engine as elsewhere } from './engine.default.ts'
import { engine as here } from './engine.node.ts'
import { minusOne } from './torsion.ts'

const order8 = Point.fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05')
const torsion = Array.from({ length: 7 }, (_, i) => order8.multiply(BigInt(i + 1), false))
const honest = Array.from({ length: 12 }, (_, i) => Point.BASE.multiply(BigInt(i * i + 1) * 982_451_653n))

describe.each([
  ['node', here],
  ['default', elsewhere],
])('isTorsionFree of engine.%s', (_, { isTorsionFree }) => {
  test('admits points of the prime-order group, with either sign of x', () => {
    expect(honest.filter((point) => !isTorsionFree(point.toBytes()))).toEqual([])
    expect(honest.filter((point) => !isTorsionFree(point.negate().toBytes()))).toEqual([])
  })

  test('refuses each of them with any point of small order added, and those points themselves', () => {
    const mixed = honest.slice(0, 3).flatMap((point) => torsion.map((small) => point.add(small)))
    expect(mixed).toHaveLength(21)
    const small = torsion.filter((point) => !point.is0())
    expect([...mixed, ...small].filter((point) => isTorsionFree(point.toBytes()))).toEqual([])
  })

  test('refuses other lengths and a y of p and more', () => {
    const [key = new Uint8Array()] = honest.map((point) => point.toBytes())
    const above = Uint8Array.from({ length: 32 }, (_byte, i) => (i === 0 ? 0xee : i === 31 ? 0x7f : 0xff))
    expect([key.subarray(1), Uint8Array.of(...key, 0), new Uint8Array(), above].filter(isTorsionFree)).toEqual([])
  })
})

test('isTorsionFree says the same by both engines of whatever bytes, off the curve too', () => {
  let free = 0
  for (let i = 0; i < 60; i++) {
    const bytes = sha256(utf8(`torsion/${i}`))
    const verdict = elsewhere.isTorsionFree(bytes)
    if (verdict) free++
    expect([i, here.isTorsionFree(bytes)]).toEqual([i, verdict])
  }
  // one in sixteen: half are on the curve, an eighth of those without torsion
  expect(free).toBeGreaterThan(0)
})

test('minusOne is clamped already, so X25519 multiplies by it and by nothing else', () => {
  expect([minusOne[0]! & 7, minusOne[31]! >> 6]).toEqual([0, 1])
})
