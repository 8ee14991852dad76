import type { DoorEnv } from '@dcann/http/door'
import { entityTag, isHeld } from '@dcann/http/entity-tag'
import type { Context } from 'hono'

export type AnswerOptions = {
  readonly status?: 200 | 201
  /** What decides the body: equal parts mean equal bytes. */
  readonly etag?: readonly string[]
  /** Whoever keeps the answer may give it again for so long; left out, nobody keeps it. */
  readonly maxAgeSeconds?: number
  readonly immutable?: boolean
}

/** A public JSON answer; 304 when the caller has it already. */
export function answerJson(c: Context<DoorEnv>, body: object, options: AnswerOptions = {}): Response {
  const { status = 200, etag: parts, maxAgeSeconds, immutable = false } = options
  const etag = parts && entityTag(...parts)
  const headers = new Headers({ 'content-type': 'application/json' })
  if (etag !== undefined) headers.set('etag', etag)
  if (maxAgeSeconds !== undefined) {
    headers.set('cache-control', `public, max-age=${maxAgeSeconds}${immutable ? ', immutable' : ''}`)
  }
  if (etag !== undefined && isHeld(etag, c.req.header('if-none-match'))) {
    headers.delete('content-type')
    return new Response(null, { status: 304, headers })
  }
  return new Response(JSON.stringify(body), { status, headers })
}
