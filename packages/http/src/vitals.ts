import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Metrics } from './metrics.ts'

/** What a store says of itself; a store of another package has these figures. */
export type StoreFigures = {
  readonly commits: number
  readonly batches: number
  readonly waiting: number
  readonly retries: number
}

/** How often the loop is looked at, in milliseconds: what is shorter than this is not told from the timer's own. */
const resolution = 10

/**
 * Measures what every process has: how late its event loop is since the last look, and what it holds in memory. Each look
 * begins anew, so one reader is meant: what watches the node.
 */
export function measureProcess(metrics: Metrics): void {
  const delay = monitorEventLoopDelay({ resolution })
  delay.enable()
  const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - resolution)
  metrics.gauge(
    { name: 'process_event_loop_late_p50_ms', help: 'Median lateness of the event loop since the last look' },
    () => late(delay.percentile(50)),
  )
  metrics.gauge({ name: 'process_event_loop_late_p99_ms', help: '99th percentile of the same' }, () =>
    late(delay.percentile(99)),
  )
  metrics.gauge({ name: 'process_event_loop_late_most_ms', help: 'The most of the same' }, () => {
    const most = late(delay.max)
    delay.reset()
    return most
  })
  metrics.gauge({ name: 'process_resident_bytes', help: 'Memory of this process that is resident' }, () =>
    process.memoryUsage.rss(),
  )
}

/** Measures a store: how much waits to be written, how many commits share a batch, how often a database was asked again. */
export function measureStore(metrics: Metrics, figures: () => StoreFigures): void {
  const of = (name: string, help: string, read: (now: StoreFigures) => number): void =>
    void metrics.gauge({ name, help }, () => read(figures()))
  of('store_commits', 'Commits that were written since the start', ({ commits }) => commits)
  of('store_batches', 'Batches they were written in, one sync each', ({ batches }) => batches)
  of('store_waiting_commits', 'Commits that wait for a batch', ({ waiting }) => waiting)
  of('store_retries', 'Times a database was asked again since the start', ({ retries }) => retries)
}
