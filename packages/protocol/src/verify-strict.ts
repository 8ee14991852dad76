import { engine } from '#engine'
import type { VerifyEngine } from './engine.ts'
import { knownAnswers } from './known-answers.ts'

/** p = 2^255 - 19, the group order L, and the y of the points of order 8, little-endian. */
const p = littleEndian('7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed')
const l = littleEndian('1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed')
const smallOrderYs = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000001',
  '7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffec',
  '7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7',
  '05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826',
].map(littleEndian)

function littleEndian(bigEndianHex: string): Uint8Array {
  return Uint8Array.from(bigEndianHex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)).reverse()
}

/** Whether a < b as little-endian numbers; `mask` clears the sign bit of a point. */
function below(a: Uint8Array, b: Uint8Array, mask: number): boolean {
  for (let i = 31; i >= 0; i--) {
    const x = (a[i] ?? 0) & (i === 31 ? mask : 0xff)
    const y = b[i] ?? 0
    if (x !== y) return x < y
  }
  return false
}

function isSmallOrder(point: Uint8Array): boolean {
  return smallOrderYs.some((y) => y.every((byte, i) => byte === ((point[i] ?? 0) & (i === 31 ? 0x7f : 0xff))))
}

/** Whether 32 bytes encode a y below p that is not of small order. It may still be off the curve. */
export function isAdmissiblePoint(point: Uint8Array): boolean {
  return point.length === 32 && below(point, p, 0x7f) && !isSmallOrder(point)
}

/** The byte rules in front of any engine: lengths, S < L, A and R canonical and not of small order. */
export function passesByteRules(key: Uint8Array, signature: Uint8Array): boolean {
  return (
    signature.length === 64 &&
    below(signature.subarray(32), l, 0xff) &&
    isAdmissiblePoint(key) &&
    isAdmissiblePoint(signature.subarray(0, 32))
  )
}

/** An engine behind the byte rules. */
export function strict(candidate: VerifyEngine): VerifyEngine {
  return {
    name: candidate.name,
    verify: (key, message, signature) => passesByteRules(key, signature) && candidate.verify(key, message, signature),
  }
}

/** The first candidate that gives every pinned answer; throws when none does, and the caller must not start. */
export async function chooseEngine(candidates: readonly VerifyEngine[]): Promise<VerifyEngine> {
  for (const candidate of candidates) {
    const guarded = strict(candidate)
    if (await givesKnownAnswers(guarded)) return guarded
  }
  throw new Error(
    `checking Ed25519 at start: none of ${candidates.map(({ name }) => name).join(', ')} gives the known answers; use Node 24.19 or later`,
  )
}

/** Whether an engine gives the pinned answer on every row. */
export async function givesKnownAnswers(candidate: VerifyEngine): Promise<boolean> {
  for (const { key, message, signature, valid } of knownAnswers) {
    if ((await candidate.verify(key, message, signature)) !== valid) return false
  }
  return true
}

let chosen: VerifyEngine | undefined
let choosing: Promise<VerifyEngine> | undefined

/** Runs the known-answer test once and says which engine serves. Every program calls it before it listens. */
export async function checkVerifyStrict(): Promise<string> {
  choosing ??= chooseEngine(engine.verifyEngines)
  chosen = await choosing
  return chosen.name
}

/**
 * The one Ed25519 predicate of the protocol: lengths right; S < L; A and R canonical and not of small order;
 * `R + [k]A = [S]B` without cofactor. No other call to a verify function exists.
 *
 * Synchronous on servers once `checkVerifyStrict` has run, a promise where the platform's engine is asynchronous.
 *
 * spec: bytes#verify-strict
 */
export function verifyStrict(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean | Promise<boolean> {
  if (chosen) return chosen.verify(key, message, signature)
  return checkVerifyStrict().then(() => verifyStrict(key, message, signature))
}
