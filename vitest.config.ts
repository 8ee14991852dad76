import { defineConfig } from 'vitest/config'
import { TallyReporter } from './test/reporter.ts'

export default defineConfig({
  test: {
    reporters: ['default', new TallyReporter()],
    projects: [
      {
        // One module graph for a whole thread: a unit that leaves something behind in it is a fault of that unit.
        test: {
          name: 'unit',
          include: [
            '{packages,registry,vault-node,scripts}/**/*.test.ts',
            'test/*.test.ts',
            'test/{vectors,stories}/**/*.test.ts',
          ],
          pool: 'threads',
          isolate: false,
          // a limit for what hangs; what is slow on a busy machine is no fault
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // Real processes measure and kill each other: one file at a time, and only when the units are done.
        test: {
          name: 'processes',
          include: ['test/{processes,faults}/**/*.test.ts'],
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
