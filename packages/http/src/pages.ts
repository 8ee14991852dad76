import { globSync, readFileSync, statSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { ProtocolError } from '@dcann/protocol/errors'
import { type Early, writeProblem } from './listener.ts'
import { entityTag } from './entity-tag.ts'
import { problemOf } from './problem.ts'

/** A built bundle of pages, as one origin serves it. */
export type Pages = {
  /** What the build put together. It may be put there after the start. */
  readonly folder: string
  /** Where the one document of the bundle is shown; `/` and whatever else is linked to. */
  readonly at: readonly string[]
  /** What the page is told of where it is, at `/place.json`. */
  readonly place?: string
  /** Other origins that its scripts may call, in the words of a content security policy. */
  readonly calls: string
}

/** A file of a bundle, read once. */
type Held = {
  readonly type: string
  readonly bytes: Buffer
  readonly packed: Buffer | undefined
  readonly etag: string
}

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  json: 'application/json',
  webmanifest: 'application/manifest+json',
}

/**
 * What scripts of a page may do: run from their own origin only, be put together from no text, and be framed by nobody.
 * `calls` says whom they may speak to besides.
 */
export function pagePolicy(calls: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    `connect-src 'self'${calls === '' ? '' : ` ${calls}`}`,
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ')
}

/** Whom a page calls that speaks to registries, vaults and requesters of this federation: anybody by https, under a test root this machine too. */
export function callsUnder({ test }: { readonly test: boolean }): string {
  return test ? 'https: http://127.0.0.1:* http://localhost:*' : 'https:'
}

/**
 * Serves pages before the router does. Only the files that the build made are ever read, by their whole names; everything
 * else is left to the routes. Where nothing is built yet, `/` says so.
 */
export function servePages(pages: Pages): Early {
  let opened: Promise<ReadonlyMap<string, Held>> | undefined
  let of = 0
  const policy = pagePolicy(pages.calls)
  /** Reads the bundle when it is first asked for, and anew when another was built in its place. */
  const open = (): void => {
    const built = statSync(join(pages.folder, 'index.html'), { throwIfNoEntry: false })?.mtimeMs
    if (built === undefined || built === of) return
    of = built
    opened = readAll(pages)
  }
  const show = async (
    path: string,
    { method, headers }: IncomingMessage,
    outgoing: ServerResponse,
  ): Promise<boolean> => {
    const isDocument = pages.at.includes(path)
    if (isDocument || opened === undefined) open()
    if (opened === undefined && isDocument) {
      const missing = new ProtocolError(
        'not-found',
        'showing this page: it is not built here; build it with: npm run web',
      )
      writeProblem(outgoing, problemOf(missing))
      return true
    }
    const held = (await opened)?.get(isDocument ? '/index.html' : path)
    if (held === undefined) return false
    setHeaders(outgoing, policy, held, path)
    if (headers['if-none-match'] === held.etag) {
      outgoing.writeHead(304)
      outgoing.end()
      return true
    }
    const packed = held.packed !== undefined && /\bgzip\b/.test(headers['accept-encoding'] ?? '')
    const bytes = packed ? held.packed : held.bytes
    outgoing.writeHead(200, {
      'content-type': held.type,
      'content-length': bytes.length,
      ...(packed ? { 'content-encoding': 'gzip' } : {}),
    })
    outgoing.end(method === 'HEAD' ? undefined : bytes)
    return true
  }
  return (incoming, outgoing) => {
    const { method, url = '' } = incoming
    if (method !== 'GET' && method !== 'HEAD') return false
    const mark = url.indexOf('?')
    const path = mark < 0 ? url : url.slice(0, mark)
    // routes are many and pages few: what cannot be one is left alone at once
    return (pages.at.includes(path) || fileOfBundle.test(path)) && show(path, incoming, outgoing)
  }
}

/** Where a build puts its files: at the top, and what bears its own digest below `assets`. */
const fileOfBundle = /^\/(?:assets\/)?[\w.-]+\.[a-z]+$/

function setHeaders(outgoing: ServerResponse, policy: string, { etag }: Held, path: string): void {
  // a page is nobody else's to read
  outgoing.removeHeader('access-control-allow-origin')
  outgoing.removeHeader('access-control-expose-headers')
  for (const [field, value] of Object.entries({
    'content-security-policy': policy,
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(self), geolocation=(), microphone=(), payment=()',
    'cache-control': path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
    vary: 'accept-encoding',
    etag,
  }))
    outgoing.setHeader(field, value)
}

async function readAll({ folder, place }: Pages): Promise<ReadonlyMap<string, Held>> {
  const files = globSync('**/*.*', { cwd: folder }).map((path) => path.replaceAll('\\', '/'))
  const held = await Promise.all(
    files.map(async (path): Promise<[string, Held]> => [
      `/${path}`,
      await hold(path, readFileSync(join(folder, path))),
    ]),
  )
  const told = place === undefined ? [] : [['/place.json', await hold('place.json', Buffer.from(place))] as const]
  return new Map([...held, ...told])
}

const pack = promisify(gzip)

async function hold(path: string, bytes: Buffer): Promise<Held> {
  const ending = path.slice(path.lastIndexOf('.') + 1)
  const type = types[ending] ?? 'application/octet-stream'
  const packed = ending === 'png' ? undefined : await pack(bytes, { level: 9 })
  return { type, bytes, packed, etag: entityTag(bytes.toString('base64')) }
}
