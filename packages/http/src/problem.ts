import { type ErrorCode, type ErrorFacts, ProtocolError } from '@dcann/protocol/errors'

/** Where every code meets its HTTP status: the one table. A client-only code is never sent; see `problemOf`. */
export const problems: Readonly<Record<ErrorCode, readonly [status: number, title: string]>> = {
  'malformed-request': [400, 'The request is malformed'],
  'malformed-json': [400, 'The body is not JSON'],
  'not-canonical': [400, 'The body is not in canonical form'],
  'schema-mismatch': [400, 'The body has not the expected members'],
  'identifier-invalid': [400, 'An identifier is not valid'],
  'time-invalid': [400, 'A time is not valid'],
  'key-inadmissible': [400, 'A key may not be used'],
  'digest-mismatch': [400, 'The digest is not that of the body'],
  'record-signature-invalid': [400, 'A signature on a record does not hold'],
  'too-large': [413, 'Too large'],
  'media-type-unsupported': [415, 'The media type is not supported'],
  'method-not-allowed': [405, 'The method is not allowed'],
  'request-timeout': [408, 'The request took too long to arrive'],

  'signature-missing': [401, 'A signature is required'],
  'signature-malformed': [401, 'The signature has not the required form'],
  'signature-invalid': [401, 'The signature does not verify'],
  'signature-expired': [401, 'The signature is outside its window'],
  'key-unknown': [401, 'The key is not known'],
  replayed: [401, 'The signature was used before'],
  'token-required': [401, 'A token is required'],

  'not-entitled': [403, 'Not entitled'],
  'over-asking': [403, 'More was asked than was agreed'],
  'purpose-mismatch': [403, 'The purpose is not the agreed one'],
  'not-active': [403, 'Not active'],
  held: [403, 'The houses hold it'],
  'rule-broken': [403, 'A rule forbids it'],

  'not-found': [404, 'Not found'],
  moved: [410, 'Moved'],

  superseded: [409, 'Superseded'],
  'id-reused': [409, 'The id was used for something else'],
  'record-stale': [409, 'The record is stale'],
  expired: [409, 'Expired'],
  'bound-crossed': [412, 'A bound was crossed'],
  'frequency-exceeded': [429, 'Asked too often'],
  'rate-limited': [429, 'Too many requests'],
  unavailable: [503, 'Not available now'],
  stale: [503, 'What this answer would rest on is too old'],
  internal: [500, 'Internal error'],

  // what a client concludes by itself: a node that throws one has a fault of its own, so `problemOf` sends `internal`
  'root-invalid': [500, 'never sent'],
  'chain-broken': [500, 'never sent'],
  'chain-missing': [500, 'never sent'],
  'wrong-zone': [500, 'never sent'],
  rollback: [500, 'never sent'],
  forked: [500, 'never sent'],
  frozen: [500, 'never sent'],
  unsettled: [500, 'never sent'],
  uncosigned: [500, 'never sent'],
  'proof-missing': [500, 'never sent'],
  unreachable: [500, 'never sent'],
  'answer-invalid': [500, 'never sent'],
  'evidence-broken': [500, 'never sent'],
  'wallet-invalid': [500, 'never sent'],
}

/** Bytes of a problem body at most. */
export const problemBytes = 1024

/** An error as it goes out. `unexpected` says that the fault is ours: log and count it. */
export type Problem = {
  readonly status: number
  readonly code: ErrorCode
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly unexpected: boolean
}

/** The `type` of a problem: a stable name that ends in the code. */
export function problemType(code: ErrorCode): string {
  return `urn:dcann:error:${code}`
}

/**
 * The RFC 9457 problem of an error. Anything that is not a `ProtocolError` of a code that servers send becomes
 * `internal` without detail. `status` overrides the table's for the listener's own 431.
 */
export function problemOf(error: unknown, status?: number): Problem {
  const known = error instanceof ProtocolError && problems[error.code][0] !== 500 ? error : undefined
  const code = known?.code ?? 'internal'
  const [tableStatus, title] = problems[code]
  const sent = status ?? tableStatus
  return {
    status: sent,
    code,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      ...retryAfter(sent, known?.facts),
      ...(sent === 405 ? { allow: 'GET, HEAD, POST, OPTIONS' } : {}),
      // what was not read stays in the connection; only closing it is safe
      ...(sent === 413 || sent === 408 || sent === 431 ? { connection: 'close' } : {}),
    },
    body: bounded({ type: problemType(code), title, status: sent }, known?.message, known?.facts),
    unexpected: known === undefined,
  }
}

/** Whether a code is what a client concludes by itself: a node that meets it says something else instead. */
export function isClientsOwn(code: ErrorCode): boolean {
  return code !== 'internal' && problems[code][0] === 500
}

/** A problem as a Fetch response. */
export function problemResponse(problem: Problem): Response {
  return new Response(problem.body, { status: problem.status, headers: problem.headers })
}

function retryAfter(status: number, facts: ErrorFacts | undefined): Record<string, string> {
  if (status !== 429 && status !== 503) return {}
  const asked = facts?.['retry_after']
  const seconds = typeof asked === 'number' && asked > 0 ? Math.ceil(asked) : status === 429 ? 1 : 5
  return { 'retry-after': String(seconds) }
}

/** The facts go before the detail does: a client acts on the code, a person reads the rest. */
function bounded(
  head: Record<string, string | number>,
  detail: string | undefined,
  facts: ErrorFacts | undefined,
): string {
  const whole = JSON.stringify({ ...facts, ...head, ...(detail === undefined ? {} : { detail }) })
  if (Buffer.byteLength(whole) <= problemBytes) return whole
  // a character takes at most 6 bytes in JSON, or 4 in UTF-8
  const cut = JSON.stringify({ ...head, detail: detail?.slice(0, 120) })
  return cut
}
