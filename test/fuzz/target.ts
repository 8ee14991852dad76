import { readdirSync, readFileSync } from 'node:fs'
import { utf8 } from '@dcann/protocol/bytes'
import { type Vector, vectorSchema } from '../judge-vector.ts'

/** A parser under test: it returns, or throws a ProtocolError, within a second, and whatever it takes means one thing. */
export type Target = {
  readonly name: string
  /** How inputs are changed: as bytes, or as JSON whose members change, texts in base64url included. */
  readonly form: 'bytes' | 'json'
  readonly seeds: readonly Uint8Array[]
  /** Words that mutation puts in. */
  readonly words?: readonly string[]
  /** Returns when the parser took the input, throws what the parser threw, or `Broken` when it took what it must not. */
  readonly run: (input: Uint8Array) => void | Promise<void>
}

/** A property that does not hold: the parser took something and said the wrong thing of it. */
export class Broken extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'Broken'
  }
}

/** The property holds, or it is found broken. */
export function hold(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Broken(message)
}

/** UTF-8 where it is that, bytes one by one where it is not: parsers of text see every input. */
export function textIn(input: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(input)
  } catch {
    return Buffer.from(input).toString('latin1')
  }
}

export function seedsOf(...texts: readonly string[]): Uint8Array[] {
  return texts.map((text) => utf8(text))
}

/** Every vector of a noun, valid and invalid. */
export function vectorsOf(noun: string): Vector[] {
  return ['valid', 'invalid'].flatMap((verdict) => {
    const folder = new URL(`../vectors/${noun}/${verdict}/`, import.meta.url)
    return readdirSync(folder)
      .toSorted()
      .map((file) => vectorSchema.parse(JSON.parse(readFileSync(new URL(file, folder), 'utf8'))))
  })
}

/** A file of test/samples, from its beginning. */
export function sampleOf(name: string, bytes = Number.MAX_SAFE_INTEGER): Uint8Array {
  return readFileSync(new URL(`../samples/${name}`, import.meta.url)).subarray(0, bytes)
}
