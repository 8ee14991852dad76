const p = 2n ** 255n - 19n
const order = 2n ** 252n + 27742317777372353535851937790883648493n

/**
 * A private half for X25519 that keeps points of the prime-order group, but for their sign, and nothing else: 5L - 1 is -1
 * modulo L and 0 modulo 8, and clamping leaves it as it is. No point of the curve's twist survives it either, since the
 * twist's order divides neither 5L - 2 nor 5L.
 */
export const minusOne: Uint8Array = bytesOf(5n * order - 1n)

/**
 * Whether an Ed25519 key is a point of the prime-order group, by one X25519: its u comes back unchanged. A tenth of what
 * multiplying by the group's order costs in JavaScript, where the platform has X25519. False for the neutral point, which
 * is of small order. `agree` is X25519 with `minusOne`, and may throw when nothing is left.
 */
export function survives(key: Uint8Array, agree: (u: Uint8Array) => Uint8Array): boolean {
  const y = numberOf(key) & (2n ** 255n - 1n)
  if (key.length !== 32 || y >= p || y === 1n) return false
  const u = bytesOf(((1n + y) * inverseOf(p + 1n - y)) % p)
  try {
    return agree(u).every((byte, i) => byte === u[i])
  } catch {
    return false
  }
}

/** By Euclid: of public numbers, so its time may tell them. */
function inverseOf(value: bigint): bigint {
  let [r, next, s, nextS] = [p, value % p, 0n, 1n]
  while (next !== 0n) {
    const quotient = r / next
    ;[r, next] = [next, r - quotient * next]
    ;[s, nextS] = [nextS, s - quotient * nextS]
  }
  return s < 0n ? s + p : s
}

function numberOf(bytes: Uint8Array): bigint {
  let hex = '0x0'
  for (let i = bytes.length - 1; i >= 0; i--) hex += (bytes[i] ?? 0).toString(16).padStart(2, '0')
  return BigInt(hex)
}

function bytesOf(value: bigint): Uint8Array {
  const hex = value.toString(16).padStart(64, '0')
  return Uint8Array.from({ length: 32 }, (_, i) => Number.parseInt(hex.slice(62 - 2 * i, 64 - 2 * i), 16))
}
