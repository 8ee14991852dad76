import { StoreError } from './errors.ts'

/**
 * Where a value stands: segments of `A-Z a-z 0-9 . _ : @ + = ~ -` joined by `/`, at most 512 characters in all, e.g.
 * `agreements/by-id/4fQ`. Keys are ordered by their bytes; as they are ASCII, `<` on strings is that order.
 */
export type Key = string

/** The longest key, in characters, which are bytes. */
export const MAX_KEY_LENGTH = 512

const KEY = /^[A-Za-z0-9._:@+=~-]+(?:\/[A-Za-z0-9._:@+=~-]+)*$/
const PREFIX = /^(?:[A-Za-z0-9._:@+=~-]+\/)*[A-Za-z0-9._:@+=~-]*$/

/** The key, if it is one; else StoreError `malformed-key`. */
export const requireKey = (key: string): Key => {
  if (key.length <= MAX_KEY_LENGTH && KEY.test(key)) return key
  throw new StoreError(
    'malformed-key',
    `use a key under ${place(key)}: it is not segments of [A-Za-z0-9._:@+=~-] joined by '/', at most ${MAX_KEY_LENGTH} characters`,
    { key },
  )
}

/** The beginning of a key, possibly empty or cut inside a segment; else StoreError `malformed-key`. */
export const requirePrefix = (prefix: string): string => {
  if (prefix.length <= MAX_KEY_LENGTH && PREFIX.test(prefix)) return prefix
  throw new StoreError('malformed-key', `use a prefix under ${place(prefix)}: it is not the beginning of a key`, {
    key: prefix,
  })
}

/** The first string after every key that begins with `prefix`: `~` is the last character a key may hold. */
export const endOfPrefix = (prefix: string): string => `${prefix}\x7f`

/** A whole number as a segment whose byte order is the order of numbers: 16 digits, 0 … 2^53 − 1. */
export const ordered = (n: number): string => {
  if (Number.isSafeInteger(n) && n >= 0) return String(n).padStart(16, '0')
  throw new StoreError('malformed-key', `order the number ${n} in a key: it is not a whole number from 0 to 2^53 - 1`)
}

/** What of a key an error message may say: its first segment, never what comes after, which may name a person. */
export const place = (key: string): string =>
  `'${key
    .split('/', 1)[0]
    ?.replace(/[^\w.-]/g, '?')
    .slice(0, 40)}/…'`
