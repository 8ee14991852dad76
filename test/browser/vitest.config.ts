import { defineConfig } from 'vitest/config'
import { TallyReporter } from '../reporter.ts'

export default defineConfig({
  test: {
    name: 'browser',
    root: new URL('../../', import.meta.url).pathname,
    include: ['test/browser/**/*.test.ts'],
    globalSetup: ['test/browser/setup.ts'],
    reporters: ['default', new TallyReporter()],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 90_000,
    hookTimeout: 90_000,
  },
})
