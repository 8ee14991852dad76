import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts } from '../../scripts/federation/part.ts'
import { type Federation, startFederation } from '../../scripts/federation/parts.ts'
import type { PostgresServer } from '../postgres/server.ts'
import { cpuOf } from './cpu.ts'
import { type Bare, type Primitives, startBare, startPrimitives } from './floor.ts'
import { load, type Load } from './load.ts'

/** What every measurement stands on: processes of a federation, the floors as processes, and how long to look. */
export type Stage = {
  readonly rounds: number
  readonly federation: Federation
  readonly bare: Bare
  readonly primitives: Primitives
  /** The database under the federation; it has folders when undefined. */
  readonly server: PostgresServer | undefined
  /** So many requests that a server is busy for about the seconds asked for, when one costs so many microseconds. */
  readonly enough: (microseconds: number, most?: number) => number
  readonly end: () => Promise<void>
}

export type StageOptions = {
  readonly rounds: number
  /** Seconds of CPU in one measurement. */
  readonly seconds: number
  /** The database that registry and vault nodes keep all in, instead of folders. */
  readonly server?: PostgresServer
}

/** A federation as the bench measures it. */
export async function startBenched(folder: string, database?: string): Promise<Federation> {
  return await startFederation({
    folder,
    seed: 'bench',
    ports: await freePorts(5),
    withoutCompanies: true,
    database,
    // no country of the bench holds back the births that are measured
    bounds: { passports_per_day: 10_000_000, acts_per_second: 1_000_000 },
  })
}

export async function openStage({ rounds, seconds, server }: StageOptions): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'dcann-bench-'))
  const [bare, primitives, federation] = await Promise.all([
    startBare(),
    startPrimitives(),
    startBenched(folder, server?.url),
  ])
  return {
    rounds,
    federation,
    bare,
    primitives,
    server,
    enough: (microseconds, most = 20_000) => Math.max(100, Math.min(most, Math.round((seconds * 1e6) / microseconds))),
    async end() {
      bare.end()
      primitives.end()
      await federation.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** CPU microseconds that a server spends on one request of a load: its whole process tree, all threads. */
export async function perRequest(pid: number, asked: Load): Promise<number> {
  const before = cpuOf(pid)
  const { answered } = await load(asked)
  return (cpuOf(pid) - before) / answered
}

export function portOf(url: string): number {
  return Number(new URL(url).port)
}
