import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openDisk } from './disk.ts'
import { isStoreError } from './errors.ts'
import { openStore } from './open.ts'
import { scratch } from './scratch.ts'
import type { Entry } from './store.ts'

/** Set to flip every byte, and not a seeded choice of them. Takes minutes. */
const every = process.env['DCANN_EVERY_BYTE'] === '1'
const FLIPS = 360

type Outcome = 'refused' | 'whole' | 'LOST' | 'WRONG'

/** What the store did, as it was when it was closed: its files by path, and what it held. */
type Sample = {
  readonly files: ReadonlyMap<string, Buffer>
  readonly held: readonly Entry[]
}

const filesOf = (folder: string): Map<string, Buffer> =>
  new Map(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(folder.length + 1), readFileSync(path)]),
  )

/** A small store with history: some of it in a table, some in the log, keys overwritten and deleted. */
const sample = async (folder: string, closes: number): Promise<Sample> => {
  const at = join(folder, 'store')
  const value = (i: number): Uint8Array => new Uint8Array(20).fill(i)
  let held: readonly Entry[] = []
  for (let opening = 0; opening <= closes; opening++) {
    const store = await openStore(at, { buckets: 2 })
    for (let i = 0; i < 6; i++)
      await store.commit({
        writes: [
          { key: `k/${i}`, value: value(i + opening) },
          { key: `log/${opening}-${i}`, value: value(i) },
        ],
      })
    await store.commit({ writes: [{ key: 'k/0', delete: true }] })
    held = await store.range({ limit: 1000 })
    if (opening === closes) {
      // Copied while it is open, so that the last commits are in the log and not yet in a table.
      const files = filesOf(folder)
      await store.close()
      return { files, held }
    }
    await store.close()
  }
  return { files: filesOf(folder), held }
}

const restore = (folder: string, files: ReadonlyMap<string, Buffer>): void => {
  rmSync(folder, { recursive: true, force: true })
  for (const [path, bytes] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), bytes)
  }
}

/** Opens, checks and reads everything: what does the store say of itself, and is it true? */
const outcomeOf = async (folder: string, held: readonly Entry[], quick: boolean): Promise<Outcome> => {
  try {
    const store = await openStore(join(folder, 'store'), { check: quick ? 'quick' : 'full' })
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

const compare = (found: readonly Entry[], held: readonly Entry[]): Outcome => {
  const were = new Map(held.map((entry) => [entry.key, entry]))
  for (const { key, value, version } of found) {
    const was = were.get(key)
    if (was === undefined || was.version !== version || Buffer.compare(was.value, value) !== 0) return 'WRONG'
  }
  return found.length < held.length ? 'LOST' : 'whole'
}

/** What LevelDB by itself makes of the same damage, values being right when their sealed bytes are. */
const bareOutcome = async (folder: string, before: ReadonlyMap<string, string>): Promise<Outcome> => {
  try {
    const disk = await openDisk(join(folder, 'store'), false)
    const found = await disk.iterator().all()
    await disk.close()
    if (found.some(([key, value]) => before.get(key) !== Buffer.from(value).toString('hex'))) return 'WRONG'
    return found.length < before.size ? 'LOST' : 'whole'
  } catch {
    return 'refused'
  }
}

/** Every byte of every file, or as many of them as asked for, drawn with a seed; the gap in the witness left out. */
const positions = (files: ReadonlyMap<string, Buffer>): { path: string; at: number }[] => {
  const all = [...files].flatMap(([path, bytes]) =>
    Array.from(bytes, (_, at) => ({ path, at })).filter(({ at }) => path !== 'store.head' || at < 100 || at >= 4090),
  )
  if (every) return all
  let seed = 20261123
  const draw = (): number => (seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff) / 0x80000000
  return Array.from({ length: FLIPS }, () => all[Math.floor(draw() * all.length)]!)
}

/** Damages one byte at a time, of these files or of all, counts what came of it and names the places of harm. */
const tally = async (
  { files }: Sample,
  damaged: ReadonlyMap<string, Buffer>,
  folder: string,
  look: () => Promise<Outcome>,
): Promise<Record<Outcome, number> & { harm: string[] }> => {
  const counts = { refused: 0, whole: 0, LOST: 0, WRONG: 0 }
  const harm: string[] = []
  for (const { path, at } of positions(damaged)) {
    restore(folder, files)
    const flipped = Buffer.from(files.get(path)!)
    flipped[at]! ^= 1 << (at % 8)
    writeFileSync(join(folder, path), flipped)
    const outcome = await look()
    counts[outcome]++
    if (outcome === 'LOST' || outcome === 'WRONG') harm.push(`${path} byte ${at}: ${outcome}`)
  }
  return { ...counts, harm }
}

describe('openStore with a flipped byte', () => {
  for (const closes of [0, 2])
    it(
      `openStore serves nothing wrong and loses nothing in silence, after ${closes} openings`,
      { timeout: 900_000 },
      async () => {
        const { folder, remove } = scratch()
        const small = await sample(folder, closes)
        const { harm, refused, whole } = await tally(small, small.files, folder, () =>
          outcomeOf(folder, small.held, false),
        )
        expect(harm).toEqual([])
        expect(refused).toBeGreaterThan(FLIPS / 3)
        expect(whole).toBeGreaterThan(0)
        remove()
      },
    )

  it('openStore guards against damage that LevelDB by itself lets through', { timeout: 60_000 }, async () => {
    const { folder, remove } = scratch()
    const small = await sample(folder, 1)
    restore(folder, small.files)
    const disk = await openDisk(join(folder, 'store'), false)
    const before = new Map(
      (await disk.iterator().all()).map(([key, value]) => [key, Buffer.from(value).toString('hex')]),
    )
    await disk.close()
    const log = new Map([...small.files].filter(([path]) => path.endsWith('.log')))
    const counts = await tally(small, log, folder, () => bareOutcome(folder, before))
    expect(counts.LOST + counts.WRONG).toBeGreaterThan(FLIPS / 2)
    remove()
  })

  it('openStore notices a log cut short at any length', { timeout: 60_000 }, async () => {
    const { folder, remove } = scratch()
    const small = await sample(folder, 1)
    const [path, log] = [...small.files].find(([path, bytes]) => path.endsWith('.log') && bytes.length > 0)!
    const counts: Record<Outcome, number> = { refused: 0, whole: 0, LOST: 0, WRONG: 0 }
    for (let length = 0; length < log.length; length += every ? 1 : 61) {
      restore(folder, small.files)
      writeFileSync(join(folder, path), log.subarray(0, length))
      counts[await outcomeOf(folder, small.held, true)]++
    }
    expect([counts.whole, counts.LOST, counts.WRONG]).toEqual([0, 0, 0])
    expect(counts.refused).toBeGreaterThan(20)
    remove()
  })

  it('openStore notices any file of the folder gone', { timeout: 60_000 }, async () => {
    const { folder, remove } = scratch()
    const small = await sample(folder, 2)
    for (const gone of small.files.keys()) {
      restore(folder, new Map([...small.files].filter(([path]) => path !== gone)))
      const harmless = /(?:LOG|LOG\.old|LOCK|\.lock|\.owner)$/.test(gone) || small.files.get(gone)!.length === 0
      expect([gone, await outcomeOf(folder, small.held, false)]).toEqual([gone, harmless ? 'whole' : 'refused'])
    }
    remove()
  })
})
