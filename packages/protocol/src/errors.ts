/**
 * Every refusal has one code from this closed list; the HTTP status of each stands in one table, `http/src/problem.ts`.
 *
 * spec: errors
 */
export const errorCodes = [
  // what came is not what this protocol speaks
  'malformed-request',
  'malformed-json',
  'not-canonical',
  'schema-mismatch',
  'identifier-invalid',
  'time-invalid',
  'key-inadmissible',
  'digest-mismatch',
  'record-signature-invalid',
  'too-large',
  'media-type-unsupported',
  'method-not-allowed',
  'request-timeout',
  // who are you
  'signature-missing',
  'signature-malformed',
  'signature-invalid',
  'signature-expired',
  'key-unknown',
  'replayed',
  'token-required',
  // you may not
  'not-entitled',
  'over-asking',
  'purpose-mismatch',
  'not-active',
  'held',
  'rule-broken',
  // not here
  'not-found',
  'moved',
  // not now, not any more, not again
  'superseded',
  'id-reused',
  'record-stale',
  'expired',
  'bound-crossed',
  'frequency-exceeded',
  'rate-limited',
  'unavailable',
  'stale',
  'internal',
  // what a client concludes by itself; no server sends these
  'root-invalid',
  'chain-broken',
  'chain-missing',
  'wrong-zone',
  'rollback',
  'forked',
  'frozen',
  'unsettled',
  'uncosigned',
  'proof-missing',
  'unreachable',
  'answer-invalid',
  'evidence-broken',
  'wallet-invalid',
] as const

/** One word for one way of failing. */
export type ErrorCode = (typeof errorCodes)[number]

/** What else a problem body may carry: short, from the party's own request or from public records, never personal data. */
export type ErrorFacts = Readonly<Record<string, string | number | boolean | null>>

/**
 * The one error of the protocol. The message says what failed, with what value, and what was expected; it never holds
 * personal data nor what a stranger sent beyond a bounded quotation (see `quote`).
 */
export class ProtocolError extends Error {
  readonly code: ErrorCode
  readonly facts: ErrorFacts

  constructor(code: ErrorCode, message: string, facts: ErrorFacts = {}) {
    super(message)
    this.name = 'ProtocolError'
    this.code = code
    this.facts = facts
  }
}

/** Quotes a value from outside for a message: at most `max` characters, control and direction characters made visible. */
export function quote(value: string, max = 40): string {
  const shown = value.length > max ? `${value.slice(0, max)}…` : value
  return JSON.stringify(shown).replace(
    /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
