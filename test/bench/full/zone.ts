import { fork } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePorts, type Part, startPart } from '../../../scripts/federation/part.ts'
import type { Cast } from '../../cast.ts'
import { type Asked, growingCast } from './growing-cast.ts'
import type { Filled, Filling } from './load-zone.ts'

/** A zone that grows: its store is filled by one process at a time, and served by another when it is measured. */
export type GrowingZone = {
  readonly cast: Cast
  /** Passports in it by births; what is admitted while measuring comes on top. */
  readonly names: () => number
  readonly grow: (to: number) => Promise<Filled>
  /** The registry of the zone, as anybody would start it. */
  readonly serve: (check: 'full' | 'quick') => Promise<Part>
  /** A mirror with nothing, or with a copy that was put away. */
  readonly mirror: (name: string, origin: string) => Promise<Part>
  /** Puts a copy of the store away, from which a mirror goes on. */
  readonly putAway: (name: string) => void
  readonly bytesOnDisk: () => number
}

const main = fileURLToPath(new URL('../../../registry/src/main.ts', import.meta.url))

export async function openZone(folder: string, asked: Pick<Asked, 'seed' | 'castNow'>): Promise<GrowingZone> {
  const cast = await growingCast(asked)
  const [port = 0, mirrorPort = 0] = await freePorts(2)
  const rootFile = join(folder, 'root.json')
  mkdirSync(folder, { recursive: true })
  writeFileSync(rootFile, JSON.stringify([cast.root.signed]))
  const store = join(folder, 'registry')
  let names = 0

  const start = async (name: string, own: number, config: object): Promise<Part> => {
    const url = `http://127.0.0.1:${own}`
    const file = join(folder, `${name}.json`)
    writeFileSync(file, JSON.stringify({ publicUrl: url, port: own, rootFile, ...config }))
    return await startPart({
      name,
      main,
      args: ['--config', file],
      url,
      folder: join(folder, name),
      log: join(folder, `${name}.log`),
      // every value of a million passports is opened
      patienceSeconds: 900,
    })
  }

  return {
    cast,
    names: () => names,
    async grow(to) {
      const filled = await fill({ ...asked, at: Math.floor(Date.now() / 1000), folder: store, from: names, to })
      names = to
      return filled
    },
    serve: async (check) =>
      await start('registry', port, {
        store: { folder: store, check },
        zones: [
          { zone: 'root', testKey: `${asked.seed}/root/log` },
          { zone: 'IN', testKey: `${asked.seed}/country/IN/log` },
          { zone: 'EE', testKey: `${asked.seed}/country/EE/log` },
        ],
        recordFiles: [],
      }),
    mirror: async (name, origin) =>
      await start(name, mirrorPort, {
        store: { folder: join(folder, name), check: 'quick' },
        follows: ['root', 'IN', 'EE'].map((zone) => ({ zone, from: origin })),
      }),
    putAway(name) {
      for (const file of readdirSync(folder).filter((each) => /^registry(?:$|\.(?:keys|head|heads)$)/.test(each)))
        cpSync(join(folder, file), join(folder, file.replace(/^registry/, name)), { recursive: true })
    },
    bytesOnDisk: () => sizeOf(store),
  }
}

async function fill(filling: Filling): Promise<Filled> {
  const child = fork(fileURLToPath(new URL('load-zone.ts', import.meta.url)), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  await once(child, 'message')
  child.send(filling)
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`filling a zone: the process ended with ${String(code)}`)
  })
  // it sends what `fill` there gives, and nothing else
  const [filled] = (await Promise.race([once(child, 'message'), ended])) as [Filled]
  await ended.catch(() => {})
  return filled
}

function sizeOf(path: string): number {
  const found = statSync(path)
  if (!found.isDirectory()) return found.size
  return readdirSync(path).reduce((sum, each) => sum + sizeOf(join(path, each)), 0)
}
