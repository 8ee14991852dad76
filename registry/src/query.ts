import { ProtocolError, quote } from '@dcann/protocol/errors'
import { parseSchema } from '@dcann/protocol/signed'
import type { DoorEnv } from '@dcann/http/door'
import type { Context } from 'hono'
import type { z } from 'zod'

/** The query of a request: each parameter once, none that the schema does not name. Throws `schema-mismatch`. */
export function readQuery<T>(c: Context<DoorEnv>, schema: z.ZodType<T>): T {
  const values: Record<string, string> = Object.create(null)
  for (const [name, value] of new URL(c.req.url).searchParams) {
    if (name in values) throw new ProtocolError('schema-mismatch', `reading the query: ${quote(name)} comes twice`)
    values[name] = value
  }
  return parseSchema(schema, { ...values }, 'reading the query')
}
