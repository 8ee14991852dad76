import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { failOverOnce } from '../faults/failover.ts'
import { postgresMissing } from '../postgres/server.ts'

if (postgresMissing) console.warn(`NOT TESTED: failing over to a standby; ${postgresMissing}`)

describe.skipIf(postgresMissing !== undefined)('a primary that is killed, and its standby', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dcann-failover-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('nothing that was acknowledged is lost, and the store goes on at the other one', async () => {
    const { acknowledged, lost } = await failOverOnce(folder, 'sync', 100)
    console.log(`failover: ${lost.length} of ${acknowledged} acknowledged ends lost`)
    expect(acknowledged).toBeGreaterThanOrEqual(150)
    expect(lost).toEqual([])
  })

  test('the same check catches a standby that nobody waits for', async () => {
    const { lost } = await failOverOnce(folder, 'async', 20, false)
    expect(lost.length).toBeGreaterThan(0)
  })
})
