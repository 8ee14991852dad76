import { type Act, type ActKind, actNoun } from '@dcann/protocol/act'
import { type Allowance, allowanceOf, type Grant, grantNoun } from '@dcann/protocol/agreement'
import { type Binding, bindingNoun } from '@dcann/protocol/binding'
import { pinOf } from '@dcann/protocol/control'
import { handleOf } from '@dcann/protocol/handle'
import type { Identifier } from '@dcann/protocol/identifier'
import type { Signer } from '@dcann/protocol/key'
import type { NodeRecord } from '@dcann/protocol/node'
import { type Offer, secondsOf } from '@dcann/protocol/offer'
import { identifierOf, type PassportRecord, passportNoun } from '@dcann/protocol/passport'
import type { RequesterRecord } from '@dcann/protocol/requester'
import {
  type Noun,
  parseSchema,
  proveSigned,
  readSigned,
  type RecordId,
  type Signed,
  signPayload,
  type Verified,
} from '@dcann/protocol/signed'
import { formatTime, type Instant } from '@dcann/protocol/time'
import { freshNonce, instantOf, type SigningWorld } from './world.ts'

/**
 * Makes the genesis of a passport: assigned by `zone`, at home at `node`, under the wallet's control key 0. Its identifier
 * follows from its own bytes. The node adds its signature when it hosts it.
 *
 * ```ts
 * const { identifier, genesis } = await makeGenesis(world, { zone: 'IN', node: home.node.payload, control: controlSigner(seed) })
 * await vault.host(genesis)
 * ```
 *
 * spec: passport#genesis
 */
export async function makeGenesis(
  world: SigningWorld,
  made: {
    readonly zone: string
    readonly node: Pick<NodeRecord, 'name' | 'identity_key'>
    readonly control: Signer
    /** Digests (`keyDigest`) of keys to come. */
    readonly next?: readonly string[]
  },
): Promise<{ readonly identifier: Identifier; readonly genesis: Signed }> {
  const nameless: Omit<PassportRecord, 'name'> = {
    v: 1,
    seq: 1,
    prev: null,
    at: formatTime(instantOf(world)),
    keys: [made.control.key],
    next: [...(made.next ?? [])],
    recovery: null,
    home: { node: made.node.name, key: made.node.identity_key },
    status: 'active',
    salt: freshNonce(world),
  }
  const identifier = identifierOf(made.zone, nameless)
  const genesis = await signDocument(passportNoun, { ...nameless, name: identifier }, made.control)
  return { identifier, genesis }
}

/** The holder's half of an agreement, and what the pair allows. `grant.id` is the agreement's. */
export type Granted = {
  readonly grant: Verified<Grant>
  readonly binding: Verified<Binding>
  readonly allowance: Allowance
}

export type GrantChoice = {
  /** Ids of the terms taken: all that are required, and any optional ones. */
  readonly terms: readonly string[]
  /** Whom the holder is about to agree with, as resolved now: its control is pinned. */
  readonly requester: RequesterRecord
  readonly passport: Identifier
  /** The handle key for this requester; see `handleSigner`. */
  readonly handle: Signer
  readonly control: Signer
  /** Seconds since 1970; as long as offered when absent. */
  readonly until?: Instant
  readonly prior?: RecordId
  readonly ringFence?: boolean
}

/**
 * Makes a grant over an offer and the binding behind its handle: the grant signed by the handle key alone, the binding by
 * the control key. Throws `rule-broken` when the choice does not fit the offer, before anything is sent.
 *
 * ```ts
 * const { grant, binding } = await makeGrant(world, offer, { terms: ['rides'], requester, passport, handle, control })
 * await vault.grant({ offer: offer.signed, grant: grant.signed, binding: binding.signed })
 * ```
 *
 * spec: agreement#grant
 */
export async function makeGrant(world: SigningWorld, offer: Verified<Offer>, choice: GrantChoice): Promise<Granted> {
  const now = instantOf(world)
  const { handle, requester } = choice
  const grant = await signAndProve(
    grantNoun,
    {
      v: 1,
      offer: offer.id,
      terms: [...choice.terms],
      handle: handleOf(handle.key),
      key: handle.key,
      control: pinOf(requester.control),
      at: formatTime(now),
      until: formatTime(choice.until ?? now + secondsOf(offer.payload.lasts)),
      prior: choice.prior ?? null,
      ring_fence: choice.ringFence ?? false,
    },
    handle,
  )
  const allowance = allowanceOf({ offer, grant })
  const binding = await makeBinding(world, { ...choice, requester: offer.payload.requester })
  return { grant, binding, allowance }
}

/** Makes the binding behind a handle: which passport stands there, for whom; `null` where nobody is named. spec: handle#binding */
export async function makeBinding(
  world: SigningWorld,
  {
    handle,
    control,
    passport,
    requester,
  }: Pick<GrantChoice, 'handle' | 'control' | 'passport'> & Pick<Binding, 'requester'>,
): Promise<Verified<Binding>> {
  return await signAndProve(
    bindingNoun,
    {
      v: 1,
      handle: handleOf(handle.key),
      key: handle.key,
      passport,
      requester,
      at: formatTime(instantOf(world)),
      salt: freshNonce(world),
    },
    control,
  )
}

/**
 * Makes an act on an agreement: by the handle key or a control key for what a holder does, by a key of the requester for what
 * a requester does. A revoke needs nothing else and nobody else.
 *
 * spec: act
 */
export async function makeAct(
  world: SigningWorld,
  kind: ActKind,
  agreement: RecordId,
  signer: Signer,
  body?: Act['body'],
): Promise<Signed> {
  const act: Act = {
    v: 1,
    agreement,
    kind,
    at: formatTime(instantOf(world)),
    nonce: freshNonce(world),
    ...(body === undefined ? {} : { body }),
  }
  return await signDocument(actNoun, act, signer)
}

/** Signs a document made here by one key, and proves it. */
export async function signAndProve<T>(noun: Noun<T>, payload: NoInfer<T>, signer: Signer): Promise<Verified<T>> {
  const signed = await signDocument(noun, payload, signer)
  return await proveSigned(readSigned(noun, signed), [signer.key])
}

/** Signs a document made here. Throws `schema-mismatch`, naming the member, for one that has not its form. */
export async function signDocument<T>(noun: Noun<T>, payload: NoInfer<T>, signer: Signer): Promise<Signed> {
  return await signPayload(noun, parseSchema(noun.schema, payload, `making a ${noun.typ}`), [signer])
}
