import { type Acceptance, acceptanceNoun, judgeAcceptance } from '@dcann/protocol/acceptance'
import { allowanceOf } from '@dcann/protocol/agreement'
import type { Binding } from '@dcann/protocol/binding'
import { base64Url, fromBase64Url } from '@dcann/protocol/bytes'
import { canonicalBytes, parseCanonical } from '@dcann/protocol/canonical'
import { pinOf } from '@dcann/protocol/control'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import { handleOf } from '@dcann/protocol/handle'
import type { Identifier } from '@dcann/protocol/identifier'
import type { PublicKey, Signer } from '@dcann/protocol/key'
import { nodeNameSchema } from '@dcann/protocol/name'
import { secondsOf } from '@dcann/protocol/offer'
import { judgeProffer, type Proffer, profferNoun, type Roster } from '@dcann/protocol/proffer'
import type { RequesterRecord } from '@dcann/protocol/requester'
import { parseSchema, proveSigned, readSigned, recordIdSchema, type Verified } from '@dcann/protocol/signed'
import { formatTime, type Instant } from '@dcann/protocol/time'
import { z } from 'zod'
import type { AgreementPair } from './agreement-pair.ts'
import type { Home } from './resolved.ts'
import type { Resolver } from './resolver.ts'
import type { Caller, CallWorld } from './signed-call.ts'
import { createVaultClient } from './vault-client.ts'
import { makeBinding, signAndProve } from './wallet-documents.ts'
import { freshNonce, instantOf, type SigningWorld } from './world.ts'

/** What a holder proffers; the rest is filled in. */
export type ProfferText = Pick<Proffer, 'terms' | 'value' | 'lasts'> & {
  /** Seconds since 1970. */
  readonly expires: Instant
}

/** For whom, under which handle. A handle key is made for one proffer and used for no other. */
export type ProfferTo = {
  readonly for: Roster
  readonly handle: Signer
  readonly passport: Identifier
  readonly control: Signer
  /** The agreement that one on this succeeds. */
  readonly prior?: string
}

/** A proffer and the binding behind its handle, as a vault takes them. */
export type MadeProffer = { readonly proffer: Verified<Proffer>; readonly binding: Verified<Binding> }

/**
 * Makes a proffer: signed by its handle key alone, the binding by the control key. To several requesters one is made for
 * each, and all are laid together under one cap. Throws what `judgeProffer` throws.
 *
 * ```ts
 * const { proffer, binding } = await makeProffer(world, { terms, value, lasts: 'P90D', expires }, { for: { requester }, handle, passport, control })
 * await vault.layProffers(by, { proffers: [{ proffer: proffer.signed, binding: binding.signed }], cap: 1 })
 * ```
 *
 * spec: proffer
 */
export async function makeProffer(world: SigningWorld, text: ProfferText, to: ProfferTo): Promise<MadeProffer> {
  const now = instantOf(world)
  const { handle, for: roster } = to
  const proffer = await signAndProve(
    profferNoun,
    {
      ...text,
      v: 1,
      for: roster,
      handle: handleOf(handle.key),
      key: handle.key,
      at: formatTime(now),
      expires: formatTime(text.expires),
      prior: to.prior ?? null,
      nonce: freshNonce(world),
    },
    handle,
  )
  judgeProffer(proffer, now)
  const requester = 'requester' in roster ? roster.requester : null
  return { proffer, binding: await makeBinding(world, { ...to, requester }) }
}

const linkSchema = z.strictObject({ node: nodeNameSchema, proffer: recordIdSchema })

/** What a holder hands to a requester: where to ask, and for which proffer. */
export type ProfferLink = z.infer<typeof linkSchema>

const linkBytes = 512

/** Writes the last part of a proffer's address: `proffer#…`. spec: proffer#laying */
export function writeProfferLink(link: ProfferLink): string {
  return `proffer#${base64Url(canonicalBytes(parseSchema(linkSchema, link, 'writing a proffer')))}`
}

/** Reads it out of a whole address, out of `proffer#…` or out of a fragment alone. Throws `malformed-request`. spec: proffer#laying */
export function readProfferLink(text: string): ProfferLink {
  const [, fragment = ''] = /^(?:(?:https?:\/\/[^\s#?]*\/)?proffer)?#([A-Za-z0-9_-]+)$/.exec(text) ?? []
  try {
    return parseSchema(linkSchema, parseCanonical(fromBase64Url(fragment), linkBytes), 'reading a proffer')
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    throw new ProtocolError(
      'malformed-request',
      `reading the proffer ${quote(text, 60)}: ${error.message}; copy the whole link again`,
    )
  }
}

/** A proffer that a requester may accept, and the node that keeps it. */
export type OpenedProffer = { readonly proffer: Verified<Proffer>; readonly home: Home }

/**
 * Opens a proffer as the requester that it is for: the node is resolved, and what it gives must be the very one that the link
 * names, under its own handle key. Throws `not-found` for one that is not, or not any more, for this requester.
 *
 * spec: proffer#opening
 */
export async function openProffer(
  world: CallWorld,
  resolver: Resolver,
  { node, proffer: id }: ProfferLink,
  by: Caller,
): Promise<OpenedProffer> {
  const home = await resolver.resolveHome(node)
  const { proffer: signed } = await createVaultClient(world, home.node.payload.url).openProffer(by, id)
  const submitted = readSigned(profferNoun, signed)
  if (submitted.id !== id) {
    throw new ProtocolError(
      'answer-invalid',
      `opening a proffer: ${quote(submitted.id, 43)} came, asked was ${quote(id, 43)}; do not accept it`,
      { member: 'proffer' },
    )
  }
  const proffer = await proveSigned(submitted, [submitted.payload.key])
  judgeProffer(proffer, instantOf(world))
  return { proffer, home }
}

export type AcceptanceChoice = {
  /** Ids of the terms taken; all when absent. */
  readonly terms?: readonly string[]
  /** Seconds since 1970; as long as proffered when absent. */
  readonly until?: Instant
  /** X25519; needed for special categories. */
  readonly sealing_key?: PublicKey | null
  readonly notice?: Acceptance['notice']
}

/**
 * Makes the requester's half, pinned to its own control, and judges it before anybody sees it. The notice is that of the
 * registered use of the first term, unless another is given. Throws what `judgeAcceptance` and `allowanceOf` throw.
 *
 * ```ts
 * const { acceptance } = await makeAcceptance(world, proffer, record, signer, { sealing_key: null })
 * await vault.accept(acceptance.signed)
 * ```
 *
 * spec: proffer#acceptance
 */
export async function makeAcceptance(
  world: SigningWorld,
  proffer: Verified<Proffer>,
  requester: RequesterRecord,
  signer: Signer,
  choice: AcceptanceChoice = {},
): Promise<Extract<AgreementPair, { acceptance: unknown }>> {
  const now = instantOf(world)
  const { payload } = proffer
  const acceptance = await signAndProve(
    acceptanceNoun,
    {
      v: 1,
      proffer: proffer.id,
      requester: requester.name,
      terms: [...(choice.terms ?? payload.terms.map(({ id }) => id))],
      control: pinOf(requester.control),
      at: formatTime(now),
      until: formatTime(choice.until ?? now + secondsOf(payload.lasts)),
      sealing_key: choice.sealing_key ?? null,
      refusal_detriment: 'none',
      jurisdiction: requester.name.slice(0, 2),
      authority: requester.authority,
      notice: choice.notice ?? { url: noticeOf(requester, payload), digest: null, language: 'en' },
      ring_fence: 'admitted',
      nonce: freshNonce(world),
    },
    signer,
  )
  const allowance = allowanceOf({ proffer, acceptance })
  judgeAcceptance(proffer, acceptance, requester, now)
  return { proffer, acceptance, allowance }
}

function noticeOf({ uses, offers }: RequesterRecord, { terms }: Proffer): string {
  return uses.find(({ purpose }) => purpose === terms[0]?.purpose)?.notice ?? offers
}
