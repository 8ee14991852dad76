import { textOf } from '@dcann/protocol/bytes'
import { type Json, parseBounded } from '@dcann/protocol/canonical'
import { ProtocolError } from '@dcann/protocol/errors'
import { limits } from '@dcann/protocol/limits'
import { parseSchema } from '@dcann/protocol/signed'
import type { DoorEnv } from './door.ts'
import { type BodyBudget, readBody } from './read-body.ts'
import type { Context } from 'hono'
import type { z } from 'zod'

/** Half-read bodies of those who write plain JSON, who are few. */
const budget: BodyBudget = { held: 0, most: 16 * 1024 * 1024 }

/**
 * The body of a POST of plain JSON: any that tools write, in whatever order and spacing, since nothing signs
 * over it. Throws what `readBody` and `parsePlain` throw, and `schema-mismatch`.
 */
export async function plainBody<T>(c: Context<DoorEnv>, schema: z.ZodType<T>): Promise<T> {
  return parseSchema(schema, parsePlain(await readBody(c, limits.bodyBytes, budget)), 'reading the body')
}

/** JSON that is not canonical, with the rules that keep it from meaning two things. Throws `malformed-json` or `not-canonical`. */
export function parsePlain(bytes: Uint8Array): Json {
  const text = textOf(bytes)
  const value = parseBounded(text)
  // a member that comes twice is written twice and kept once
  if (membersWritten(text) !== membersKept(value)) {
    throw new ProtocolError('malformed-json', 'reading the body: a member comes twice in one object')
  }
  return value
}

/** Colons outside strings: one for each member, in text that is known to be JSON. */
function membersWritten(text: string): number {
  let count = 0
  let inString = false
  for (let i = 0; i < text.length; i++) {
    const c = text[i]
    if (inString && c === '\\') i++
    else if (c === '"') inString = !inString
    else if (!inString && c === ':') count++
  }
  return count
}

function membersKept(value: Json): number {
  if (typeof value !== 'object' || value === null) return 0
  const members = Object.values(value)
  return members.reduce((sum: number, member) => sum + membersKept(member), Array.isArray(value) ? 0 : members.length)
}
