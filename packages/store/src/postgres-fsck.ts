import { readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { inspect, openTally, type Finding, type Report } from './fsck.ts'
import { decodeHead } from './head.ts'
import type { KeyFile } from './keys.ts'
import type { Link } from './postgres-link.ts'
import { add, emptySum, sumBytes } from './sum.ts'
import { openWitness, type Witness } from './witness.ts'

const PAGE = 1000

/**
 * Opens every value of one moment of the schema, and holds the whole against what the heads of all writers add up to, and
 * each head against its witness, where that is beside this key file. Others go on writing meanwhile.
 */
export async function fsckSchema(link: Link, schema: string, keys: KeyFile, keyFile: string): Promise<Report> {
  const client = await link.connect()
  try {
    // before the moment that is looked at, or what is written meanwhile would look lost
    const witnesses = witnessesBeside(keyFile, keys)
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    const findings: Finding[] = []
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
      const seen = witnesses.get(writer)
      if (seen !== undefined)
        for (const { code, message } of inspect(headKey, bytes, { look: () => seen }).findings)
          findings.push({ code, message: `writer '${writer}': ${message}` })
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

/** What each witness beside a key file has seen, by its writer. */
function witnessesBeside(keyFile: string, keys: KeyFile): ReadonlyMap<string, ReturnType<Witness['look']>> {
  const [folder, begins] = [dirname(keyFile), `${basename(keyFile)}.`]
  const key = keys.derive('witness')
  const found = new Map<string, ReturnType<Witness['look']>>()
  for (const name of readdirSync(folder)) {
    const writer = name.startsWith(begins) ? /^([a-z0-9-]+)\.head$/.exec(name.slice(begins.length))?.[1] : undefined
    if (writer === undefined) continue
    const witness = openWitness(join(folder, name), key)
    found.set(writer, witness.look())
    witness.close()
  }
  return found
}
