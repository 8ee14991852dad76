import type { ErrorCode } from '@dcann/protocol/errors'
import type { Signer } from '@dcann/protocol/key'
import type { AnyRecord } from '@dcann/protocol/record'
import type { Noun, Signed } from '@dcann/protocol/signed'
import { changed, type NamedVector, signAny, vectorsOf, write, type Written } from './vector.ts'

export type Change = Readonly<Record<string, unknown>>
/** A key that nobody has. */
export const zeroKey = 'A'.repeat(43)

/** Makers for one noun: `given.records` is what the zone holds, `input` what somebody wants admitted. */
export function judging<T extends AnyRecord>(
  noun: Noun<T>,
  kind: string,
  held: readonly Written<AnyRecord>[],
  record: Written<T>,
): {
  readonly admitted: (name: string, about: string, input: Signed, more?: Circumstances) => NamedVector
  readonly refused: (name: string, about: string, input: Signed, code: ErrorCode, more?: Circumstances) => NamedVector
  readonly begins: (signers: readonly Signer[], change?: Change) => Promise<Signed>
  readonly follows: (signers: readonly Signer[], change?: Change, before?: Written<T>) => Promise<Signed>
  readonly after: (signers: readonly Signer[], change: Change, before?: Written<T>) => Promise<Written<T>>
} {
  const { valid, invalid } = vectorsOf(kind)
  const zone = (records: readonly Written<AnyRecord>[]): unknown => ({ records: records.map(({ signed }) => signed) })
  const circumstances = (input: Signed, more: Circumstances = {}) => ({
    given: zone(more.held ?? [...held, record]),
    input,
    ...(more.now !== undefined && { now: more.now }),
  })
  const next = ({ payload, id }: Written<T>, change: Change): object => {
    const { seq } = payload
    return { ...payload, seq: seq + 1, prev: id, ...change }
  }
  return {
    admitted: (name, about, input, more) => valid(name, about, circumstances(input, more), {}),
    refused: (name, about, input, code, more) => invalid(name, about, circumstances(input, more), code),
    begins: async (by, change = {}) => await signAny(noun.typ, changed(record.payload, change), by),
    follows: async (by, change = {}, before = record) => await signAny(noun.typ, changed(next(before, change), {}), by),
    // `as`: whoever hands in the change keeps to the noun's form, and reading it back below refuses what does not
    after: async (by, change, before = record) =>
      await write(noun, changed(next(before, change), {}) as unknown as T, by),
  }
}

export type Circumstances = { readonly held?: readonly Written<AnyRecord>[]; readonly now?: number }
