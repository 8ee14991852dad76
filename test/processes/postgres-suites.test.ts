import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { postgresMissing } from '../postgres/server.ts'

if (postgresMissing) console.warn(`NOT TESTED: the suites on PostgreSQL; ${postgresMissing}`)

const runner = fileURLToPath(new URL('../postgres/run.ts', import.meta.url))
/** One of each kind; \`npm run test:postgres\` runs all of them. */
const chosen = ['test/answering.test.ts', 'test/stories/stories.test.ts', 'registry/src/registry.test.ts']

describe.skipIf(postgresMissing !== undefined)('suites on PostgreSQL', () => {
  test('what answers, what the stories tell and what a registry admits is the same on the other engine', async () => {
    const said: string[] = []
    const child = spawn(process.execPath, [runner, ...chosen], { stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => said.push(bytes.toString()))
    const code = await new Promise((resolve) => child.once('exit', resolve))
    const passed = Number(/(\d+) passed, 0 failed/.exec(said.join(''))?.[1] ?? 0)
    console.log(`suites on PostgreSQL: ${passed} passed in ${chosen.length} files`)
    if (code !== 0) console.log(said.join('').slice(-3_000))
    expect(code).toBe(0)
    expect(passed).toBeGreaterThanOrEqual(30)
  })
})
