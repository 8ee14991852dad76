import { setTimeout as wait } from 'node:timers/promises'
import { errorFields, type Logger } from './log.ts'
import type { Metrics } from './metrics.ts'

/**
 * A room's background work: one round of it, then milliseconds until the next. It looks at `signal` between steps and
 * returns soon after it is aborted.
 */
export type Job = (signal: AbortSignal, now: () => number) => Promise<number>

export type JobPorts = {
  /** Aborting it stops every job. */
  readonly signal: AbortSignal
  /** Seconds since 1970. */
  readonly now: () => number
  readonly logger: Logger
  readonly metrics: Metrics
  /** Waits, or returns at once when `signal` is aborted. Tests hand in their own. */
  readonly timer?: (milliseconds: number, signal: AbortSignal) => Promise<void>
}

/** Milliseconds: between the first rounds of two jobs, after a first failure, at most between rounds. */
const stagger = 100
const failureLeast = 1_000
const failureMost = 60_000
const delayMost = 86_400_000

/**
 * Runs jobs until the signal is aborted; resolves when the last has returned. They start one after another, so that a
 * node's start is not a burst. One that throws is logged by name, counted, and tried again after a delay that doubles.
 */
export async function runJobs(jobs: Readonly<Record<string, Job>>, ports: JobPorts): Promise<void> {
  const failures = ports.metrics.counter({
    name: 'job_failures_total',
    help: 'Rounds of background work that threw',
    labels: ['job'],
  })
  const timer = ports.timer ?? pause
  const run = async (name: string, job: Job, first: number): Promise<void> => {
    let failed = 0
    for (let delay = first; ;) {
      await timer(delay, ports.signal)
      if (ports.signal.aborted) return
      try {
        delay = bounded(await job(ports.signal, ports.now))
        failed = 0
      } catch (error) {
        if (ports.signal.aborted) return
        delay = Math.min(failureLeast * 2 ** failed++, failureMost)
        failures.add([name])
        ports.logger.error('job failed', { job: name, ms: delay, ...errorFields(error) })
      }
    }
  }
  await Promise.all(Object.entries(jobs).map(([name, job], i) => run(name, job, i * stagger)))
}

/** A job that asks for no delay at all, or none that is a number, would take the process for itself. */
function bounded(delay: number): number {
  return Number.isFinite(delay) ? Math.min(Math.max(delay, 1), delayMost) : delayMost
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await wait(milliseconds, undefined, { signal }).catch(() => {})
}
