import { expect, test } from 'vitest'
import { createMetrics } from './metrics.ts'
import { measureProcess, measureStore } from './vitals.ts'

const valueOf = (text: string, name: string): number => Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1])

test('measureProcess sees a loop that was held up, once', async () => {
  const metrics = createMetrics()
  measureProcess(metrics)
  await new Promise((resolve) => setTimeout(resolve, 50))
  const until = performance.now() + 200
  while (performance.now() < until);
  await new Promise((resolve) => setTimeout(resolve, 50))
  const text = metrics.render()
  expect(valueOf(text, 'process_event_loop_late_most_ms')).toBeGreaterThan(100)
  expect(valueOf(text, 'process_resident_bytes')).toBeGreaterThan(10_000_000)
})

test('measureStore shows the figures of the moment', () => {
  const metrics = createMetrics()
  const figures = { commits: 5, batches: 2, waiting: 1, retries: 0 }
  measureStore(metrics, () => figures)
  figures.retries = 7
  const text = metrics.render()
  expect(['commits', 'batches', 'waiting_commits', 'retries'].map((name) => valueOf(text, `store_${name}`))).toEqual([
    5, 2, 1, 7,
  ])
})
