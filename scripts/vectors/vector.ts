import { base64Url } from '@dcann/protocol/bytes'
import { canonicalBytes, type Json } from '@dcann/protocol/canonical'
import type { ErrorCode } from '@dcann/protocol/errors'
import { type Signer, testSigner } from '@dcann/protocol/key'
import { addSignatures, type Noun, readSigned, type RecordId, type Signed } from '@dcann/protocol/signed'
import { formatTime, type Instant, parseTime } from '@dcann/protocol/time'

/** One vector as its file has it; `test/vectors/README.md` describes the form. */
export type Vector = {
  readonly noun: string
  readonly about: string
  readonly now: string
  readonly given: unknown
  readonly input: unknown
  readonly expect:
    | { readonly verdict: 'valid'; readonly result: unknown }
    | { readonly verdict: 'invalid'; readonly code: ErrorCode }
}

/** A vector and the name of its file, which is the name of its fault. */
export type NamedVector = { readonly name: string; readonly vector: Vector }

type Parts = { readonly given?: unknown; readonly input: unknown; readonly now?: Instant }

/** The time of every vector that does not say otherwise. */
export const now = parseTime('2026-11-23T12:00:00Z')
export const at = formatTime(now)
export const day = 86_400

/** Makers of one noun's vectors. */
export function vectorsOf(noun: string): {
  readonly valid: (name: string, about: string, parts: Parts, result?: unknown) => NamedVector
  readonly invalid: (name: string, about: string, parts: Parts, code: ErrorCode) => NamedVector
} {
  const make = (name: string, about: string, parts: Parts, expect: Vector['expect']): NamedVector => {
    const { given = {}, input } = parts
    return { name, vector: { noun, about, now: formatTime(parts.now ?? now), given, input, expect } }
  }
  return {
    valid: (name, about, parts, result = {}) => make(name, about, parts, { verdict: 'valid', result }),
    invalid: (name, about, parts, code) => make(name, about, parts, { verdict: 'invalid', code }),
  }
}

/** A payload that was signed, right or wrong. */
export type Written<T> = { readonly payload: T; readonly id: RecordId; readonly signed: Signed }

/** Signs a payload of its noun's form. */
export async function write<T>(noun: Noun<T>, payload: T, signers: readonly Signer[]): Promise<Written<T>> {
  const signed = await signAny(noun.typ, payload, signers)
  return { payload, id: readSigned(noun, signed).id, signed }
}

/** Signs any payload, also one that no schema admits. */
export async function signAny(typ: string, payload: unknown, signers: readonly Signer[]): Promise<Signed> {
  return await addSignatures({ payload: base64Url(canonicalBytes(payload)), signatures: [] }, typ, signers)
}

/** Test signers `label/0`, `label/1`, … */
export function signers(label: string, count: number): readonly Signer[] {
  return Array.from({ length: count }, (_, i) => testSigner(`vectors/${label}/${i}`))
}

/** A value of 16 bytes in base64url, told apart by a small number. */
export function salt(number: number): string {
  return base64Url(new Uint8Array(16).fill(number))
}

/** The payload with members changed; `undefined` takes one away. */
export function changed(payload: object, change: Readonly<Record<string, unknown>>): Json {
  // records and their members are JSON
  return JSON.parse(JSON.stringify({ ...payload, ...change })) as Json
}
