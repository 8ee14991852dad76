import type { ErrorCode } from '@dcann/protocol/errors'
import type { Operation } from './operation.ts'
import { problems, problemType } from './problem.ts'

// What the door refuses before or behind any desk; a desk's own codes stand with its operation.
const always: readonly ErrorCode[] = ['malformed-request', 'unavailable', 'internal']
const ofBodies: readonly ErrorCode[] = [
  'malformed-json',
  'not-canonical',
  'schema-mismatch',
  'too-large',
  'media-type-unsupported',
  'request-timeout',
]
/** Whoever brings a body may have to wait for a turn. */
const ofTurns: readonly ErrorCode[] = ['rate-limited']
/** Of a listener that demands a token and refuses pages. */
const ofTokens: readonly ErrorCode[] = ['token-required', 'not-entitled']
const ofSignatures: readonly ErrorCode[] = [
  'digest-mismatch',
  'signature-missing',
  'signature-malformed',
  'signature-invalid',
  'signature-expired',
  'key-unknown',
  'replayed',
]

/** The schema of every refusal: RFC 9457, and what facts the code speaks of. */
export const problemSchema = {
  type: 'object',
  description: 'A refusal, as RFC 9457 has it; further members are the facts that its code speaks of.',
  properties: {
    type: { type: 'string', pattern: '^urn:dcann:error:[a-z-]+$' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'For a person to read; a program goes by `type`.' },
  },
  required: ['type', 'title', 'status'],
} as const

/** Every code that an operation may be refused with, each once. */
export function codesOf({ body, text, authenticated, problems: own }: Operation, plain = false): ErrorCode[] {
  const ofDoor = [
    ...(body || text ? ofBodies : []),
    ...((body || text) && !plain ? ofTurns : []),
    ...(authenticated ? ofSignatures : []),
    ...(plain ? ofTokens : []),
  ]
  return [...new Set([...always, ...ofDoor, ...own])]
}

/** The responses that refuse an operation, by the status that `problem.ts` gives each code. */
export function problemResponses(operation: Operation, plain = false): Record<string, object> {
  const byStatus = Map.groupBy(codesOf(operation, plain), (code) => problems[code][0])
  return Object.fromEntries([...byStatus].map(([status, codes]) => [String(status), responseOf(status, codes)]))
}

function responseOf(status: number, codes: readonly ErrorCode[]): object {
  const schema = {
    $ref: '#/components/schemas/Problem',
    properties: { type: { enum: codes.map(problemType) }, status: { const: status } },
  }
  return {
    description: codes.map((code) => `\`${code}\`: ${problems[code][1]}.`).join(' '),
    ...(status === 429 || status === 503
      ? { headers: { 'retry-after': { description: 'Seconds', required: true, schema: { type: 'integer' } } } }
      : {}),
    content: { 'application/problem+json': { schema } },
  }
}
