import { type Json, parseCanonical } from '@dcann/protocol/canonical'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import { type PublicKey, thumbprint } from '@dcann/protocol/key'
import {
  checkDigest,
  proveHead,
  readHead,
  type SignatureClaims,
  type SignedHead,
} from '@dcann/protocol/request-signature'
import type { Instant } from '@dcann/protocol/time'
import type { Context } from 'hono'
import type { DoorEnv, Received } from './exchange.ts'
import { headerOf } from './read-body.ts'

/** The keys that may sign for a name at `now`. Throws `key-unknown` for a name that nobody has, `unavailable` when unsure. */
export type KeysOf = (from: string, now: Instant) => readonly PublicKey[] | Promise<readonly PublicKey[]>

/**
 * An authenticated body: `key`, one of those of `from`, signed `head` over `bytes`. The nonce in `claims` is not spent
 * yet: that belongs into the durable commit of the caller's desk.
 */
export type Authenticated<T> = Received<T> & {
  readonly id: string
  readonly from: string
  readonly head: SignedHead
  readonly claims: SignatureClaims
  readonly key: PublicKey
}

/** What `authenticate` proves, the value not yet judged by a schema. */
export type Proved = Omit<Authenticated<unknown>, 'body' | 'bytes' | 'now' | 'arrival'> & { readonly value: Json }

export type AuthenticateBy = {
  readonly now: Instant
  readonly publicUrl: string
  readonly keysOf: KeysOf
  readonly mostBytes: number
}

/**
 * Proves who signed this request: digest over the received bytes, profile and window, canonical JSON, `id` and `from`,
 * the key looked up under `from`, the signature. `@target-uri` is the configured public URL and the raw target.
 *
 * Throws `signature-missing`, `digest-mismatch`, `signature-malformed`, `signature-expired`, what `parseCanonical` throws,
 * `schema-mismatch`, what `keysOf` throws, `key-unknown`, `signature-invalid`.
 *
 * spec: request#signature
 */
export async function authenticate(c: Context<DoorEnv>, bytes: Uint8Array, by: AuthenticateBy): Promise<Proved> {
  const head = headOf(c, by.publicUrl)
  if (head.signature === '' || head.signature_input === '') {
    throw new ProtocolError('signature-missing', 'reading the signature: Signature and Signature-Input are required', {
      check: 'presence',
    })
  }
  checkDigest(head, bytes)
  const claims = await readHead(head, by.now)
  const value = parseCanonical(bytes, by.mostBytes)
  const { id, from } = namesIn(value)
  const keys = await by.keysOf(from, by.now)
  const key = keys.find((candidate) => thumbprint(candidate) === claims.kid)
  if (key === undefined) {
    throw new ProtocolError(
      'key-unknown',
      `proving the signature: the key ${quote(claims.kid, 43)} is none that signs for "from"`,
      { check: 'keyid' },
    )
  }
  await proveHead(head, claims, key)
  return { value, id, from, head, claims, key }
}

function headOf(c: Context<DoorEnv>, publicUrl: string): SignedHead {
  if (c.req.method !== 'POST')
    throw new ProtocolError('method-not-allowed', 'reading the request: authenticated calls are POSTs')
  return {
    method: 'POST',
    target_uri: publicUrl + targetOf(c),
    content_type: headerOf(c, 'content-type') ?? '',
    content_digest: headerOf(c, 'content-digest') ?? '',
    signature_input: headerOf(c, 'signature-input') ?? '',
    signature: headerOf(c, 'signature') ?? '',
  }
}

/** The target as it stood on the wire; in process the Request has normalised it already. */
function targetOf(c: Context<DoorEnv>): string {
  const raw = c.env?.incoming?.url
  if (raw !== undefined) return raw
  const { pathname, search } = new URL(c.req.raw.url)
  return pathname + search
}

const nameMost = 200

function namesIn(value: Json): { readonly id: string; readonly from: string } {
  if (typeof value === 'object' && value !== null && 'id' in value && 'from' in value) {
    const { id, from } = value
    if (typeof id === 'string' && typeof from === 'string' && id.length <= nameMost && from.length <= nameMost)
      return { id, from }
  }
  throw new ProtocolError(
    'schema-mismatch',
    `reading the body: "id" and "from" are required, texts of at most ${nameMost} characters`,
  )
}
