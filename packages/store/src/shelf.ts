import { StoreError, isStoreError } from './errors.ts'
import { place, requireKey } from './key.ts'
import type { Delete, Entry, Key, Put, Range, Require, Snapshot } from './store.ts'

/** How a value of a shelf becomes bytes and comes back. `decode` throws at bytes that `encode` never made. */
export type Codec<T> = { encode(value: T): Uint8Array; decode(bytes: Uint8Array): T }

/** A value taken from a shelf, and its version for the `expect` of what is written next. */
export type Held<T> = { readonly value: T; readonly version: number }

/** One place on a shelf. It describes reads and writes; it never makes one. */
export type Place<T> = {
  /** To be named in `read`. */
  readonly key: Key
  /** What stood here; undefined when nothing did. StoreError `corrupt` when the codec does not know it. */
  from(snapshot: Snapshot): Held<T> | undefined
  /** A write of this value; `expect` as in `Put`. */
  put(value: T, expect?: number | 'absent'): Put
  /** A write that follows what was found here: at that version, or absent when nothing was. */
  replace(found: Held<T> | undefined, value: T): Put
  delete(expect?: number): Delete
  /** Founds the commit on what was found here, unchanged. */
  require(found: Held<T>): Require
}

/** Values of one kind under one prefix. Segments of an id go through the grammar of keys: `malformed-key` if they fail. */
export type Shelf<T> = {
  /** The place of this id, of one segment or several. */
  at(...id: readonly string[]): Place<T>
  /** All places, or all whose id begins with these segments, a page at a time. */
  page(under: readonly string[], page: Pick<Range, 'after' | 'limit' | 'reverse'>): Range
  /** One entry of such a page: the segments of its id, and what stood there. */
  entry(entry: Entry): Held<T> & { readonly key: Key; readonly id: readonly string[] }
}

/**
 * A shelf under a prefix, e.g.
 *
 *     const accounts = shelf('accounts/by-id', json(parseAccount))
 *     const place = accounts.at(id)
 *     const found = place.from(await store.read([place.key]))
 *     await store.commit({ writes: [place.replace(found, next)] })
 *
 * The prefix names the shelf for good: changing it loses what stands there.
 */
export const shelf = <T>(prefix: Key, codec: Codec<T>): Shelf<T> => {
  requireKey(prefix)

  const held = (key: Key, found: { value: Uint8Array; version: number }): Held<T> => {
    try {
      return { value: codec.decode(found.value), version: found.version }
    } catch (cause) {
      if (isStoreError(cause)) throw cause
      throw new StoreError('corrupt', `decode a value under ${place(key)}: it is not of the kind this shelf keeps`, {
        key,
        cause,
      })
    }
  }

  return {
    at(...id) {
      const key = requireKey([prefix, ...id].join('/'))
      const put = (value: T, expect?: number | 'absent'): Put => ({
        key,
        value: codec.encode(value),
        ...(expect === undefined ? {} : { expect }),
      })
      return {
        key,
        from(snapshot) {
          const found = snapshot.get(key)
          return found && held(key, found)
        },
        put,
        replace: (found, value) => put(value, found?.version ?? 'absent'),
        delete: (expect) => ({ key, delete: true, ...(expect === undefined ? {} : { expect }) }),
        require: (found) => ({ key, require: found.version }),
      }
    },
    page: (under, page) => ({ prefix: `${[prefix, ...under].join('/')}/`, ...page }),
    entry: (entry) => ({
      key: entry.key,
      id: entry.key.slice(prefix.length + 1).split('/'),
      ...held(entry.key, entry),
    }),
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Bytes as they are. */
export const raw: Codec<Uint8Array> = { encode: (value) => value, decode: (bytes) => bytes }

/** Text in UTF-8. */
export const text: Codec<string> = {
  encode: (value) => new TextEncoder().encode(value),
  decode: (bytes) => utf8.decode(bytes),
}

/** JSON; `parse` proves that what comes back is a T, and throws if it is not. */
export const json = <T>(parse: (value: unknown) => T): Codec<T> => ({
  encode: (value) => text.encode(JSON.stringify(value)),
  decode: (bytes) => parse(JSON.parse(text.decode(bytes))),
})

/**
 * Runs `act` again when it fails with StoreError `conflict`, at most `attempts` times in all, then lets the conflict
 * through. It does not wait in between: a conflict is told when what won is durable, so the next read sees it. With more
 * than `attempts` callers at one key at once, some may fail. `act` reads, decides and commits anew each time; it must do
 * nothing else that cannot be done twice.
 */
export const settle = async <T>(act: () => Promise<T>, attempts = 32): Promise<T> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await act()
    } catch (error) {
      if (attempt >= attempts || !isStoreError(error, 'conflict')) throw error
    }
  }
}
