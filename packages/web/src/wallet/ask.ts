import { grantNoun } from '@dcann/protocol/agreement'
import { canonicalText, parseBounded } from '@dcann/protocol/canonical'
import { handleAddress } from '@dcann/protocol/handle'
import { judgeOffer, type Offer, offerNoun, secondsOf, type Term } from '@dcann/protocol/offer'
import { ProtocolError } from '@dcann/protocol/errors'
import type { RequesterRecord } from '@dcann/protocol/requester'
import {
  proveSigned,
  readSigned,
  type RecordId,
  type Signed,
  signedSchema,
  type Verified,
} from '@dcann/protocol/signed'
import { bringBack, type BroughtBack } from '@dcann/sdk/bring-back'
import { type Ask, fetchOffer } from '@dcann/sdk/requester'
import type { Resolver } from '@dcann/sdk/resolver'
import { withAgreement, withHandle } from '@dcann/sdk/wallet'
import { makeGrant } from '@dcann/sdk/wallet-documents'
import { handleSigner } from '@dcann/sdk/wallet-keys'
import { instantOf } from '@dcann/sdk/world'
import { z } from 'zod'
import { isLive } from './agreements.ts'
import { changeState, controlOf, type Ground, type Holder, isPassing, readState } from './holder.ts'
import { requireKit } from './passport.ts'

/** An ask whose offer is proved to be the requester's own, and within what the registry lets it ask. */
export type OpenedAsk = {
  readonly offer: Verified<Offer>
  readonly requester: RequesterRecord
  /** Its id at the vault, when it was delivered there. */
  readonly delivered?: RecordId
  /** Where handle and agreement are brought, when it came by link. */
  readonly returnTo?: string
}

/** Opens an ask that came by link. Nothing of it is believed until the requester's record vouches for it. */
export async function openAsk({ world, resolver }: Ground, ask: Ask): Promise<OpenedAsk> {
  const { offer, record } = await fetchOffer(world, needed(resolver), ask)
  return { offer, requester: record.payload, returnTo: ask.return }
}

/** Opens an ask that was delivered to the vault, which is not believed about it either. */
export async function openDelivered(
  { world, resolver }: Ground,
  delivered: RecordId,
  signed: Signed,
): Promise<OpenedAsk> {
  const submitted = readSigned(offerNoun, signed)
  const { record } = await needed(resolver).resolveName(submitted.payload.requester, { kind: 'requester', fresh: true })
  if (record === undefined) throw new ProtocolError('not-active', 'opening an ask: who made it is not registered')
  const offer = await proveSigned(submitted, record.payload.keys)
  judgeOffer(offer, record.payload, instantOf(world))
  return { offer, requester: record.payload, delivered }
}

function needed(resolver: Resolver | undefined): Resolver {
  if (resolver !== undefined) return resolver
  throw new ProtocolError('unreachable', 'finding out who asks: no registry answers')
}

/** What a person decided: the terms taken, and for how many days. */
export type Decision = { readonly terms: readonly string[]; readonly days: number; readonly settle: boolean }

/** What came of a grant. */
export type Agreed = {
  readonly agreement: RecordId
  /** What the requester knows the person by, and nobody else does. */
  readonly address: string
  readonly until: string
  readonly settles?: string
}

/** Terms that can be left out, and those without which there is no agreement. */
export function partsOf({ terms }: Pick<Offer, 'terms'>): { readonly required: Term[]; readonly optional: Term[] } {
  return { required: terms.filter(({ optional }) => !optional), optional: terms.filter(({ optional }) => optional) }
}

/** A grant that is on its way: kept before it is sent, so that after a reload the very same one is sent again. */
const pendingSchema = z.strictObject({
  offer: signedSchema,
  grant: signedSchema,
  binding: signedSchema,
  settle: z.boolean(),
})
type Pending = z.infer<typeof pendingSchema>

const pendingAt = (offer: RecordId): string => `pending/${offer}`

/** The grant over an offer that was decided on and is not known to stand; `undefined` when none is. */
export async function readPending({ kept, box }: Holder, offer: RecordId): Promise<Pending | undefined> {
  const text = await box.openText(await kept.read(pendingAt(offer)))
  if (text === undefined || text === '') return undefined
  return pendingSchema.safeParse(parseBounded(text)).data
}

/** The agreement over an offer that stands already, so that nobody agrees to one thing twice. */
export async function standingOver(holder: Holder, offer: RecordId): Promise<Agreed | undefined> {
  const { agreements } = await holder.vault.listAgreements(holder.by)
  const found = agreements.find((one) => 'offer' in one && isLive(one) && readSigned(offerNoun, one.offer).id === offer)
  if (found === undefined) return undefined
  await keepStanding(holder, offer, found.agreement)
  return { agreement: found.agreement, address: handleAddress(found.handle, holder.node), until: found.until }
}

/** Keeps the wallet's copy of a grant that the vault took when its answer did not come: what is brought back is that copy. */
async function keepStanding(holder: Holder, offer: RecordId, agreement: RecordId): Promise<void> {
  const { box, passport, kept } = holder
  const pending = await readPending(holder, offer)
  if (pending === undefined || readSigned(grantNoun, pending.grant).id !== agreement) return
  const pair = { offer: pending.offer, grant: pending.grant }
  await changeState(holder, box, (wallet) => [withAgreement(wallet, { ...pair, passport }), undefined])
  await kept.write(pendingAt(offer), undefined)
}

/** Grants what was decided. One tab at a time, and whatever was begun is finished and not begun again. */
export async function grant(holder: Holder, ask: OpenedAsk, decision: Decision): Promise<Agreed> {
  await requireKit(holder)
  return await navigator.locks.request(`dcann-grant-${ask.offer.id}`, async () => {
    const standing = await standingOver(holder, ask.offer.id)
    if (standing !== undefined) return standing
    const pending = (await readPending(holder, ask.offer.id)) ?? (await decide(holder, ask, decision))
    return await conclude(holder, ask, pending)
  })
}

/** Sends what was decided on before, as it was. */
export async function finish(holder: Holder, ask: OpenedAsk, pending: Pending): Promise<Agreed> {
  return await navigator.locks.request(`dcann-grant-${ask.offer.id}`, async () => {
    return (await standingOver(holder, ask.offer.id)) ?? (await conclude(holder, ask, pending))
  })
}

async function decide(
  holder: Holder,
  { offer, requester }: OpenedAsk,
  { terms, days, settle }: Decision,
): Promise<Pending> {
  const { world, box, passport, kept } = holder
  return await box.withSeed(async (seed) => {
    // the counter is kept before the handle is shown to anybody
    const made = await changeState(holder, box, (wallet) => {
      const { wallet: after, made } = withHandle(wallet, seed, requester.name, passport)
      return [after, made]
    })
    const handle = handleSigner(seed, requester.name, made.counter)
    const until = instantOf(world) + Math.min(days * 86_400, secondsOf(offer.payload.lasts))
    const choice = { terms, requester, passport, handle, control: controlOf(holder, seed), until }
    const { grant: granted, binding } = await makeGrant(world, offer, choice)
    const pending = { offer: offer.signed, grant: granted.signed, binding: binding.signed, settle }
    await kept.write(pendingAt(offer.id), await box.sealText(canonicalText(pending)))
    return pending
  })
}

async function conclude(holder: Holder, ask: OpenedAsk, pending: Pending): Promise<Agreed> {
  const { vault, box, passport, node, kept } = holder
  const { offer, delivered } = ask
  const pair = { offer: pending.offer, grant: pending.grant }
  const forget = async (): Promise<void> => await kept.write(pendingAt(offer.id), undefined)
  const answer = await vault
    .grant({
      ...pair,
      binding: pending.binding,
      ...(delivered === undefined ? {} : { ask: delivered }),
      ...(pending.settle ? { settle: true as const } : {}),
    })
    .catch(async (error: unknown) => {
      // refused for good is not sent again; what only did not get through is
      if (error instanceof ProtocolError && !isPassing(error)) await forget()
      throw error
    })
  const agreed = {
    agreement: answer.agreement,
    address: handleAddress(answer.handle, node),
    until: answer.until,
    ...(answer.settles === undefined ? {} : { settles: answer.settles }),
  }
  // nothing is brought back, and nothing kept, of what can still be undone
  if (answer.settles === undefined) {
    await changeState(holder, box, (wallet) => [withAgreement(wallet, { ...pair, passport }), undefined])
  }
  await forget()
  return agreed
}

/** Brings an agreement to whoever asked for it, if they gave a place for it; `undefined` when they did not. */
export async function bring(holder: Holder, ask: OpenedAsk, { agreement }: Agreed): Promise<BroughtBack | undefined> {
  if (ask.returnTo === undefined) return undefined
  const { agreements } = await readState(holder, holder.box)
  const held = agreements.find((one) => one.agreement === agreement)
  if (held === undefined || !('offer' in held)) return undefined
  const { handle } = readSigned(grantNoun, held.grant).payload
  return await bringBack(ask.returnTo, { grant: held.grant, handle, node: holder.node }, ask.requester, holder.world)
}

/** Says no. It is remembered, so that the same is not asked again, and looks like silence to whoever asked. */
export async function refuse({ vault, by }: Holder, { offer, delivered }: OpenedAsk): Promise<void> {
  await vault.refuse(by, delivered === undefined ? { offer: offer.signed } : { ask: delivered })
}
