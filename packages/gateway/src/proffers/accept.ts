import { ProtocolError } from '@dcann/protocol/errors'
import type { PublicKey } from '@dcann/protocol/key'
import { secondsOf, type Term } from '@dcann/protocol/offer'
import { isSpecialCategory } from '@dcann/protocol/vocabulary'
import { signedDocuments } from '@dcann/sdk/agreement-pair'
import { makeAcceptance, type OpenedProffer, openProffer, readProfferLink } from '@dcann/sdk/proffer'
import { createVaultClient } from '@dcann/sdk/vault-client'
import { instantOf } from '@dcann/sdk/world'
import type { Store } from '@dcann/store/store'
import type { z } from 'zod'
import { agreements } from '../agreements/shelf.ts'
import type { acceptAnswer, AcceptCall, profferAnswer } from '../console/calls.ts'
import type { Sealing } from '../keys/sealing.ts'
import type { Requester } from '../requester.ts'
import { accepted, keep, proffers } from './shelf.ts'

export type ProfferDesk = {
  readonly store: Store
  readonly requester: Requester
  readonly sealing: Sealing
}

/** What somebody proffers, in plain JSON; it is in the list of those opened from then on. Throws `malformed-request` for a link that is none, and what `openProffer` throws. */
export async function showProffer(desk: ProfferDesk, link: string): Promise<z.infer<typeof profferAnswer>> {
  const { proffer, home } = await open(desk, link)
  const { handle, terms, value, lasts, expires } = proffer.payload
  const node = home.node.payload.name
  const place = proffers.at(proffer.id)
  if (!place.from(await desk.store.read([place.key])))
    await desk.store.commit({ writes: keep(proffer.signed, { node, opened: instantOf(desk.requester.world) }) })
  return { proffer: proffer.id, handle, node, terms, value, lasts, expires, signed: proffer.signed }
}

/**
 * Accepts a proffer: the required terms, and the optional ones that are named; then the agreement is in force, and kept here.
 * Throws what `openProffer` and `makeAcceptance` throw: above all `over-asking` for a term without a registered use.
 */
export async function acceptProffer(desk: ProfferDesk, call: AcceptCall): Promise<z.infer<typeof acceptAnswer>> {
  const { store, requester } = desk
  const { proffer, home } = await open(desk, call.proffer)
  const { take = [], lasts } = call
  const taken = proffer.payload.terms.filter(({ id, optional }) => !optional || take.includes(id))
  const unknown = take.find((id) => !proffer.payload.terms.some((term) => term.id === id))
  if (unknown !== undefined)
    throw new ProtocolError('rule-broken', 'accepting a proffer: it has no such term as one of those in "take"')
  const record = await requester.record()
  const pair = await makeAcceptance(requester.world, proffer, record, requester.by.signer, {
    terms: taken.map(({ id }) => id),
    sealing_key: sealingKeyFor(desk, taken, call.sealed ?? false),
    ...(lasts === undefined ? {} : { until: instantOf(requester.world) + secondsOf(lasts) }),
  })
  const { agreement, handle, node, until } = await createVaultClient(requester.world, home.node.payload.url).accept(
    pair.acceptance.signed,
  )
  const place = proffers.at(proffer.id)
  const opened = place.from(await store.read([place.key]))?.value
  await store.commit({
    writes: [
      agreements.at(agreement).put({ ...signedDocuments(pair), node }),
      ...(opened ? [accepted(proffer.id, opened, agreement)] : []),
    ],
  })
  return { agreement, handle, node, until, terms: taken.map(({ id }) => id) }
}

async function open({ requester }: ProfferDesk, link: string): Promise<OpenedProffer> {
  return await openProffer(requester.world, await requester.resolver(), readProfferLink(link), requester.by)
}

function sealingKeyFor({ sealing }: ProfferDesk, terms: readonly Term[], sealed: boolean): PublicKey | null {
  const special = terms.some(({ category }) => isSpecialCategory(category))
  if (!sealed && !special) return null
  if (sealing.key !== null) return sealing.key
  throw new ProtocolError(
    'rule-broken',
    'accepting a proffer: its answers are to be sealed, and the settings name no sealing key; make one with: dcann gateway --make-sealing-key <file>',
  )
}
