/** Values of a metric's labels, in the order of its label names. They come from closed sets, never from a request. */
export type LabelValues = readonly string[]

export type Counter = { readonly add: (labels?: LabelValues, by?: number) => void }
export type Gauge = { readonly set: (value: number, labels?: LabelValues) => void }
export type Histogram = { readonly observe: (value: number, labels?: LabelValues) => void }

/** A metric's name, what it counts, and the names of its labels. */
export type MetricShape = { readonly name: string; readonly help: string; readonly labels?: readonly string[] }

/** What is read of a gauge. */
export type Read = number | readonly (readonly [label: string, value: number])[]

/** What a process counts; rendered as Prometheus text on the admin listener only. */
export type Metrics = {
  readonly counter: (shape: MetricShape) => Counter
  /**
   * `read`, when given, is asked at rendering time instead of `set` being called: one number, or one for each value of the
   * one label.
   */
  readonly gauge: (shape: MetricShape, read?: () => Read) => Gauge
  /** `bounds` are upper bounds in ascending order, in the unit that the name ends in. */
  readonly histogram: (shape: MetricShape, bounds: readonly number[]) => Histogram
  /** Prometheus text format 0.0.4. */
  readonly render: () => string
}

/** Label sets kept of one metric; further ones are counted under `other`, so a mistake cannot fill the memory. */
const seriesMost = 512

type Rendered = () => string[]

/** A registry of metrics. Asking for a name again returns the same metric. */
export function createMetrics(): Metrics {
  const made = new Map<string, { metric: Counter | Gauge | Histogram; render: Rendered }>()
  const once = <M extends Counter | Gauge | Histogram>(
    name: string,
    make: () => { metric: M; render: Rendered },
  ): M => {
    const known = made.get(name)
    // one name is one kind of metric: the caller's constant
    if (known) return known.metric as M
    const fresh = make()
    made.set(name, fresh)
    return fresh.metric
  }
  return {
    counter: (shape) => once(shape.name, () => makeCounter(shape)),
    gauge: (shape, read) => once(shape.name, () => makeGauge(shape, read)),
    histogram: (shape, bounds) => once(shape.name, () => makeHistogram(shape, bounds)),
    render: () => `${[...made.values()].flatMap(({ render }) => render()).join('\n')}\n`,
  }
}

function makeCounter(shape: MetricShape): { metric: Counter; render: Rendered } {
  const series = seriesOf(shape, () => ({ value: 0 }))
  return {
    metric: { add: (labels = [], by = 1) => void (series.at(labels).value += by) },
    render: () => [
      ...head(shape, 'counter'),
      ...series.lines(({ value }, labels) => [line(shape.name, labels, value)]),
    ],
  }
}

function makeGauge(shape: MetricShape, read: (() => Read) | undefined): { metric: Gauge; render: Rendered } {
  const series = seriesOf(shape, () => ({ value: 0 }))
  return {
    metric: { set: (value, labels = []) => void (series.at(labels).value = value) },
    render: () => [
      ...head(shape, 'gauge'),
      ...(read ? linesRead(shape, read()) : series.lines(({ value }, labels) => [line(shape.name, labels, value)])),
    ],
  }
}

function linesRead({ name, labels: [label = ''] = [] }: MetricShape, read: Read): string[] {
  return typeof read === 'number'
    ? [line(name, '', read)]
    : read.map(([of, value]) => line(name, `${label}="${escaped(of)}"`, value))
}

function makeHistogram(shape: MetricShape, bounds: readonly number[]): { metric: Histogram; render: Rendered } {
  const series = seriesOf(shape, () => ({ counts: bounds.map(() => 0), sum: 0, count: 0 }))
  return {
    metric: {
      observe(value, labels = []) {
        const at = series.at(labels)
        at.sum += value
        at.count++
        const bucket = bounds.findIndex((bound) => value <= bound)
        if (bucket >= 0) at.counts[bucket] = (at.counts[bucket] ?? 0) + 1
      },
    },
    render: () => [
      ...head(shape, 'histogram'),
      ...series.lines(({ counts, sum, count }, labels) => {
        let below = 0
        return [
          ...bounds.map((bound, i) =>
            line(`${shape.name}_bucket`, joined(labels, `le="${bound}"`), (below += counts[i] ?? 0)),
          ),
          line(`${shape.name}_bucket`, joined(labels, 'le="+Inf"'), count),
          line(`${shape.name}_sum`, labels, sum),
          line(`${shape.name}_count`, labels, count),
        ]
      }),
    ],
  }
}

function seriesOf<T>(
  shape: MetricShape,
  fresh: () => T,
): {
  at: (labels: LabelValues) => T
  lines: (render: (value: T, labels: string) => string[]) => string[]
} {
  const names = shape.labels ?? []
  const kept = new Map<string, T>()
  // the same series, found without writing its labels: every request is counted
  const found = new Map<string, T>()
  const text = (labels: LabelValues): string =>
    names.map((name, i) => `${name}="${escaped(labels[i] ?? '')}"`).join(',')
  return {
    at(labels) {
      const values = labels.length === 1 ? (labels[0] ?? '') : labels.join('\n')
      const before = found.get(values)
      if (before) return before
      let key = text(labels)
      if (!kept.has(key) && kept.size >= seriesMost) key = text(names.map(() => 'other'))
      const known = kept.get(key) ?? fresh()
      kept.set(key, known)
      if (found.size < seriesMost) found.set(values, known)
      return known
    },
    lines: (render) => [...kept].flatMap(([labels, value]) => render(value, labels)),
  }
}

function head({ name, help }: MetricShape, type: string): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`]
}

function line(name: string, labels: string, value: number): string {
  return labels === '' ? `${name} ${value}` : `${name}{${labels}} ${value}`
}

function joined(labels: string, last: string): string {
  return labels === '' ? last : `${labels},${last}`
}

function escaped(value: string): string {
  return value.slice(0, 100).replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
