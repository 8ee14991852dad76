import { base64Url } from '@dcann/protocol/bytes'
import { canonicalBytes, parseCanonical } from '@dcann/protocol/canonical'
import { ProtocolError } from '@dcann/protocol/errors'
import { evidenceEntrySchema, saltSchema } from '@dcann/protocol/evidence'
import { witnessPolicy } from '@dcann/protocol/log/quorum'
import { parseName } from '@dcann/protocol/name'
import { acceptedMembers, grantedMembers } from '@dcann/protocol/pair'
import { resolutionSchema } from '@dcann/protocol/resolution'
import { rootNoun } from '@dcann/protocol/root'
import { parseSchema, readSigned, signedSchema } from '@dcann/protocol/signed'
import { formatTime, timeSchema } from '@dcann/protocol/time'
import { type evidenceAnswer, inclusionSchema } from '@dcann/protocol/vault-api'
import { z } from 'zod'
import { signedDocuments } from './agreement-pair.ts'
import type { EvidenceChain } from './evidence-chain.ts'
import { withOwnLines } from './evidence-head.ts'
import type { Answered } from './query.ts'

const headSchema = z.strictObject({
  method: z.literal('POST'),
  target_uri: z.string().max(600),
  content_type: z.string().max(100),
  content_digest: z.string().max(200),
  signature_input: z.string().max(1000),
  signature: z.string().max(200),
})

const members = {
  v: z.literal(1),
  request: z.strictObject({ head: headSchema, body: z.string().regex(/^[A-Za-z0-9_-]+$/) }),
  assertion: signedSchema,
  /** The answer's line in the agreement's chain, and its place in the node's log; together or not at all. */
  evidence: z.strictObject({ entry: evidenceEntrySchema, salt: saltSchema, inclusion: inclusionSchema }).optional(),
  chain: z.strictObject({
    root: z.array(signedSchema).min(1).max(1024),
    /** Each with the proof of its zone's map and log, where the zone gave one. */
    resolutions: z.array(resolutionSchema).min(4).max(5),
  }),
  /** The time of the answer: as of when it is judged. */
  at: timeSchema,
}

/**
 * Everything that shows one answer to be what it claims, in one file: canonical JSON, so that each byte of it is either
 * proved by something or makes it no package. The documents of its agreement stand in it under their own names.
 *
 * spec: evidence#package
 */
export const evidencePackageSchema = z.union([
  z.strictObject({ ...members, ...grantedMembers }),
  z.strictObject({ ...members, ...acceptedMembers }),
])
export type EvidencePackage = z.infer<typeof evidencePackageSchema>

/** Bytes of a package at most. */
export const evidencePackageBytes = 4 * 1024 * 1024

export type EvidenceParts = {
  readonly answered: Answered
  readonly chain: EvidenceChain
  /** What `readEvidence` answered for the assertion's `n`. Without it, or before it has its inclusion, the line is left out. */
  readonly opened?: z.infer<typeof evidenceAnswer>
}

/**
 * Makes an evidence package of an answer. Verify it before relying on it: this only puts it together.
 *
 * ```ts
 * const opened = await vault.readEvidence(by, answered.assertion.payload.agreement, answered.assertion.payload.n)
 * const chain = await evidenceChain(resolver, node.name, requester.name)
 * const file = makeEvidencePackage({ answered, chain, opened })
 * ```
 *
 * Throws `too-large`.
 *
 * spec: evidence#package
 */
export function makeEvidencePackage({ answered, chain, opened }: EvidenceParts): Uint8Array {
  const { assertion, pair, head, body } = answered
  const evidence = opened?.inclusion && { ...opened, inclusion: withKnownLines(opened.inclusion, answered, chain) }
  const made = {
    v: 1,
    request: { head, body: base64Url(body) },
    ...signedDocuments(pair),
    assertion: assertion.signed,
    ...(evidence ? { evidence } : {}),
    chain,
    at: formatTime(assertion.payload.iat),
  }
  const bytes = canonicalBytes(parseSchema(evidencePackageSchema, made, 'making an evidence package'))
  if (bytes.length > evidencePackageBytes) {
    throw new ProtocolError(
      'too-large',
      `making an evidence package: ${bytes.length} bytes, at most ${evidencePackageBytes}`,
    )
  }
  return bytes
}

/** Of the node's head what its verifier can prove: its own line, and those of the root's witnesses. */
function withKnownLines(
  inclusion: z.infer<typeof inclusionSchema>,
  { assertion }: Answered,
  { root }: EvidenceChain,
): z.infer<typeof inclusionSchema> {
  const newest = root.at(-1)
  const { zone } = parseName(assertion.payload.node)
  const policy = newest && witnessPolicy(readSigned(rootNoun, newest).payload, zone)
  return { ...inclusion, checkpoint: withOwnLines(inclusion.checkpoint, policy) }
}

/** Reads a package's form; nothing is proved. Throws `too-large`, `malformed-json`, `not-canonical` or `schema-mismatch`. */
export function readEvidencePackage(bytes: Uint8Array): EvidencePackage {
  return parseSchema(evidencePackageSchema, parseCanonical(bytes, evidencePackageBytes), 'reading an evidence package')
}
