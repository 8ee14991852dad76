import { existsSync, readFileSync } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { base64Url, fromBase64Url } from '@dcann/protocol/bytes'
import { quote } from '@dcann/protocol/errors'
import { emptyFrontier, type Frontier, frontierBytes, readFrontier } from '@dcann/protocol/log/merkle'
import { type ZoneName, zoneSchema } from '@dcann/protocol/name'
import { z } from 'zod'

/**
 * Remembers the newest head of each log that was ever shown, apart from the store: whatever happens to the store, no head
 * is signed that does not extend it.
 *
 * `swap` makes `next` the heads of these zones if what is held of each still equals `before`, all or none, and is on disk
 * when it resolves. Rejects when another has gone on in between, and when the outcome is unknown; the process then ends.
 */
export type HeadKeeper = {
  /** The right edge of each log at its newest head; `undefined` when nothing was ever kept here. */
  readonly read: () => ReadonlyMap<ZoneName, Frontier> | undefined
  readonly swap: (before: ReadonlyMap<ZoneName, Frontier>, next: ReadonlyMap<ZoneName, Frontier>) => Promise<void>
}

/** Heads that last as long as the process, for tests. */
export function memoryKeeper(): HeadKeeper {
  let held: ReadonlyMap<ZoneName, Frontier> | undefined
  return {
    read: () => held,
    async swap(before, next) {
      held = swapped(held, before, next)
    },
  }
}

/** Heads in a file of their own, which is replaced whole. It belongs to one process, as the store's folder does. */
export function fileKeeper(path: string): HeadKeeper {
  const read = (): ReadonlyMap<ZoneName, Frontier> | undefined => (existsSync(path) ? readHeads(path) : undefined)
  let held = read()
  return {
    read: () => held,
    async swap(before, next) {
      // read again each time: a second process at this file shows here
      const after = swapped(read(), before, next)
      await replaceFile(
        path,
        `${JSON.stringify(Object.fromEntries([...after].map(([zone, head]) => [zone, written(head)])))}\n`,
      )
      held = after
    },
  }
}

/** Whole or not at all, and on disk when it resolves; whoever resolves names meanwhile is not kept waiting for the disk. */
async function replaceFile(path: string, text: string): Promise<void> {
  const draft = await open(`${path}.new`, 'w', 0o600)
  try {
    await draft.writeFile(text)
    await draft.sync()
  } finally {
    await draft.close()
  }
  await rename(`${path}.new`, path)
  // Windows brings names to disk by itself
  if (process.platform === 'win32') return
  const folder = await open(dirname(path), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

const fileSchema = z.record(zoneSchema, z.string())

function readHeads(path: string): ReadonlyMap<ZoneName, Frontier> {
  try {
    const heads = fileSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
    return new Map(Object.entries(heads).map(([zone, head]) => [zone, readFrontier(fromBase64Url(head))]))
  } catch (cause) {
    throw new Error(
      `reading the heads shown before, ${quote(path, 200)}: not what was written there; restore the file from a copy of this minute`,
      { cause },
    )
  }
}

function swapped(
  held: ReadonlyMap<ZoneName, Frontier> | undefined,
  before: ReadonlyMap<ZoneName, Frontier>,
  next: ReadonlyMap<ZoneName, Frontier>,
): ReadonlyMap<ZoneName, Frontier> {
  for (const [zone] of next) {
    if (written(held?.get(zone) ?? emptyFrontier) !== written(before.get(zone) ?? emptyFrontier)) {
      throw new Error(
        `keeping the head of ${quote(zone)}: another one was shown meanwhile; two registries serve this zone, stop one`,
      )
    }
  }
  return new Map([...(held ?? []), ...next])
}

function written(head: Frontier): string {
  return base64Url(frontierBytes(head))
}
