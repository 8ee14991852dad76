import { describe, expect, test } from 'vitest'
import { createMetrics } from './metrics.ts'

describe('createMetrics', () => {
  test('renders counters, gauges and histograms as Prometheus reads them', () => {
    const metrics = createMetrics()
    const counter = metrics.counter({ name: 'things_total', help: 'Things', labels: ['route', 'status'] })
    counter.add(['/a', '200'])
    counter.add(['/a', '200'], 2)
    counter.add(['/b', '404'])
    metrics.gauge({ name: 'depth', help: 'How deep' }).set(4)
    metrics.gauge({ name: 'asked', help: 'When rendered' }, () => 7)
    const histogram = metrics.histogram({ name: 'took_ms', help: 'How long', labels: ['room'] }, [1, 10])
    for (const value of [1, 2, 11]) histogram.observe(value, ['x'])
    expect(metrics.render()).toBe(
      [
        '# HELP things_total Things',
        '# TYPE things_total counter',
        'things_total{route="/a",status="200"} 3',
        'things_total{route="/b",status="404"} 1',
        '# HELP depth How deep',
        '# TYPE depth gauge',
        'depth 4',
        '# HELP asked When rendered',
        '# TYPE asked gauge',
        'asked 7',
        '# HELP took_ms How long',
        '# TYPE took_ms histogram',
        'took_ms_bucket{room="x",le="1"} 1',
        'took_ms_bucket{room="x",le="10"} 2',
        'took_ms_bucket{room="x",le="+Inf"} 3',
        'took_ms_sum{room="x"} 14',
        'took_ms_count{room="x"} 3',
        '',
      ].join('\n'),
    )
  })

  test('returns the same metric for the same name', () => {
    const metrics = createMetrics()
    const shape = { name: 'a_total', help: 'A' }
    metrics.counter(shape).add()
    metrics.counter(shape).add()
    expect(metrics.render()).toContain('a_total 2')
  })

  test('keeps a bounded number of label sets, and lets none break its line', () => {
    const metrics = createMetrics()
    const counter = metrics.counter({ name: 'a_total', help: 'A', labels: ['x'] })
    for (let i = 0; i < 2000; i++) counter.add([`v${i}`])
    expect(metrics.render().split('\n').length).toBeLessThan(600)
    expect(metrics.render()).toMatch(/a_total\{x="other"\} 1[0-9]{3}/)
    const hostile = createMetrics()
    hostile.counter({ name: 'b_total', help: 'B', labels: ['x'] }).add(['"} 1\nevil 2\\'])
    expect(hostile.render().split('\n')).toHaveLength(4)
  })
})
