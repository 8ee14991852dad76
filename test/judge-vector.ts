import { acceptanceNoun, judgeAcceptance } from '@dcann/protocol/acceptance'
import { actKinds, actNoun, actSigners, stateAfter } from '@dcann/protocol/act'
import {
  admitProposal,
  type HeldRecords,
  readProposal,
  type RecordOf,
  type ZoneRecord,
} from '@dcann/protocol/admission'
import { type Allowance, allowanceOf, grantNoun, judgeActivation } from '@dcann/protocol/agreement'
import { assertionNoun, judgeAssertion } from '@dcann/protocol/assertion'
import { fromBase64Url, fromHex, utf8 } from '@dcann/protocol/bytes'
import { parseCanonical } from '@dcann/protocol/canonical'
import { capabilityNoun, isInForce, judgeCapability } from '@dcann/protocol/capability'
import { derive } from '@dcann/protocol/claim'
import { cover } from '@dcann/protocol/cover'
import { keptEntrySchema } from '@dcann/protocol/entry'
import { ProtocolError } from '@dcann/protocol/errors'
import { evidenceEntrySchema, judgeChain, saltSchema } from '@dcann/protocol/evidence'
import { handleOf, handleSchema } from '@dcann/protocol/handle'
import { deriveIdentifier, parseIdentifier } from '@dcann/protocol/identifier'
import { inviteDigest, inviteState, inviteTermsSchema, isInvited, parseInvite } from '@dcann/protocol/invite'
import { admitKey, keyDigest, publicKeySchema, thumbprint } from '@dcann/protocol/key'
import { limits } from '@dcann/protocol/limits'
import { type NameKind, parseName } from '@dcann/protocol/name'
import { judgeNotice, noticeNoun } from '@dcann/protocol/notice'
import { judgeOffer, offerNoun, termSchema } from '@dcann/protocol/offer'
import type { Held } from '@dcann/protocol/record'
import { passportNoun } from '@dcann/protocol/passport'
import { fateOf, residenceOf, upshotOf } from '@dcann/protocol/residence'
import { judgeProffer, profferNoun } from '@dcann/protocol/proffer'
import { readAloud, requireHeard } from '@dcann/protocol/read-aloud'
import { checkDigest, proveHead, readHead, type SignedHead } from '@dcann/protocol/request-signature'
import { querySchema } from '@dcann/protocol/request'
import { requesterNoun } from '@dcann/protocol/requester'
import { statementNoun } from '@dcann/protocol/resolution'
import { isOpenAway, type Right, rightsOn, rightsToAct, rightsToBind, rightsToStop } from '@dcann/protocol/right'
import { openAnswer, sealedSchema } from '@dcann/protocol/seal'
import { admitSealingKey, sealingKid, testOpener } from '@dcann/protocol/sealing-key'
import { parseSchema, proveSigned, readSigned, recordIdOf, signedSchema } from '@dcann/protocol/signed'
import { isUnwanted, rememberedSchema, standingRefusalSchema, withRefusal } from '@dcann/protocol/standing-refusal'
import { isAbout, stopNoun } from '@dcann/protocol/stop'
import { formatTime, type Instant, parseTime } from '@dcann/protocol/time'
import { judgeTrustQuery, momentAsked, trustQuerySchema } from '@dcann/protocol/trust-query'
import { verifyStrict } from '@dcann/protocol/verify-strict'
import { z } from 'zod'
import { logJudges } from './judge-log-vector.ts'

/** A vector as its file has it. */
export const vectorSchema = z.strictObject({
  noun: z.string(),
  about: z.string().regex(/^[^a-z].*[.]$/),
  now: z.string(),
  given: z.record(z.string(), z.unknown()),
  input: z.unknown(),
  expect: z.discriminatedUnion('verdict', [
    z.strictObject({ verdict: z.literal('valid'), result: z.record(z.string(), z.unknown()) }),
    z.strictObject({ verdict: z.literal('invalid'), code: z.string() }),
  ]),
})
export type Vector = z.infer<typeof vectorSchema>

type Judge = (input: unknown, given: Record<string, unknown>, now: Instant) => unknown

const keysSchema = z.array(publicKeySchema)
const text = z.string()

/** What a capability is used for: one call, act, binding or stop. */
const useSchema = z.strictObject({
  route: text.optional(),
  act: z.enum(actKinds).optional(),
  bind: z.literal(true).optional(),
  stop: z.literal(true).optional(),
})

function rightsFor({ route, act, bind }: z.infer<typeof useSchema>): readonly Right[] {
  if (route !== undefined) return rightsOn(route)
  if (act !== undefined) return rightsToAct(act)
  return bind ? rightsToBind : rightsToStop
}

/** The last of a chain that a rule has looked at before. */
function newestOf<T>(records: readonly T[]): T {
  const newest = records.at(-1)
  if (newest === undefined) throw new Error('judging a vector: there is no record')
  return newest
}

/** How each noun's vectors are judged: the result, or a refusal thrown. */
const judges: Readonly<Record<string, Judge>> = {
  ...logJudges,
  canonical(input) {
    const { utf8: plain, hex } = z.strictObject({ utf8: text.optional(), hex: text.optional() }).parse(input)
    const bytes = hex === undefined ? utf8(plain ?? '') : fromHex(hex)
    parseCanonical(bytes, limits.payloadBytes)
    return { id: recordIdOf(bytes) }
  },
  async signed(input, given) {
    z.literal('statement').parse(given['noun'])
    const { id, signers } = await proveSigned(readSigned(statementNoun, input), keysSchema.parse(given['keys']))
    return { id, signers: signers.toSorted() }
  },
  async 'verify-strict'(input) {
    const { key, message, signature } = z.strictObject({ key: text, message: text, signature: text }).parse(input)
    if (!(await verifyStrict(fromHex(key), fromHex(message), fromHex(signature))))
      throw new ProtocolError('record-signature-invalid', 'judging a vector: the signature does not verify')
    return {}
  },
  key(input) {
    const { key } = z.strictObject({ key: text }).parse(input)
    admitKey(key)
    return { kid: thumbprint(key), digest: keyDigest(key) }
  },
  identifier(input) {
    const reading = z.strictObject({ text }).safeParse(input)
    if (reading.success) return { identifier: parseIdentifier(reading.data.text) }
    const { country, genesis } = z.strictObject({ country: text, genesis: z.record(text, z.unknown()) }).parse(input)
    return { identifier: deriveIdentifier(country, genesis) }
  },
  'sealing-key'(input) {
    const { key } = z.strictObject({ key: text }).parse(input)
    admitSealingKey(key)
    return { kid: sealingKid(key) }
  },
  handle(input) {
    const { key, handle } = z.strictObject({ key: text.optional(), handle: text.optional() }).parse(input)
    return { handle: key === undefined ? parseSchema(handleSchema, handle, 'judging a vector') : handleOf(key) }
  },
  name(input) {
    return parseName(z.strictObject({ name: text }).parse(input).name)
  },
  root: judgeRecord,
  country: judgeRecord,
  policy: judgeRecord,
  operator: judgeRecord,
  node: judgeRecord,
  requester: judgeRecord,
  passport: judgeRecord,
  recovery: judgeRecord,
  async offer(input, given, now) {
    const requester = readSigned(requesterNoun, given['requester']).payload
    const offer = await proveSigned(readSigned(offerNoun, input), requester.keys)
    judgeOffer(offer, requester, now)
    return { id: offer.id }
  },
  async proffer(input, _, now) {
    const submitted = readSigned(profferNoun, input)
    const proffer = await proveSigned(submitted, [submitted.payload.key])
    judgeProffer(proffer, now)
    return { id: proffer.id, handle: proffer.payload.handle }
  },
  async acceptance(input, given, now) {
    const requester = readSigned(requesterNoun, given['requester']).payload
    const first = readSigned(profferNoun, given['proffer'])
    const proffer = await proveSigned(first, [first.payload.key])
    const acceptance = await proveSigned(readSigned(acceptanceNoun, input), requester.keys)
    judgeAcceptance(proffer, acceptance, requester, now)
    const { agreement, handle, terms, until, due } = allowanceOf({ proffer, acceptance })
    return { agreement, handle, terms: terms.map(({ id }) => id), until: formatTime(until), due: due.length }
  },
  async agreement(input, given, now) {
    const requester = readSigned(requesterNoun, given['requester']).payload
    const offer = await proveSigned(readSigned(offerNoun, given['offer']), requester.keys)
    const submitted = readSigned(grantNoun, input)
    const grant = await proveSigned(submitted, [submitted.payload.key])
    const { agreement, handle, terms, until, due } = allowanceOf({ offer, grant })
    judgeActivation(offer, grant, requester, now)
    return { agreement, handle, terms: terms.map(({ id }) => id), until: formatTime(until), due: due.length }
  },
  async act(input, given) {
    const shape = { state: text, handle_key: text, control_keys: keysSchema, requester_keys: keysSchema }
    const { state, handle_key, control_keys, requester_keys } = z.strictObject(shape).parse(given)
    const submitted = readSigned(actNoun, input)
    const { kind } = submitted.payload
    // `as`: of the allowance, entitlement reads the key alone
    await proveSigned(submitted, actSigners(kind, { key: handle_key } as Allowance, control_keys, requester_keys))
    return { state: stateAfter(z.enum(['active', 'paused', 'revoked', 'retired', 'superseded']).parse(state), kind) }
  },
  async capability(input, given, now) {
    const held = z.strictObject({ capability: z.unknown(), ended: z.boolean() }).nullable()
    const {
      control_keys,
      held: before,
      now_keys,
      former = [],
    } = z
      .strictObject({ control_keys: keysSchema, held, now_keys: keysSchema.optional(), former: keysSchema.optional() })
      .parse(given)
    const { capability, use } = z.strictObject({ capability: z.unknown(), use: useSchema.optional() }).parse(input)
    const submitted = readSigned(capabilityNoun, capability)
    const proved = await proveSigned(submitted, control_keys)
    const known = before ? { ...readSigned(capabilityNoun, before.capability), ended: before.ended } : undefined
    judgeCapability(known, proved, control_keys, now)
    const { right } = proved.payload
    const inForce = isInForce(
      { ...submitted, ended: known?.ended ?? false },
      now_keys ?? control_keys,
      former.map(thumbprint),
      now,
    )
    if (use && !(inForce && rightsFor(use).includes(right)))
      throw new ProtocolError('key-unknown', 'judging a vector: the key has not the right')
    return { right }
  },
  residence(input, given) {
    const { node } = z.strictObject({ node: text }).parse(given)
    const bound = z.strictObject({ from: text, kids: z.array(text) })
    const { chain, agreement, use } = z
      .strictObject({ chain: z.array(z.unknown()), agreement: bound.optional(), use: useSchema.optional() })
      .parse(input)
    const records = chain.map((signed) => readSigned(passportNoun, signed))
    const upshot = upshotOf(records, node)
    const residence = residenceOf(newestOf(records).payload, node)
    if (use && residence !== 'home' && !isOpenAway(rightsFor(use)))
      throw new ProtocolError('key-unknown', 'judging a vector: this takes a passport that is at home')
    const { happened } = upshot
    if (!agreement) return { residence, happened }
    return { residence, happened, fate: fateOf(upshot, { ...agreement, from: parseTime(agreement.from) }) }
  },
  async stop(input, given, now) {
    const shape = { control_keys: keysSchema, capability: z.unknown(), agreement: text, requester: text }
    const { control_keys, capability, ...pair } = z.strictObject(shape).parse(given)
    const held = readSigned(capabilityNoun, capability)
    const { key, right } = held.payload
    const may = rightsToStop.includes(right) && isInForce({ ...held, ended: false }, control_keys, [], now)
    const { payload } = await proveSigned(readSigned(stopNoun, input), may ? [key] : [])
    return { about: isAbout(payload, pair) }
  },
  invite(input, given, now) {
    const reading = z.strictObject({ text }).safeParse(input)
    if (reading.success) {
      const invite = parseInvite(reading.data.text)
      return { invite, digest: inviteDigest(invite) }
    }
    const shape = { spent: z.boolean(), withdrawn: z.boolean(), terms: z.unknown() }
    const { terms, ...held } = z.strictObject(shape).parse(given)
    const { asked } = z.strictObject({ asked: z.strictObject({ kind: text, purposes: z.array(text) }) }).parse(input)
    const invite = parseSchema(inviteTermsSchema, terms, 'judging a vector')
    return { state: inviteState({ ...held, expires: invite.expires }, now), invited: isInvited(invite, asked) }
  },
  'standing-refusal'(input, given, now) {
    const saying = z.strictObject({ refusal: z.unknown() }).safeParse(input)
    if (saying.success) {
      const held = given['held'] === null ? undefined : standingRefusalSchema.parse(given['held'])
      return { refusal: withRefusal(held, parseSchema(standingRefusalSchema, saying.data.refusal, 'judging a vector')) }
    }
    const purposes = z.strictObject({ purposes: z.array(text) }).parse(input).purposes
    const { payload } = readSigned(requesterNoun, given['requester'])
    const shape = { standing: z.array(standingRefusalSchema), remembered: z.array(rememberedSchema) }
    const said = { standing: given['standing'], remembered: given['remembered'] }
    const held = parseSchema(z.strictObject(shape), said, 'judging a vector')
    const asked = purposes.map((purpose) => ({ purpose }))
    return { unwanted: isUnwanted(asked, payload, held, now) }
  },
  'read-aloud'(input, given) {
    const { digest } = z.strictObject({ digest: text }).parse(given)
    requireHeard(z.strictObject({ heard: text }).parse(input).heard, digest)
    return { words: readAloud(digest) }
  },
  async notice(input, given, now) {
    const expected = z.strictObject({ aud: text, node: text }).parse(given['expected'])
    const notice = await proveSigned(readSigned(noticeNoun, input), keysSchema.parse(given['keys']))
    const { agreement, n } = judgeNotice(notice, { ...expected, now })
    return { agreement, n }
  },
  cover(input, given, now) {
    const requester = readSigned(requesterNoun, given['requester']).payload
    const terms = z.array(termSchema).parse(given['terms'])
    const query = parseSchema(querySchema.pick({ purpose: true, items: true }).strict(), input, 'judging a vector')
    // `as`: of the allowance, coverage reads the terms alone
    const covered = cover(query, { terms } as unknown as Allowance, requester, now)
    return {
      items: covered.map(({ term, from, to }) => ({ term: term.id, from: formatTime(from), to: formatTime(to) })),
    }
  },
  async assertion(input, given, now) {
    const expected = z.strictObject({ aud: text, request: text, agreement: text }).parse(given['expected'])
    const assertion = await proveSigned(readSigned(assertionNoun, input), keysSchema.parse(given['keys']))
    judgeAssertion(assertion, { ...expected, now })
    return { n: assertion.payload.n }
  },
  async sealed(input, given) {
    const { opener, ...of } = z.strictObject({ opener: text, agreement: text, request: text }).parse(given)
    const opened = await openAnswer(testOpener(opener), of, parseSchema(sealedSchema, input, 'judging a vector'))
    return { id: recordIdOf(fromBase64Url(opened.payload)) }
  },
  evidence(input) {
    const opened = z.array(z.strictObject({ entry: evidenceEntrySchema, salt: saltSchema }))
    const { entries } = parseSchema(z.strictObject({ entries: opened }), input, 'judging a vector')
    return { leaf: judgeChain(entries) }
  },
  async 'request-signature'(input, given, now) {
    const head = z.record(text, text)
    const shape = z.strictObject({ head, body: text }).parse(input)
    // `as`: a record of strings, of which each member is judged
    const signed = shape.head as SignedHead
    checkDigest(signed, utf8(shape.body))
    const claims = await readHead(signed, now)
    await proveHead(signed, claims, text.parse(given['key']))
    return claims
  },
  async statement(input, given) {
    const { id } = await proveSigned(readSigned(statementNoun, input), keysSchema.parse(given['keys']))
    return { id }
  },
  'trust-query'(input, given, now) {
    const query = parseSchema(trustQuerySchema, input, 'judging a vector')
    const { holds } = judgeTrustQuery(query, recordsHeld(given), momentAsked(query, now))
    return { holds }
  },
  claim(input, given, now) {
    const entries = z.array(keptEntrySchema).parse(given['entries'])
    const { value, of } = derive(z.strictObject({ claim: text }).parse(input).claim, entries, now)
    return { value, of }
  },
}

/** Nouns whose vectors are judged here. */
export const judgedNouns: readonly string[] = Object.keys(judges)

/** What our code makes of a vector: its result, or the code of its refusal. */
export async function judgeVector({ noun, now, given, input }: Vector): Promise<Vector['expect']> {
  const judge = judges[noun]
  if (!judge) throw new Error(`judging a vector: nobody judges ${noun}`)
  try {
    const result = await judge(input, given, parseTime(now))
    return { verdict: 'valid', result: z.record(z.string(), z.unknown()).parse(result) }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    return { verdict: 'invalid', code: error.code }
  }
}

async function judgeRecord(input: unknown, given: Record<string, unknown>, now: Instant): Promise<unknown> {
  const proposal = readProposal(input)
  await admitProposal(proposal, recordsHeld(given), now)
  return {}
}

/** The records that a vector has standing, each under its name. */
function recordsHeld(given: Record<string, unknown>): HeldRecords {
  const held = new Map<string, Held<ZoneRecord>>()
  for (const signed of z.array(signedSchema).parse(given['records'])) {
    const { name, submitted } = readProposal(signed)
    held.set(name, submitted)
  }
  // `as`: a name says which kind of record stands under it
  return <K extends NameKind>(_: K, name: string) => held.get(name) as Held<RecordOf[K]> | undefined
}
