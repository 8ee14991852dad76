import { createDecipheriv } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { FIRST_KEY, openDisk } from './disk.ts'
import { isStoreError } from './errors.ts'
import { openKeyFile } from './keys.ts'
import { type OpenOptions, openStore } from './open.ts'
import type { Entry } from './store.ts'

/** What came of damage: the store refused, or served all as it was, or less without a word, or something else. */
export type Outcome = 'refused' | 'whole' | 'LOST' | 'WRONG'

/** A store as it was when it was copied: its files by path, and what it held. */
export type Sample = { readonly files: ReadonlyMap<string, Buffer>; readonly held: readonly Entry[] }

/** One byte of one file. */
export type Place = { readonly path: string; readonly at: number }

/** What came of damaging each place by itself; `harm` names those after which something was lost or wrong. */
export type Tally = Record<Outcome, number> & { readonly harm: string[] }

/** A small store with history: some of it in tables, some in the log, keys overwritten and deleted. */
export const makeSample = async (folder: string, closes: number): Promise<Sample> => {
  const at = join(folder, 'store')
  const value = (i: number): Uint8Array => new Uint8Array(20).fill(i)
  for (let opening = 0; opening < closes; opening++) await (await written(at, opening, value)).close()
  // Copied while it is open, so that the last commits are in the log and not yet in a table.
  const store = await written(at, closes, value)
  const sample = { files: filesOf(folder), held: await store.range({ limit: 1000 }) }
  await store.close()
  return sample
}

const written = async (at: string, opening: number, value: (i: number) => Uint8Array) => {
  const store = await openStore(at, { buckets: 2 })
  for (let i = 0; i < 6; i++)
    await store.commit({
      writes: [
        { key: `k/${i}`, value: value(i + opening) },
        { key: `log/${opening}-${i}`, value: value(i) },
      ],
    })
  await store.commit({ writes: [{ key: 'k/0', delete: true }] })
  return store
}

const filesOf = (folder: string): Map<string, Buffer> =>
  new Map(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(folder.length + 1), readFileSync(path)]),
  )

/** Puts these files, and no others, into a folder. */
export const restore = (folder: string, files: ReadonlyMap<string, Buffer>): void => {
  rmSync(folder, { recursive: true, force: true })
  for (const [path, bytes] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), bytes)
  }
}

/** Every byte of these files, the gap in the witness left out. */
export const placesOf = (files: ReadonlyMap<string, Buffer>): Place[] =>
  [...files].flatMap(([path, bytes]) =>
    Array.from(bytes, (_, at) => ({ path, at })).filter(({ at }) => path !== 'store.head' || at < 100 || at >= 4090),
  )

/** So many of the places, drawn with a seed. */
export const drawPlaces = (places: readonly Place[], count: number, seed: number): Place[] => {
  const draw = (): number => (seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff) / 0x80000000
  return Array.from({ length: count }, () => places[Math.floor(draw() * places.length)]).filter((place) => !!place)
}

/** Flips one bit at one place at a time, in a store that is whole again before the next. */
export const flipEach = async (
  { files, held }: Sample,
  places: readonly Place[],
  folder: string,
  look: (folder: string, held: readonly Entry[]) => Promise<Outcome>,
): Promise<Tally> => {
  const tally: Tally = { refused: 0, whole: 0, LOST: 0, WRONG: 0, harm: [] }
  for (const { path, at } of places) {
    const damaged = Buffer.from(files.get(path) ?? [])
    damaged.writeUInt8(damaged.readUInt8(at) ^ (1 << (at % 8)), at)
    restore(folder, new Map([...files, [path, damaged]]))
    const outcome = await look(folder, held)
    tally[outcome]++
    if (outcome === 'LOST' || outcome === 'WRONG') tally.harm.push(`${path} byte ${at}: ${outcome}`)
  }
  return tally
}

/** Opens, checks and reads everything: what does the store say of itself, and is it true? */
export const lookBy =
  (options: OpenOptions = {}) =>
  async (folder: string, held: readonly Entry[]): Promise<Outcome> => {
    try {
      const store = await openStore(join(folder, 'store'), options)
      try {
        return compare(await store.range({ limit: 1000 }), held)
      } finally {
        await store.close()
      }
    } catch (error) {
      if (isStoreError(error)) return 'refused'
      throw error
    }
  }

/** What LevelDB by itself would hand out: it is asked, and what it gives is opened without looking at the seal. */
export const lookUnsealed = async (folder: string, held: readonly Entry[]): Promise<Outcome> => {
  const keys = openKeyFile(join(folder, 'store.keys'))
  try {
    const disk = await openDisk(join(folder, 'store'), false)
    const found = await disk.iterator({ gte: FIRST_KEY }).all()
    await disk.close()
    const opened = found.map(([key, sealed]): Entry => {
      const bytes = Buffer.from(sealed)
      const secret = keys.at(bytes.readUInt16BE(7), bytes.readUInt32BE(9))
      if (secret === undefined) return { key, value: new Uint8Array(), version: 0 }
      const cipher = createDecipheriv('aes-256-gcm', secret, bytes.subarray(13, 25))
      return { key, value: cipher.update(bytes.subarray(25, -16)), version: bytes.readUIntBE(1, 6) }
    })
    return compare(opened, held)
  } catch (error) {
    if (isStoreError(error)) return 'refused'
    throw error
  } finally {
    keys.close()
  }
}

/** The places inside the sealed values that a sample's tables hold. */
export const sealedPlaces = async ({ files }: Sample, folder: string): Promise<Place[]> => {
  restore(folder, files)
  const disk = await openDisk(join(folder, 'store'), false)
  const values = (await disk.iterator({ gte: FIRST_KEY }).all()).map(([, sealed]) => Buffer.from(sealed))
  await disk.close()
  const tables = [...files].filter(([path]) => path.endsWith('.ldb'))
  return tables.flatMap(([path, table]) =>
    values.flatMap((sealed) => {
      const from = table.indexOf(sealed)
      return from < 0 ? [] : Array.from({ length: sealed.length - 41 }, (_, i) => ({ path, at: from + 25 + i }))
    }),
  )
}

const compare = (found: readonly Entry[], held: readonly Entry[]): Outcome => {
  const were = new Map(held.map((entry) => [entry.key, entry]))
  for (const { key, value, version } of found) {
    const was = were.get(key)
    if (was === undefined || was.version !== version || Buffer.compare(was.value, value) !== 0) return 'WRONG'
  }
  return found.length < held.length ? 'LOST' : 'whole'
}
