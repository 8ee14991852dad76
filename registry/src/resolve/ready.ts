import { entityTag, isHeld } from '@dcann/http/entity-tag'
import type { Early } from '@dcann/http/listener'
import { createBounded } from '../bounded.ts'
import type { Heads } from '../log/heads.ts'
import type { PassportResolved } from './resolve-passport.ts'
import { statementAgeMost } from './state-name.ts'
import { isStill } from './still.ts'

/** Passports that are asked for again and again, in the bytes their answers left in. */
export type ReadyAnswers = {
  readonly keep: (target: string, resolved: PassportResolved) => void
  /** Answers a GET of a target that is kept and still so, before the router. */
  readonly early: Early
}

type Written = { readonly bytes: Buffer; readonly etag: string }
type Ready = { readonly resolved: PassportResolved; written?: Written }

const answersMost = 4096
const cacheControl = `public, max-age=${statementAgeMost}`

export function createReadyAnswers(heads: Pick<Heads, 'resolvable'>, now: () => number): ReadyAnswers {
  const kept = createBounded<Ready>(answersMost)
  return {
    keep: (target, resolved) => kept.set(target, { resolved }),
    early({ method, url = '', headers }, outgoing) {
      const ready = method === 'GET' ? kept.get(url) : undefined
      if (!ready?.resolved.parts.every((part) => isStill(heads, part, now()))) return false
      const { bytes, etag } = (ready.written ??= write(ready.resolved))
      if (isHeld(etag, headers['if-none-match'])) {
        outgoing.writeHead(304, { etag, 'cache-control': cacheControl })
        outgoing.end()
        return true
      }
      outgoing.writeHead(200, {
        'content-type': 'application/json',
        'content-length': bytes.length,
        etag,
        'cache-control': cacheControl,
      })
      outgoing.end(bytes)
      return true
    },
  }
}

function write({ body, parts }: PassportResolved): Written {
  return { bytes: Buffer.from(JSON.stringify(body)), etag: entityTag(...parts.map(({ etag }) => etag)) }
}
