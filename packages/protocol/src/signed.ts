import { z } from 'zod'
import { base64Url, fromBase64Url, sha256, utf8 } from './bytes.ts'
import { canonicalBytes, canonicalText, type Json, parseCanonical } from './canonical.ts'
import { ProtocolError, quote } from './errors.ts'
import { type PublicKey, type Signer, thumbprint } from './key.ts'
import { limits } from './limits.ts'
import { verifyStrict } from './verify-strict.ts'

const segment = z.string().regex(/^[A-Za-z0-9_-]+$/)

/** Schema of a signed record: JWS JSON general serialization (RFC 7515 7.2.1) with nothing unprotected. */
export const signedSchema = z.strictObject({
  payload: segment,
  signatures: z
    .array(z.strictObject({ protected: segment, signature: segment }))
    .min(1)
    .max(limits.signatures),
})

/** A signed record as it travels and as it is kept: exact bytes, nothing proved. */
export type Signed = z.infer<typeof signedSchema>

/** SHA-256 of the payload bytes in base64url: the record id. Signature encoding cannot change it. */
export type RecordId = string
export const recordIdSchema = z.string().regex(/^[A-Za-z0-9_-]{43}$/)

/** What a noun says about its signed form. */
export type Noun<T> = {
  /** `dcann-<noun>+json`; a verifier demands the one it expects, so no object passes for another. */
  readonly typ: string
  readonly schema: z.ZodType<T>
  readonly mostBytes: number
}

/** A payload that has its form, from nobody yet. */
export type Submitted<T> = {
  readonly payload: T
  readonly id: RecordId
  readonly kids: readonly string[]
  readonly signed: Signed
  readonly noun: Noun<T>
}

/** Never exported: nothing outside this file can make a `Verified`. */
const proved: unique symbol = Symbol('proved')

/** A payload and who signed it. Only `proveSigned` makes one. */
export type Verified<T> = {
  readonly payload: T
  readonly id: RecordId
  /** Distinct keys, each of which signed these payload bytes. */
  readonly signers: readonly PublicKey[]
  readonly signed: Signed
  readonly [proved]: true
}

/**
 * A payload and who is supposed to have signed it: a rule may be asked what it would say, and since rules give nothing
 * back, nothing passes for signed by it.
 *
 * spec: records#hands
 */
export type Supposed<T> = {
  readonly payload: T
  readonly signers: readonly PublicKey[]
  readonly supposed: true
}

/** What a rule judges. */
export type Judged<T> = Verified<T> | Supposed<T>

/** The record id of payload bytes. */
export function recordIdOf(payloadBytes: Uint8Array): RecordId {
  return base64Url(sha256(payloadBytes))
}

/**
 * Signs a payload's canonical bytes with each signer, in the order of `kid`.
 *
 * spec: bytes#signed-record
 */
export async function signPayload<T>(noun: Noun<T>, payload: T, signers: readonly Signer[]): Promise<Signed> {
  const bytes = canonicalBytes(noun.schema.parse(payload))
  if (bytes.length > noun.mostBytes) {
    throw new ProtocolError('too-large', `signing a ${noun.typ}: ${bytes.length} bytes, at most ${noun.mostBytes}`)
  }
  return await addSignatures({ payload: base64Url(bytes), signatures: [] }, noun.typ, signers)
}

/** Adds signatures to what others have signed before; the payload stays as it is. */
export async function addSignatures(signed: Signed, typ: string, signers: readonly Signer[]): Promise<Signed> {
  const made = await Promise.all(
    signers.map(async (signer) => {
      const header = protectedHeader(signer.kid, typ)
      return { protected: header, signature: base64Url(await signer.sign(utf8(`${header}.${signed.payload}`))) }
    }),
  )
  const signatures = [...signed.signatures, ...made].sort((a, b) => (a.protected < b.protected ? -1 : 1))
  return { payload: signed.payload, signatures }
}

function protectedHeader(kid: string, typ: string): string {
  return base64Url(utf8(canonicalText({ alg: 'Ed25519', kid, typ })))
}

/**
 * Reads a signed record's form: canonical payload of the noun's schema, headers exactly `{alg, kid, typ}`. Nothing is
 * proved yet. Throws `schema-mismatch`, `not-canonical`, `malformed-json`, `too-large` or `record-signature-invalid`.
 *
 * spec: bytes#signed-record
 */
export function readSigned<T>(noun: Noun<T>, input: unknown): Submitted<T> {
  const signed = parseSchema(signedSchema, input, `reading a ${noun.typ}`)
  if (signed.payload.length > Math.ceil((noun.mostBytes * 4) / 3)) {
    throw new ProtocolError('too-large', `reading a ${noun.typ}: the payload is longer than ${noun.mostBytes} bytes`)
  }
  const bytes = fromBase64Url(signed.payload)
  const value = parseCanonical(bytes, noun.mostBytes)
  const payload = parseSchema(noun.schema, value, `reading a ${noun.typ}`)
  refuseRewritten(value, payload, noun.typ)
  const kids = signed.signatures.map((signature) => kidOf(signature.protected, noun.typ))
  // one text for one signature: spare bits set would make a second
  for (const { signature } of signed.signatures) fromBase64Url(signature)
  if (new Set(kids).size !== kids.length) {
    throw new ProtocolError(
      'record-signature-invalid',
      `reading a ${noun.typ}: one key signed twice; thresholds count distinct keys`,
    )
  }
  return { payload, id: recordIdOf(bytes), kids, signed, noun }
}

/** A schema that drops or changes a member would let a rule see something else than what was signed. */
function refuseRewritten(value: Json, payload: unknown, typ: string): void {
  if (canonicalText(payload) !== canonicalText(value)) {
    throw new ProtocolError(
      'schema-mismatch',
      `reading a ${typ}: the payload has members that its schema does not keep`,
    )
  }
}

function kidOf(header: string, typ: string): string {
  const value = parseCanonical(fromBase64Url(header), 512)
  const kid = typeof value === 'object' && value !== null && 'kid' in value ? value['kid'] : undefined
  if (typeof kid !== 'string' || protectedHeader(kid, typ) !== header) {
    throw new ProtocolError(
      'record-signature-invalid',
      `reading a ${typ}: a protected header is not exactly {"alg":"Ed25519","kid":…,"typ":"${typ}"}`,
    )
  }
  return kid
}

/**
 * Proves every listed signature against keys that may sign; one bad one refuses the record.
 *
 * Throws `key-unknown` when a `kid` is none of `keys`, `record-signature-invalid` when the predicate says no.
 *
 * spec: bytes#signed-record
 */
export async function proveSigned<T>(submitted: Submitted<T>, keys: Iterable<PublicKey>): Promise<Verified<T>> {
  const byKid = new Map<string, PublicKey>()
  for (const key of keys) byKid.set(thumbprint(key), key)
  const signers: PublicKey[] = []
  for (const [i, { protected: header, signature }] of submitted.signed.signatures.entries()) {
    const kid = submitted.kids[i] ?? ''
    const key = byKid.get(kid)
    if (key === undefined) {
      throw new ProtocolError(
        'key-unknown',
        `proving a ${submitted.noun.typ}: the key ${quote(kid, 43)} is none of those that may sign it`,
      )
    }
    const bytes = utf8(`${header}.${submitted.signed.payload}`)
    if (!(await verifyStrict(fromBase64Url(key), bytes, fromBase64Url(signature)))) {
      throw new ProtocolError(
        'record-signature-invalid',
        `proving a ${submitted.noun.typ}: the signature by ${quote(kid, 43)} does not verify`,
      )
    }
    signers.push(key)
  }
  // the one place that vouches: every signature above was proved
  return { payload: submitted.payload, id: submitted.id, signers, signed: submitted.signed, [proved]: true }
}

/** Parses with a strict schema; the message names the path that is wrong, never the value. Throws `schema-mismatch`. */
export function parseSchema<T>(schema: z.ZodType<T>, value: unknown, doing: string): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const issue = nearestOf(result.error.issues[0])
  const path = issue?.path.length ? issue.path.map(String).join('.') : 'the whole'
  throw new ProtocolError('schema-mismatch', `${doing}: ${quote(path, 80)}: ${reasonOf(issue)}`)
}

/** Of several forms, what is wrong with the one that comes nearest. */
function nearestOf(issue: z.core.$ZodIssue | undefined): z.core.$ZodIssue | undefined {
  if (issue?.code !== 'invalid_union') return issue
  const [nearest] = issue.errors.toSorted((a, b) => a.length - b.length)
  const inner = nearestOf(nearest?.[0])
  return inner ? { ...inner, path: [...issue.path, ...inner.path] } : issue
}

/** The schema's own words, save where they repeat what a stranger sent at any length. */
function reasonOf(issue: z.core.$ZodIssue | undefined): string {
  if (issue?.code === 'unrecognized_keys') return `unknown member ${quote(issue.keys[0] ?? '')}`
  return issue?.message ?? 'not of the expected form'
}
