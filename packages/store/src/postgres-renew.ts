import { StoreError } from './errors.ts'
import { decodeHead, digestOf, encodeHead, type Head } from './head.ts'
import type { Key } from './key.ts'
import type { KeyFile } from './keys.ts'
import { Broken, isUndone, type Link } from './postgres-link.ts'
import type { Statements } from './postgres-statements.ts'

type Renewal = {
  readonly link: Link
  readonly statements: Statements
  readonly keys: KeyFile
  readonly schema: string
  readonly writer: string
}

/**
 * Writes down how many keys there are now, and takes every other writer over: whoever knows only the keys of before writes
 * nothing any more, and does not open again without the new key file.
 */
export async function overtakeOthers({ link, statements, keys, schema, writer }: Renewal): Promise<void> {
  const noted = `UPDATE ${schema}.renewals SET epochs = GREATEST(epochs, $1::bigint)`
  await patiently(() => link.once({ name: 'dcann-epochs', text: noted }, [keys.epochs()]))
  const others = `SELECT writer FROM ${schema}.writers WHERE writer <> $1 ORDER BY writer`
  const rows = await link.ask<{ writer: string }>({ name: 'dcann-others', text: others }, [writer])
  const headKey = keys.derive('head')
  for (const { writer: other } of rows)
    await patiently(async () => {
      const [row] = await link.ask<{ n: string; head: Uint8Array }>(statements.head, [other])
      const head = row && decodeHead(headKey, row.head)
      if (row === undefined || head === undefined)
        throw new StoreError('corrupt', `renew: the head of writer '${other}' is not what was written; run fsck`)
      const next: Head = { ...head, n: head.n + 1, epoch: head.epoch + 1, prev: digestOf(row.head) }
      return await link.once(statements.take, [other, head.n, encodeHead(headKey, next)])
    })
}

/** Until it has changed a row. Whatever was done before a connection broke may be done again. */
async function patiently(act: () => Promise<number>): Promise<void> {
  for (;;) {
    try {
      if ((await act()) === 1) return
    } catch (error) {
      if (!(error instanceof Broken) && !isUndone(error)) throw error
    }
  }
}

const PAGE = 4096

/** Every key, with as much of its value as says which key that was sealed under. */
export async function* scanHeads(link: Link, schema: string): AsyncGenerator<readonly [Key, Uint8Array]> {
  const text = `SELECT key, substring(value FROM 1 FOR 16) AS value FROM ${schema}.entries WHERE key > $1 ORDER BY key LIMIT ${PAGE}`
  for (let after = ''; ;) {
    const rows = await link.ask<{ key: Key; value: Uint8Array }>({ name: 'dcann-heads', text }, [after])
    for (const { key, value } of rows) yield [key, value]
    const last = rows.at(-1)
    if (last === undefined) return
    after = last.key
  }
}
