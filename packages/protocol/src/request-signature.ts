import { createSignature, isSignatureError, type RequestDescriptor, verifySignature } from 'http-message-sig'
import { base64, equalBytes, fromBase64Url, sha256, utf8 } from './bytes.ts'
import { ProtocolError, quote } from './errors.ts'
import { type PublicKey, type Signer, thumbprint } from './key.ts'
import { times } from './limits.ts'
import type { Instant } from './time.ts'
import { verifyStrict } from './verify-strict.ts'

/** The one profile of RFC 9421 that authenticated calls use. spec: request#signature */
export const signatureProfile = {
  label: 'dcann',
  tag: 'dcann-1',
  algorithm: 'ed25519',
  components: ['@method', '@target-uri', 'content-type', 'content-digest'],
  parameters: ['created', 'expires', 'nonce', 'alg', 'keyid', 'tag'],
  contentType: 'application/json',
} as const

/** What of an HTTP request its signature covers, and the signature; kept in evidence, so plain strings. */
export type SignedHead = {
  readonly method: 'POST'
  readonly target_uri: string
  readonly content_type: string
  readonly content_digest: string
  readonly signature_input: string
  readonly signature: string
}

/** What the signature says about itself; believed only after `proveHead`. */
export type SignatureClaims = {
  readonly kid: string
  readonly nonce: string
  readonly created: Instant
  readonly expires: Instant
}

/** The `Content-Digest` field (RFC 9530) of a body. */
export function contentDigest(body: Uint8Array): string {
  return `sha-256=:${base64(sha256(body))}:`
}

function descriptorOf(
  head: Omit<SignedHead, 'signature' | 'signature_input'>,
  signatures?: Pick<SignedHead, 'signature' | 'signature_input'>,
): RequestDescriptor {
  return {
    kind: 'request',
    method: head.method,
    targetUri: head.target_uri,
    fields: [
      { name: 'content-type', value: head.content_type },
      { name: 'content-digest', value: head.content_digest },
      ...(signatures
        ? [
            { name: 'signature-input', value: signatures.signature_input },
            { name: 'signature', value: signatures.signature },
          ]
        : []),
    ],
  }
}

/**
 * Signs the head of a POST. `nonce` is at least 16 random bytes in base64url, handed in; `life` is in seconds.
 *
 * spec: request#signature
 */
export async function signHead(
  signer: Signer,
  targetUri: string,
  body: Uint8Array,
  now: Instant,
  nonce: string,
  life: number = times.signatureLife,
): Promise<SignedHead> {
  const head = {
    method: 'POST' as const,
    target_uri: targetUri,
    content_type: signatureProfile.contentType,
    content_digest: contentDigest(body),
  }
  const made = await createSignature(descriptorOf(head), {
    label: signatureProfile.label,
    components: signatureProfile.components,
    parameters: {
      created: now,
      expires: now + life,
      nonce,
      alg: signatureProfile.algorithm,
      keyid: signer.kid,
      tag: signatureProfile.tag,
    },
    signer: { algorithm: signatureProfile.algorithm, sign: (bytes) => signer.sign(bytes) },
  })
  return { ...head, signature_input: made.signatureInput, signature: made.signature }
}

/** The header fields that carry a signed head. */
export function headersOf(head: SignedHead): Record<string, string> {
  return {
    'content-type': head.content_type,
    'content-digest': head.content_digest,
    'signature-input': head.signature_input,
    signature: head.signature,
  }
}

/**
 * Checks the digest over the received bytes; before anything is parsed. Throws `digest-mismatch`.
 *
 * spec: request#digest
 */
export function checkDigest(head: Pick<SignedHead, 'content_digest'>, body: Uint8Array): void {
  if (!equalBytes(utf8(head.content_digest), utf8(contentDigest(body)))) {
    throw new ProtocolError(
      'digest-mismatch',
      'checking the Content-Digest: expected exactly one member, sha-256 of the bytes received',
    )
  }
}

/**
 * Reads what the signature claims and judges all that needs no key: label, components and their order, parameters, life
 * and window. Throws `signature-missing`, `signature-malformed` or `signature-expired`, naming which check failed.
 *
 * spec: request#signature
 */
export async function readHead(head: SignedHead, now: Instant): Promise<SignatureClaims> {
  if (head.signature === '' || head.signature_input === '') {
    throw new ProtocolError('signature-missing', 'reading the signature: Signature and Signature-Input are required', {
      check: 'presence',
    })
  }
  // 64 bytes in one base64 text, alone in the field
  if (!/^dcann=:[A-Za-z0-9+/]{85}[AQgw]==:$/.test(head.signature))
    throw malformed('syntax', 'expected Signature to be dcann=:base64 of 64 bytes: and nothing beside it')
  let claims: SignatureClaims | undefined
  let signed: Read | undefined
  try {
    await verifySignature(descriptorOf(head, head), {
      label: signatureProfile.label,
      policy: {
        algorithms: [signatureProfile.algorithm],
        requiredComponents: [],
        requiredParameters: [],
        now,
        clockSkew: Number.MAX_SAFE_INTEGER,
      },
      resolveVerifier(candidate) {
        const { label, components, parameters } = candidate
        claims = judgeProfile(label, components, parameters)
        judgeForm(head.signature_input, parameters)
        return {
          algorithm: signatureProfile.algorithm,
          verify(base, signature) {
            signed = { head, base, signature }
            return true
          },
        }
      },
    })
  } catch (error) {
    throw inProtocolWords(error)
  }
  if (!claims || !signed) throw malformed('profile', 'no signature labelled dcann')
  judgeWindow(claims, now)
  readOf.set(claims, signed)
  return claims
}

/** What was signed of a head, and the signature, as the library has them. */
type Read = { readonly head: SignedHead; readonly base: Uint8Array; readonly signature: Uint8Array }

/** What the claims were read of, so that proving them parses nothing a second time. */
const readOf = new WeakMap<SignatureClaims, Read>()

type Components = readonly { readonly name: string; readonly parameters: Readonly<Record<string, unknown>> }[]

function judgeProfile(
  label: string,
  components: Components,
  parameters: Readonly<Record<string, unknown>>,
): SignatureClaims {
  if (label !== signatureProfile.label)
    throw malformed('label', `the label is ${quote(label)}, expected "${signatureProfile.label}"`)
  const names = components.map(({ name }) => name)
  if (
    names.join(' ') !== signatureProfile.components.join(' ') ||
    components.some((component) => Object.keys(component.parameters).length > 0)
  ) {
    throw malformed('components', `expected exactly, in this order, ${signatureProfile.components.join(', ')}`)
  }
  const given = Object.keys(parameters)
  if (
    given.length !== signatureProfile.parameters.length ||
    !signatureProfile.parameters.every((name) => given.includes(name))
  ) {
    throw malformed('parameters', `expected exactly ${signatureProfile.parameters.join(', ')}`)
  }
  const { created, expires, nonce, alg, keyid, tag } = parameters
  if (tag !== signatureProfile.tag) throw malformed('tag', `expected tag="${signatureProfile.tag}"`)
  if (alg !== signatureProfile.algorithm) throw malformed('alg', 'expected alg="ed25519"')
  if (typeof keyid !== 'string' || !/^[A-Za-z0-9_-]{43}$/.test(keyid))
    throw malformed('keyid', 'expected a key thumbprint of 43 characters')
  if (typeof nonce !== 'string' || !/^[A-Za-z0-9_-]{22,64}$/.test(nonce)) {
    throw malformed('nonce', 'expected at least 16 random bytes in base64url, at most 64 characters')
  }
  if (!Number.isSafeInteger(created) || !Number.isSafeInteger(expires))
    throw malformed('created', 'created and expires are whole seconds')
  return { kid: keyid, nonce, created: Number(created), expires: Number(expires) }
}

/**
 * The field has to be what serializing its own parts gives: no second signature beside this one, no spaces, no decimals,
 * no parameter twice. Their order is the signer's.
 */
function judgeForm(input: string, parameters: Readonly<Record<string, unknown>>): void {
  const covered = signatureProfile.components.map((name) => `"${name}"`).join(' ')
  const given = Object.entries(parameters).map(([name, value]) => `;${name}=${JSON.stringify(value)}`)
  if (input !== `${signatureProfile.label}=(${covered})${given.join('')}`) {
    throw malformed(
      'syntax',
      'expected Signature-Input to hold this one signature, in the form that RFC 8941 serializes',
    )
  }
}

function judgeWindow({ created, expires }: SignatureClaims, now: Instant): void {
  if (expires <= created || expires - created > times.signatureLife) {
    throw malformed('expires', `expected created < expires <= created + ${times.signatureLife}`)
  }
  if (created - times.signatureSkew > now || now >= expires + times.signatureSkew) {
    throw new ProtocolError(
      'signature-expired',
      `checking the signature's window: created ${created}, expires ${expires}, the time here is ${now}; set your clock`,
      { check: 'window', now },
    )
  }
}

/**
 * Proves that the holder of `key` signed this head. Throws `signature-invalid`.
 *
 * spec: request#signature
 */
export async function proveHead(head: SignedHead, claims: SignatureClaims, key: PublicKey): Promise<void> {
  const signed = thumbprint(key) === claims.kid ? await readFor(head, claims) : undefined
  if (signed && (await verifyStrict(fromBase64Url(key), signed.base, signed.signature))) return
  throw new ProtocolError(
    'signature-invalid',
    `proving the signature: it does not verify under the key ${quote(claims.kid, 43)}`,
    { check: 'signature' },
  )
}

/** What was read of this very head, or is read of it now: claims of another one prove nothing. */
async function readFor(head: SignedHead, claims: SignatureClaims): Promise<Read | undefined> {
  const known = readOf.get(claims)
  if (known?.head === head) return known
  try {
    const again = await readHead(head, claims.created)
    return again.kid === claims.kid ? readOf.get(again) : undefined
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}

function malformed(check: string, why: string): ProtocolError {
  return new ProtocolError('signature-malformed', `reading the signature: ${why}`, { check })
}

function inProtocolWords(error: unknown): ProtocolError {
  if (error instanceof ProtocolError) return error
  const cause = isSignatureError(error) ? error.cause : undefined
  if (cause instanceof ProtocolError) return cause
  return malformed('syntax', 'Signature-Input or Signature is not what RFC 9421 writes, or a covered field is absent')
}
