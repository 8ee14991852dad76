// Runs every check that is not a test of behaviour, one after another, and stops at the first that fails.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const checks = {
  // --force: build records outlive a change of an extended configuration, and then report what no longer holds.
  types: ['node_modules/typescript/bin/tsc', '-b', '--force'],
  lint: ['node_modules/oxlint/bin/oxlint'],
  format: ['node_modules/oxfmt/bin/oxfmt', '--check'],
  house: ['node_modules/vitest/vitest.mjs', 'run', '--project', 'unit', 'test/house.test.ts', 'test/packages.test.ts'],
  sbom: ['scripts/sbom.ts', '--check'],
}

const remedies: Partial<Record<string, string>> = { format: ': `npm run format` writes what it expects' }

for (const [name, args] of Object.entries(checks)) {
  const started = performance.now()
  const { status } = spawnSync(process.execPath, args, {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    stdio: 'inherit',
  })
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  if (status !== 0) {
    console.error(`check ${name}: FAILED after ${seconds} s${remedies[name] ?? ''}`)
    process.exit(1)
  }
  console.log(`check ${name}: ok, ${seconds} s`)
}
