import { readFileSync, statSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { ProtocolError } from '@dcann/protocol/errors'
import { entityTag } from './entity-tag.ts'
import { type Early, writeProblem } from './listener.ts'
import { problemOf } from './problem.ts'

type Held = { readonly of: number; readonly bytes: Buffer; readonly packed: Buffer; readonly etag: string }

/**
 * Serves one built script to pages of every origin, which may pin it by its digest: a script of ours that others put into their
 * pages. Read when it is first asked for, and anew when another was built in its place.
 */
export function serveScript(path: string, file: string): Early {
  let held: Held | undefined
  return ({ method, url, headers }, outgoing) => {
    if (url !== path || (method !== 'GET' && method !== 'HEAD')) return false
    const of = statSync(file, { throwIfNoEntry: false })?.mtimeMs
    if (of === undefined) {
      const missing = new ProtocolError('not-found', 'serving this script: it is not built here; npm run web builds it')
      writeProblem(outgoing, problemOf(missing))
      return true
    }
    if (held?.of !== of) {
      const bytes = readFileSync(file)
      held = { of, bytes, packed: gzipSync(bytes, { level: 9 }), etag: entityTag(bytes.toString('base64')) }
    }
    outgoing.setHeader('cache-control', 'public, max-age=300')
    outgoing.setHeader('vary', 'accept-encoding')
    outgoing.setHeader('etag', held.etag)
    if (headers['if-none-match'] === held.etag) {
      outgoing.writeHead(304).end()
      return true
    }
    const packed = /\bgzip\b/.test(headers['accept-encoding'] ?? '')
    const bytes = packed ? held.packed : held.bytes
    outgoing.writeHead(200, {
      'content-type': 'text/javascript; charset=utf-8',
      'content-length': bytes.length,
      ...(packed ? { 'content-encoding': 'gzip' } : {}),
    })
    outgoing.end(method === 'HEAD' ? undefined : bytes)
    return true
  }
}
