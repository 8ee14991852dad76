import { ProtocolError, type ErrorCode } from '@dcann/protocol/errors'
import type { MessageKey } from './messages.ts'
import type { Say } from './say.ts'

/** What a person is told of a code; several codes may mean one thing to a person. */
const told: Readonly<Partial<Record<ErrorCode, MessageKey>>> = {
  unreachable: 'error.unreachable',
  unavailable: 'error.unavailable',
  'rate-limited': 'error.unavailable',
  'request-timeout': 'error.unreachable',
  stale: 'error.stale',
  frozen: 'error.frozen',
  uncosigned: 'error.uncosigned',
  'proof-missing': 'error.proof-missing',
  'evidence-broken': 'error.evidence-broken',
  forked: 'error.forked',
  rollback: 'error.rollback',
  'chain-broken': 'error.chain-broken',
  'chain-missing': 'error.chain-broken',
  'key-unknown': 'error.key-unknown',
  'record-signature-invalid': 'error.signature',
  'signature-invalid': 'error.signature',
  'answer-invalid': 'error.answer-invalid',
  'malformed-json': 'error.answer-invalid',
  'not-canonical': 'error.answer-invalid',
  'schema-mismatch': 'error.answer-invalid',
  'too-large': 'error.answer-invalid',
  'root-invalid': 'error.root-invalid',
  'wrong-zone': 'error.wrong-zone',
  'not-active': 'error.not-active',
  'not-found': 'error.not-found',
  expired: 'error.expired',
  'not-entitled': 'error.not-entitled',
  'over-asking': 'error.over-asking',
  'rule-broken': 'error.rule-broken',
  'malformed-request': 'error.malformed-ask',
  'wallet-invalid': 'error.wallet-invalid',
  superseded: 'error.superseded',
  held: 'error.held',
}

/** An error in the words of the page's language. */
export function wordsOfError(say: Say, error: unknown): string {
  // a passkey that did not answer says nothing but this, whatever the reason
  if (error instanceof Error && error.name === 'NotAllowedError') return say('error.passkey')
  return say((error instanceof ProtocolError && told[error.code]) || 'error.other')
}
