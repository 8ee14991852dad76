import { openTally, slotFindings, type Finding, type Report } from './fsck.ts'
import { decodeHead } from './head.ts'
import type { KeyFile } from './keys.ts'
import type { Link } from './postgres-link.ts'
import { add, emptySum, sumBytes } from './sum.ts'
import type { Witness } from './witness.ts'

const PAGE = 1000

/**
 * Opens every value of one moment of the schema, and holds the whole against what the heads of all writers add up to.
 * Others go on writing meanwhile.
 */
export async function fsckSchema(link: Link, schema: string, keys: KeyFile, witness: Witness): Promise<Report> {
  const client = await link.connect()
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    const findings: Finding[] = [...slotFindings(witness.look())]
    const whole = { count: 0, sum: emptySum() }
    const headKey = keys.derive('head')
    const writers = await client.query<{ writer: string; n: string; head: Uint8Array }>(
      `SELECT writer, n, head FROM ${schema}.writers`,
    )
    for (const { writer, n, head: bytes } of writers.rows) {
      const head = decodeHead(headKey, bytes)
      if (head === undefined || head.n !== Number(n)) {
        findings.push({
          code: 'head-altered',
          message: `read the head of writer '${writer}': it is not what was written`,
        })
        continue
      }
      whole.count += head.count
      add(whole.sum, sumBytes(head.sum))
    }
    const tally = openTally(keys)
    for (let after = ''; ;) {
      const { rows } = await client.query<{ key: string; value: Uint8Array }>({
        name: 'dcann-sweep',
        text: `SELECT key, value FROM ${schema}.entries WHERE key > $1 ORDER BY key LIMIT ${PAGE}`,
        values: [after],
      })
      for (const { key, value } of rows) tally.look(key, value)
      const last = rows.at(-1)
      if (last === undefined) break
      after = last.key
    }
    return tally.against(whole, findings)
  } finally {
    await client.query('ROLLBACK').catch(() => {})
    client.release()
  }
}
