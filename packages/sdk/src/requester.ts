import { base64Url, fromBase64Url } from '@dcann/protocol/bytes'
import { canonicalBytes, canonicalText, parseCanonical } from '@dcann/protocol/canonical'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import type { Signer } from '@dcann/protocol/key'
import { requesterNameSchema } from '@dcann/protocol/name'
import { judgeOffer, type Offer, offerNoun } from '@dcann/protocol/offer'
import type { RequesterRecord } from '@dcann/protocol/requester'
import {
  parseSchema,
  proveSigned,
  readSigned,
  type RecordId,
  recordIdSchema,
  signedSchema,
  type Verified,
} from '@dcann/protocol/signed'
import { isLoopback } from '@dcann/protocol/text'
import { formatTime, type Instant } from '@dcann/protocol/time'
import { z } from 'zod'
import { addressBelow, exchange, requireSecure } from './exchange.ts'
import type { Resolved } from './resolved.ts'
import type { Resolver } from './resolver.ts'
import { signDocument } from './wallet-documents.ts'
import { freshNonce, instantOf, type SigningWorld, type World } from './world.ts'

/** What a requester writes into an offer; the rest is filled in. */
export type OfferText = Omit<
  Offer,
  'v' | 'requester' | 'at' | 'expires' | 'refusal_detriment' | 'ring_fence' | 'nonce' | 'jurisdiction' | 'authority'
> & {
  /** Seconds since 1970. */
  readonly expires: Instant
}

/**
 * Makes an offer and judges it against the requester's own record before anybody sees it. Throws what `judgeOffer` throws.
 *
 * ```ts
 * const offer = await makeOffer(world, record, signer, { terms, value, expires, lasts: 'P180D', notice, sealing_key: null, template: null })
 * ```
 *
 * spec: agreement#offer
 */
export async function makeOffer(
  world: SigningWorld,
  requester: RequesterRecord,
  signer: Signer,
  text: OfferText,
): Promise<Verified<Offer>> {
  const now = instantOf(world)
  const signed = await signDocument(
    offerNoun,
    {
      ...text,
      v: 1,
      requester: requester.name,
      at: formatTime(now),
      expires: formatTime(text.expires),
      refusal_detriment: 'none',
      jurisdiction: requester.name.slice(0, 2),
      authority: requester.authority,
      ring_fence: 'admitted',
      nonce: freshNonce(world),
    },
    signer,
  )
  const offer = await proveSigned(readSigned(offerNoun, signed), [signer.key])
  judgeOffer(offer, requester, now)
  return offer
}

const askSchema = z.strictObject({
  requester: requesterNameSchema,
  /** Record id of the offer. */
  offer: recordIdSchema,
  /** Where the wallet brings handle and agreement, or nothing. */
  return: z
    .url({ protocol: /^https?$/ })
    .max(512)
    .refine(isReturnable, { error: 'expected https, or http on this machine' }),
})

/** What a link or QR code hands to a wallet: whom to ask, for which offer, and where to come back. */
export type Ask = z.infer<typeof askSchema>

const askBytes = 2048

/** Writes the last part of an ask's address, to stand behind the wallet's own: `ask#…`. spec: first-contact#link */
export function writeAsk(ask: Ask): string {
  return `ask#${base64Url(canonicalBytes(parseSchema(askSchema, ask, 'writing an ask')))}`
}

/**
 * Reads an ask out of a whole address, out of `ask#…` or out of a fragment alone. Throws `malformed-request`.
 *
 * spec: first-contact#link
 */
export function readAsk(text: string): Ask {
  const [, fragment = ''] = /^(?:(?:https?:\/\/[^\s#?]*\/)?ask)?#([A-Za-z0-9_-]+)$/.exec(text) ?? []
  try {
    const value = parseCanonical(fromBase64Url(fragment), askBytes)
    const ask = parseSchema(askSchema, value, 'reading an ask')
    // the schema of an address leaves out what browsers leave out, and then says something else than the link
    if (canonicalText(ask) !== canonicalText(value))
      throw new ProtocolError('schema-mismatch', 'reading an ask: "return": not an address as it is written')
    return ask
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    throw new ProtocolError(
      'malformed-request',
      `reading the ask ${quote(text, 60)}: ${error.message}; scan or copy the whole link again`,
    )
  }
}

/** An offer as a holder may look at it: proved to be the asked requester's, and within what the registry lets it ask. */
export type FetchedOffer = {
  readonly offer: Verified<Offer>
  readonly requester: Resolved<RequesterRecord>
  readonly record: Verified<RequesterRecord>
}

/**
 * Fetches an ask's offer at the address that the requester's own record gives, `<offers>/<record id>`, and judges it against
 * that record, asked for anew, since a grant pins who controls the requester now. The link itself is believed in nothing.
 *
 * Throws `not-active` when the requester is absent, `answer-invalid` when another offer comes, and what `resolveName`,
 * `proveSigned` and `judgeOffer` throw.
 *
 * spec: first-contact#link
 */
export async function fetchOffer(world: World, resolver: Resolver, ask: Ask): Promise<FetchedOffer> {
  const requester = await resolver.resolveName(ask.requester, { kind: 'requester', fresh: true })
  const { record } = requester
  if (record === undefined) {
    throw new ProtocolError('not-active', `fetching an offer: no requester is registered as ${quote(ask.requester)}`, {
      is: 'absent',
    })
  }
  const url = addressBelow(record.payload.offers, `/${ask.offer}`)
  requireSecure(url, resolver.trust.current().payload)
  const submitted = readSigned(offerNoun, await exchange(world, { url, answer: signedSchema }))
  requireOffer(submitted.id, ask.offer)
  const offer = await proveSigned(submitted, record.payload.keys)
  judgeOffer(offer, record.payload, instantOf(world))
  return { offer, requester, record }
}

function requireOffer(id: RecordId, asked: RecordId): void {
  if (id === asked) return
  throw new ProtocolError(
    'answer-invalid',
    `fetching an offer: ${quote(id, 43)} came, asked was ${quote(asked, 43)}; do not grant it`,
    { member: 'offer' },
  )
}

function isReturnable(text: string): boolean {
  // the schema goes on to here with what is no address at all
  if (!URL.canParse(text)) return false
  const { protocol, hostname, username, password } = new URL(text)
  return username === '' && password === '' && (protocol === 'https:' || isLoopback(hostname))
}
