import type { Early } from './listener.ts'

/** On every response of a public listener; a route's own header of the same name wins. */
export const publicHeaders = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'etag, retry-after',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'cross-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const

/** On every response of an admin listener: nothing that another origin could use. */
export const adminHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const

/** Answers a browser's preflight: any origin may send what an authenticated call carries, and no credentials. */
export const answerPreflight: Early = (incoming, outgoing) => {
  if (incoming.method !== 'OPTIONS') return false
  outgoing.writeHead(204, {
    'access-control-allow-methods': 'GET, HEAD, POST',
    'access-control-allow-headers': 'content-type, content-digest, signature, signature-input, if-none-match',
    'access-control-max-age': '86400',
  })
  outgoing.end()
  return true
}

/** Answers `/healthz` (the process lives) and `/readyz` (it can answer). */
export function answerHealth(ready: () => boolean): Early {
  return (incoming, outgoing) => {
    const { url } = incoming
    if (url !== '/healthz' && url !== '/readyz') return false
    const well = url === '/healthz' || ready()
    const body = well ? '{"status":"ok"}' : '{"status":"not-ready"}'
    outgoing.writeHead(well ? 200 : 503, {
      'content-type': 'application/json',
      'content-length': body.length,
      ...(well ? {} : { 'retry-after': '5' }),
    })
    outgoing.end(body)
    return true
  }
}
