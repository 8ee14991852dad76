// Runs the suites that open a store on PostgreSQL: npm run test:postgres [-- test files]
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, chmodSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { postgresMissing, startPostgres } from './server.ts'

/**
 * Everything that opens a store through `test/test-store.ts` or starts nodes. Left out is what speaks of one engine: the
 * conformance suites of each, damage done to the files of a folder, faults of its system calls, what lays hands on a store
 * in memory (`sequencer.test.ts`); and what opens no store.
 */
const suites = [
  ...['registry/src', 'vault-node/src', 'test/stories'],
  ...[
    'agreement-chain',
    'answering',
    'batch-withdrawn',
    'capability-matrix',
    'holder-notices',
    'invites',
    'proffer-cap',
  ]
    .concat(['pushes', 'residence', 'selecting', 'settling', 'succeeding', 'tightened', 'trust-query', 'fault-looks'])
    .map((name) => `test/${name}.test.ts`),
  ...['company', 'notices', 'passport-life', 'replay', 'revocation', 'stop-card', 'stories', 'hostile'].map(
    (name) => `test/processes/${name}.test.ts`,
  ),
]

if (postgresMissing !== undefined) throw new Error(`npm run test:postgres: ${postgresMissing}`)
const under = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'dcann-suites-'))
chmodSync(under, 0o755)
const server = await startPostgres({ max_connections: '1000', shared_buffers: '64MB' }, { under })
const given = process.argv.slice(2)
const vitest = join(import.meta.dirname, '../../node_modules/vitest/vitest.mjs')
const child = spawn(
  process.execPath,
  [vitest, 'run', '--exclude', 'registry/src/log/sequencer.test.ts', ...(given.length > 0 ? given : suites)],
  {
    stdio: 'inherit',
    env: { ...process.env, DCANN_TEST_DATABASE: server.url },
  },
)
process.on('SIGINT', () => {}).on('SIGTERM', () => child.kill())
process.exitCode = await new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? 1)))
await server.remove()
rmSync(under, { recursive: true, force: true })
