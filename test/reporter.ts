import type { Reporter, SerializedError, TestModule } from 'vitest/node'

/**
 * Prints, after vitest's own report, what each battery took and then the tally alone on the last line:
 * `N passed, M failed`, with `, K skipped` when there are any.
 *
 * A file that does not load and an error outside every test count as one failure each, so that the line can never say
 * `0 failed` of a run that failed.
 */
export class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], stray: readonly SerializedError[]): void {
    const batteries = new Map<string, Battery>()
    for (const module of modules) {
      const name = `${module.project.name}: ${batteryOf(module.relativeModuleId)}`
      batteries.set(name, add(batteries.get(name) ?? empty, tally(module)))
    }
    for (const [name, { files, passed, seconds }] of [...batteries].sort(([a], [b]) => (a < b ? -1 : 1))) {
      console.log(`  ${name.padEnd(36)} ${files} files  ${passed} passed  ${seconds.toFixed(1)} s`)
    }
    const total = [...batteries.values()].reduce(add, { ...empty, failed: stray.length })
    const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : ''
    console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}`)
  }
}

interface Battery {
  readonly files: number
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  readonly seconds: number
}

const empty: Battery = { files: 0, passed: 0, failed: 0, skipped: 0, seconds: 0 }

function add(a: Battery, b: Battery): Battery {
  return {
    files: a.files + b.files,
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    skipped: a.skipped + b.skipped,
    seconds: a.seconds + b.seconds,
  }
}

function tally(module: TestModule): Battery {
  const states = [...module.children.allTests()].map((test) => test.result().state)
  const count = (state: string): number => states.filter((found) => found === state).length
  const failed = count('failed')
  const { collectDuration, duration } = module.diagnostic()
  return {
    files: 1,
    passed: count('passed'),
    failed: failed === 0 && !module.ok() ? 1 : failed,
    skipped: count('skipped'),
    seconds: (collectDuration + duration) / 1000,
  }
}

/** `packages/store/src/level.test.ts` belongs to `packages/store`, `test/house.test.ts` to `test`. */
function batteryOf(file: string): string {
  return file
    .split('/')
    .slice(0, -1)
    .slice(0, 2)
    .join('/')
    .replace(/\/src$/, '')
}
