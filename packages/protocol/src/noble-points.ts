import { hashes, Point } from '@noble/ed25519'
import { sha512 } from '@noble/hashes/sha2.js'
import type { VerifyEngine } from './engine.ts'

hashes.sha512 = sha512

const order = 2n ** 252n + 27742317777372353535851937790883648493n

function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] ?? 0)
  return value
}

/**
 * The cofactorless equation on points, for platforms whose own engine does not give the known answers.
 *
 * It is about fourteen times slower than `node:crypto`. The library's own verify function computes another predicate
 * and is never called.
 */
export const noblePoints: VerifyEngine = {
  name: 'noble-points',
  verify(key, message, signature) {
    const r = signature.subarray(0, 32)
    const s = littleEndian(signature.subarray(32))
    if (s >= order) return false
    try {
      const a = Point.fromBytes(Uint8Array.from(key))
      if (a.isSmallOrder() || Point.fromBytes(Uint8Array.from(r)).isSmallOrder()) return false
      const k = littleEndian(sha512.create().update(r).update(key).update(message).digest()) % order
      const sB = s === 0n ? Point.ZERO : Point.BASE.multiply(s, false)
      const kA = k === 0n ? Point.ZERO : a.multiply(k, false)
      const left = sB.add(kA.negate()).toBytes()
      return left.every((byte, i) => byte === r[i])
    } catch {
      // not a point of the curve
      return false
    }
  },
}

/** Whether the encoding is a point of the curve in the prime-order subgroup. Costs about a millisecond. */
export function isTorsionFree(key: Uint8Array): boolean {
  try {
    return Point.fromBytes(Uint8Array.from(key)).isTorsionFree()
  } catch {
    return false
  }
}
