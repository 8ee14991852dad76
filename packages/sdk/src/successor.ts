import { allowanceOf, type Grant, grantNoun } from '@dcann/protocol/agreement'
import type { Binding } from '@dcann/protocol/binding'
import { pinOf } from '@dcann/protocol/control'
import { ProtocolError } from '@dcann/protocol/errors'
import { handleOf } from '@dcann/protocol/handle'
import { secondsOf } from '@dcann/protocol/offer'
import type { Verified } from '@dcann/protocol/signed'
import { formatTime } from '@dcann/protocol/time'
import { type AgreementPair, signedDocuments } from './agreement-pair.ts'
import { type GrantChoice, makeBinding, signAndProve } from './wallet-documents.ts'
import { instantOf, type SigningWorld } from './world.ts'

/** A grant that takes the place of an agreement, over the same document of the company's. */
export type Succeeding = {
  /** The documents of the new agreement. */
  readonly pair: AgreementPair
  readonly grant: Verified<Grant>
  readonly binding: Verified<Binding>
}

export type SuccessorChoice = Pick<
  GrantChoice,
  'requester' | 'passport' | 'handle' | 'control' | 'until' | 'ringFence'
> & {
  /** Ids of the terms taken; those of the old agreement when absent. */
  readonly terms?: readonly string[]
}

/**
 * Makes the grant that takes the place of an agreement: with the same terms until the same day unless something else is
 * chosen, under whatever handle key is given, pinned to who controls the company now. A key of the next counter re-issues a
 * handle that leaked. It needs nothing of the company. Throws `rule-broken` when it does not fit what the company signed,
 * `expired` when the old one is over and no `until` is given.
 *
 * ```ts
 * const made = await makeSuccessor(world, old, { requester, passport, handle: handleSigner(seed, requester.name, next), control })
 * await vault.grant(successorCall(made))
 * ```
 *
 * spec: agreement#successors
 */
export async function makeSuccessor(
  world: SigningWorld,
  old: AgreementPair,
  choice: SuccessorChoice,
): Promise<Succeeding> {
  const now = instantOf(world)
  const { allowance } = old
  const { lasts } = 'offer' in old ? old.offer.payload : old.proffer.payload
  const until = choice.until ?? Math.min(allowance.until, now + secondsOf(lasts))
  if (until <= now) throw new ProtocolError('expired', 'granting anew: the old agreement is over; make a new one')
  const grant = await signAndProve(
    grantNoun,
    {
      v: 1,
      offer: 'offer' in old ? old.offer.id : old.acceptance.id,
      terms: [...(choice.terms ?? allowance.terms.map(({ id }) => id))],
      handle: handleOf(choice.handle.key),
      key: choice.handle.key,
      control: pinOf(choice.requester.control),
      at: formatTime(now),
      until: formatTime(until),
      prior: allowance.agreement,
      ring_fence: choice.ringFence ?? false,
    },
    choice.handle,
  )
  const documents =
    'offer' in old ? { offer: old.offer, grant } : { proffer: old.proffer, acceptance: old.acceptance, grant }
  const binding = await makeBinding(world, { ...choice, requester: allowance.requester })
  return { pair: { ...documents, allowance: allowanceOf(documents) }, grant, binding }
}

/** What `vault.grant` takes: every document of the new agreement, and the binding. */
export function successorCall({ pair, grant, binding }: Succeeding) {
  const documents = signedDocuments(pair)
  return 'offer' in documents
    ? { ...documents, binding: binding.signed }
    : { ...documents, grant: grant.signed, binding: binding.signed }
}
