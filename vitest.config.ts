import { defineConfig } from 'vitest/config'
import { TallyReporter } from './test/reporter.ts'

/** Tests whose figures would suffer from a neighbour. */
const alone = ['readme', 'replay', 'revocation'].map((name) => `test/processes/${name}.test.ts`)

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
        // Journeys through real processes, two files at a time, when the units are done.
        test: {
          name: 'processes',
          include: ['test/processes/**/*.test.ts'],
          exclude: alone,
          pool: 'forks',
          maxWorkers: 2,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // What measures or floods has the machine to itself.
        test: {
          name: 'alone',
          include: alone,
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
