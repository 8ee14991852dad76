import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { draws } from '../draws.ts'
import { fightOver } from '../faults/sequencers.ts'
import { postgresMissing, type PostgresServer, startPostgres } from '../postgres/server.ts'

if (postgresMissing) console.warn(`NOT TESTED: several processes of one registry; ${postgresMissing}`)

describe.skipIf(postgresMissing !== undefined)('one registry as three processes over one database', () => {
  let server: PostgresServer
  const folder = mkdtempSync(join(tmpdir(), 'dcann-sequencers-'))
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(async () => {
    await server?.remove()
    rmSync(folder, { recursive: true, force: true })
  })
  const inFolder = (name: string): string => {
    mkdirSync(join(folder, name))
    return join(folder, name)
  }

  test('the log never forks, and no acknowledged record is lost, whoever of them is killed or frozen', async () => {
    const plan = { takeovers: 2, draw: draws(2) }
    const { takeovers, acknowledged, heads, failures } = await fightOver(
      `${server.url}?schema=r1`,
      inFolder('fight'),
      plan,
    )
    console.log(
      `three sequencers: ${failures.length} failures in ${takeovers} takeovers, ${acknowledged} acknowledged records, ${heads} heads seen`,
    )
    expect(failures).toEqual([])
    expect(acknowledged).toBeGreaterThanOrEqual(30)
    expect(heads).toBeGreaterThanOrEqual(10)
  })

  test('the same check catches three that are not fenced', async () => {
    const plan = { takeovers: 20, draw: draws(3), planted: true }
    const { failures, acknowledged } = await fightOver(`${server.url}?schema=r2`, inFolder('planted'), plan)
    console.log(`three that are not fenced: ${failures.length} failures after ${acknowledged} acknowledged records`)
    expect(failures.length).toBeGreaterThan(0)
  })
})
