import { describe, expect, test } from 'vitest'
import { type Job, runJobs } from './jobs.ts'
import { createLogger } from './log.ts'
import { createMetrics } from './metrics.ts'

/** Runs jobs without waiting until `rounds` delays were asked for; says which, and what was logged. */
async function run(jobs: Record<string, Job>, rounds: number) {
  const controller = new AbortController()
  const delays: number[] = []
  const lines: string[] = []
  const metrics = createMetrics()
  await runJobs(jobs, {
    signal: controller.signal,
    now: () => 7,
    logger: createLogger({ name: 'test', destination: { write: (line) => void lines.push(line) } }),
    metrics,
    timer: async (milliseconds) => {
      if (delays.push(milliseconds) >= rounds) controller.abort()
    },
  })
  return { delays, lines, metrics }
}

describe('runJobs', () => {
  test('runs a job again after the delay that it asks for', async () => {
    const seen: number[] = []
    const { delays } = await run({ a: async (_, now) => seen.push(now()) * 10 }, 4)
    expect(delays).toEqual([0, 10, 20, 30])
    expect(seen).toEqual([7, 7, 7])
  })

  test('starts jobs one after another', async () => {
    const idle: Job = async () => 1_000_000
    expect((await run({ a: idle, b: idle, c: idle }, 3)).delays).toEqual([0, 100, 200])
  })

  test('tries a job that throws again, later each time, and says which', async () => {
    const broken: Job = () => Promise.reject(new RangeError('secret'))
    const { delays, lines, metrics } = await run({ broken }, 9)
    expect(delays).toEqual([0, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000])
    expect(lines.join()).toContain('"job":"broken"')
    expect(lines.join()).not.toContain('secret')
    expect(metrics.render()).toContain('job_failures_total{job="broken"} 8')
  })

  test('begins with a short delay again once a round went well', async () => {
    let round = 0
    const flaky: Job = async () => {
      if (round++ % 2 === 0) throw new Error('x')
      return 5
    }
    expect((await run({ flaky }, 5)).delays).toEqual([0, 1_000, 5, 1_000, 5])
  })

  test.each([
    [0, 1],
    [-5, 1],
    [Number.NaN, 86_400_000],
    [Number.POSITIVE_INFINITY, 86_400_000],
  ])('bounds a delay of %d', async (asked, given) => {
    expect((await run({ a: async () => asked }, 2)).delays).toEqual([0, given])
  })

  test('resolves when the last job has returned, and not for the delay', async () => {
    const controller = new AbortController()
    const done: string[] = []
    const slow: Job = async (signal) => {
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => setImmediate(resolve)))
      done.push('slow')
      return 1
    }
    const running = runJobs(
      { slow, idle: async () => 86_400_000 },
      {
        signal: controller.signal,
        now: () => 0,
        logger: createLogger({ name: 'x', level: 'silent' }),
        metrics: createMetrics(),
      },
    )
    setTimeout(() => controller.abort(), 150)
    await running
    expect(done).toEqual(['slow'])
  })
})
