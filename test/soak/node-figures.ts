import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { freePorts, type Part } from '../../scripts/federation/part.ts'

/** What a vault node says of itself, and what the system says of it. */
export type NodeFigures = {
  /** A metric's value, all its samples added up. */
  readonly metric: (name: string) => Promise<number>
  readonly metrics: () => Promise<string>
  readonly rssMiB: () => number
  /** The most it ever was. */
  readonly peakMiB: () => number
  readonly descriptors: () => number
}

/** Gives a node of a federation a listener for its operator, which takes a new beginning. Linux alone says what it holds. */
export async function openFigures(part: Part, change: object = {}): Promise<NodeFigures> {
  const file = part.args.at(-1) ?? ''
  const tokenFile = join(dirname(file), 'admin.token')
  const [port = 0] = await freePorts(1)
  const config = { ...(JSON.parse(readFileSync(file, 'utf8')) as object), admin: { port, tokenFile }, ...change }
  writeFileSync(file, JSON.stringify(config))
  await part.end()
  await part.again()
  const metrics = async (): Promise<string> => {
    const token = readFileSync(tokenFile, 'utf8').trim()
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { authorization: `Bearer ${token}` } })
    if (answer.status !== 200) throw new Error(`reading the metrics: ${answer.status}`)
    return await answer.text()
  }
  const kept = (field: string): number => {
    const status = `/proc/${part.pid()}/status`
    if (!existsSync(status)) return Number.NaN
    return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(status, 'utf8'))?.[1]) / 1024
  }
  return {
    metrics,
    metric: async (name) => sampled(await metrics(), name),
    rssMiB: () => kept('VmRSS'),
    peakMiB: () => kept('VmHWM'),
    descriptors: () => {
      const folder = `/proc/${part.pid()}/fd`
      return existsSync(folder) ? readdirSync(folder).length : Number.NaN
    },
  }
}

/** All samples of a metric, or those with these labels, added up. */
export function sampled(text: string, name: string): number {
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
}
