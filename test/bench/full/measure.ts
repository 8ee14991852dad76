import { readFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { gzipSync } from 'node:zlib'
import { fromBase64Url } from '@dcann/protocol/bytes'
import { passportResolutionSchema, type ResolutionProof } from '@dcann/protocol/resolution'
import { setTimeout as wait } from 'node:timers/promises'
import type { Part } from '../../../scripts/federation/part.ts'
import { birthSignatures, makeBirths } from '../births.ts'
import { cpuOf } from '../cpu.ts'
import { type Figure, figureOf, interleave } from '../figure.ts'
import type { Bare, Primitives } from '../floor.ts'
import { getOf, load, open, postOf, times } from '../load.ts'
import { perRequest, portOf } from '../stage.ts'
import type { Filled } from './load-zone.ts'
import type { GrowingZone } from './zone.ts'

/** What a zone of so many passports costs, each by its median and spread where there are rounds. */
export type Milestone = {
  readonly names: number
  /** Microseconds of a process's CPU. */
  readonly cpu: Readonly<Record<'warm' | 'cold' | 'bare' | 'admit' | 'post' | 'verify' | 'hash', Figure>>
  /** Microseconds of the writer's thread for one act of a full batch, and acts in a batch. */
  readonly batchAct: number
  readonly batchActs: number
  /** Milliseconds from being started to the first resolution: every value checked, and the head alone. */
  readonly startFull: Figure
  readonly startQuick: Figure
  /** Resident memory in bytes: once started, and after some thousand different names were resolved. */
  readonly memoryStarted: number
  readonly memoryServed: number
  readonly diskBytes: number
  /** Bytes of a whole body, packed, and of its proofs alone, packed; hashes of one proof, unpacked. */
  readonly body: number
  readonly bodyPacked: number
  readonly proofsPacked: number
  readonly proofHashes: number
  /** Acts that a mirror verified in a second of its CPU, and how many. */
  readonly mirrored: number
  readonly mirroredActs: number
}

export type Bench = {
  readonly rounds: number
  readonly bare: Bare
  readonly primitives: Primitives
  readonly enough: (microseconds: number, most?: number) => number
}

const connections = 16
const namesServed = 3_000

/** Measures a zone as it is now. `mirror` is the folder that a mirror goes on from: new, or a copy put away before. */
export async function measureZone(
  { rounds, bare, primitives, enough }: Bench,
  zone: GrowingZone,
  filled: Filled,
  mirror: string,
): Promise<Milestone> {
  const identifiers = filled.identifiers
  const pathOf = (i: number): string => `/v1/resolve/${identifiers[i % identifiers.length] ?? ''}`
  const diskBytes = zone.bytesOnDisk()
  const startQuick = await startOften(zone, 'quick', rounds, pathOf(0))
  // it opens every value, which takes as long as there are many
  const startFull = await startOften(zone, 'full', zone.names() > 100_000 ? 1 : Math.min(rounds, 3), pathOf(0))
  const registry = await zone.serve('quick')
  try {
    const port = portOf(registry.url)
    const pid = registry.pid()
    const memoryStarted = residentOf(pid)
    const gets = (count: number, of: (i: number) => string) => ({
      port,
      connections,
      status: 200,
      next: times(count, (i) => getOf(of(i))),
    })
    await load(gets(namesServed, pathOf))
    const memoryServed = residentOf(pid)
    const known = pathOf(1)
    const { bodyBytes } = await load(gets(2_000, () => known))
    const sizes = await sizesOf(port, known)

    const warmCount = enough(
      await perRequest(
        pid,
        gets(500, () => known),
      ),
    )
    const ofBare = (count: number) => ({ ...gets(count, () => known), port: bare.port })
    await bare.answering(bodyBytes)
    await load(ofBare(2_000))
    const bareCount = enough(await perRequest(bare.pid, ofBare(1_000)))
    let born = 0
    const birthsOf = async (count: number) => await makeBirths(zone.cast, `full/${zone.names()}/${born++}`, count)
    const admit = async (count: number): Promise<number> => {
      const births = await birthsOf(count)
      return await perRequest(pid, { port, connections, status: 201, next: times(count, (i) => births[i]?.wire) })
    }
    const admitCount = enough(await admit(300), 600)
    const [one] = await birthsOf(1)
    const posted = postOf('/v1/records', one?.body ?? new Uint8Array(0))
    const post = (count: number) => ({ port: bare.port, connections, status: 200, next: times(count, () => posted) })
    await load(post(1_000))
    let drawn = namesServed
    const coldEach = Math.min(200, Math.floor((identifiers.length - namesServed) / rounds))
    const cpu = await interleave(rounds, {
      bare: async () => await perRequest(bare.pid, ofBare(bareCount)),
      warm: async () =>
        await perRequest(
          pid,
          gets(warmCount, () => known),
        ),
      cold: async () => {
        const from = drawn
        drawn += coldEach
        return await perRequest(
          pid,
          gets(coldEach, (i) => pathOf(from + i)),
        )
      },
      post: async () => await perRequest(bare.pid, post(bareCount)),
      verify: async () => await primitives.cost('verify', { bytes: one?.body.length ?? 900 }),
      hash: async () => await primitives.cost('hash'),
      admit: async () => await admit(admitCount),
    })
    const mirroring = await mirrorZone(zone, registry, mirror)
    const figures = {
      bare: figureOf(cpu.bare),
      warm: figureOf(cpu.warm),
      cold: figureOf(cpu.cold),
      post: figureOf(cpu.post),
      verify: figureOf(cpu.verify),
      hash: figureOf(cpu.hash),
      admit: figureOf(cpu.admit),
    }
    return {
      names: zone.names(),
      cpu: figures,
      batchAct: filled.cpu[2],
      batchActs: filled.births / filled.batches,
      startFull,
      startQuick,
      memoryStarted,
      memoryServed,
      diskBytes,
      ...sizes,
      ...mirroring,
    }
  } finally {
    await registry.end()
  }
}

export const signatures = birthSignatures

async function startOften(zone: GrowingZone, check: 'full' | 'quick', rounds: number, path: string): Promise<Figure> {
  const found: number[] = []
  for (let i = 0; i < rounds; i++) {
    const from = performance.now()
    const registry = await zone.serve(check)
    try {
      await load({ port: portOf(registry.url), connections: 1, status: 200, next: times(1, () => getOf(path)) })
      found.push(performance.now() - from)
    } finally {
      await registry.end()
    }
  }
  return figureOf(found)
}

type Sizes = Pick<Milestone, 'body' | 'bodyPacked' | 'proofsPacked' | 'proofHashes'>

async function sizesOf(port: number, path: string): Promise<Sizes> {
  const connection = await open(port)
  const { body } = await connection.ask(getOf(path))
  connection.end()
  const { passport, node, operator } = passportResolutionSchema.parse(JSON.parse(body))
  const proofs = [passport, node, operator].flatMap((one) => one?.proof ?? [])
  return {
    body: Buffer.byteLength(body),
    bodyPacked: gzipSync(body).length,
    proofsPacked: gzipSync(JSON.stringify(proofs)).length,
    proofHashes: passport.proof ? hashesIn(passport.proof) : Number.NaN,
  }
}

/** Bytes of the hashes that the proof by map and log is made of. */
function hashesIn({ map, head }: ResolutionProof): number {
  return fromBase64Url(map.siblings).length + 32 * head.inclusion.length
}

type Mirroring = Pick<Milestone, 'mirrored' | 'mirroredActs'>

/** A mirror catches up with the registry: how many acts it verified, and what that cost its process. */
async function mirrorZone(zone: GrowingZone, registry: Part, name: string): Promise<Mirroring> {
  const goal = await headSizeOf(registry.url)
  const mirror = await zone.mirror(name, registry.url)
  try {
    const pid = mirror.pid()
    const from = { size: await headSizeOf(mirror.url), cpu: cpuOf(pid) }
    for (let size = from.size; size < goal; size = await headSizeOf(mirror.url)) await wait(100)
    const spent = (cpuOf(pid) - from.cpu) / 1e6
    const acts = goal - from.size
    return { mirrored: acts / spent, mirroredActs: acts }
  } finally {
    await mirror.end()
  }
}

/** Entries under the head that is shown; none where there is none. */
async function headSizeOf(url: string): Promise<number> {
  const connection = await open(portOf(url))
  const { status, body } = await connection.ask(getOf('/v1/zones/IN/checkpoint'))
  connection.end()
  return status === 200 ? Number(body.split('\n')[1]) : 0
}

function residentOf(pid: number): number {
  if (process.platform === 'linux')
    return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) * 1024
}
