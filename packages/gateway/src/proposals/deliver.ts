import { ProtocolError } from '@dcann/protocol/errors'
import type { Signed } from '@dcann/protocol/signed'
import { formatTime, parseTime } from '@dcann/protocol/time'
import { readInvite } from '@dcann/sdk/invite-link'
import { createVaultClient, type VaultClient } from '@dcann/sdk/vault-client'
import { instantOf } from '@dcann/sdk/world'
import { ordered } from '@dcann/store/key'
import type { z } from 'zod'
import type { AgreementsDesk } from '../agreements/take.ts'
import type { ProposalCall, proposalAnswer } from '../console/calls.ts'
import { offers } from '../offers/shelf.ts'
import { pendingProposals, proposals, proposalsByTime } from './shelf.ts'

/**
 * Delivers an offer of ours to a vault: by a passport's identifier, by a handle's address, or by an invite. Whatever the
 * person does, the vault says `pending` until the offer expires. The same again is the same proposal.
 *
 * Throws `not-found` for an offer that is none of ours, `not-active` for a passport that is absent, `identifier-invalid`,
 * `malformed-request` for an invite that is none, and what the vault throws.
 */
export async function deliverProposal(
  { store, requester }: AgreementsDesk,
  call: ProposalCall,
): Promise<z.infer<typeof proposalAnswer>> {
  const { offer } = call
  const offerPlace = offers.at(offer)
  const signed = offerPlace.from(await store.read([offerPlace.key]))?.value
  if (!signed) throw new ProtocolError('not-found', 'delivering an offer: it is none of ours; see POST /v1/asks')
  const { node, url, propose } =
    'invite' in call ? await byInvite(requester, call.invite) : await byAddress(requester, call.to)
  const { proposal, until } = await propose(createVaultClient(requester.world, url), signed)
  const now = instantOf(requester.world)
  const place = proposals.at(proposal)
  if (!place.from(await store.read([place.key]))) {
    const to = 'to' in call ? { to: call.to } : {}
    const kept = { offer, ...to, node, delivered: now, until: parseTime(until), state: 'pending' as const }
    await store.commit({
      writes: [
        place.put(kept),
        proposalsByTime.at(ordered(now), proposal).put(null),
        pendingProposals.at(proposal).put({ due: now }),
      ],
    })
  }
  return { proposal, state: 'pending', until: formatTime(parseTime(until)) }
}

/** Which node to ask, and how it is told for whom the offer is. */
type Way = {
  readonly node: string
  readonly url: string
  readonly propose: (vault: VaultClient, offer: Signed) => ReturnType<VaultClient['propose']>
}

async function byAddress(requester: AgreementsDesk['requester'], to: string): Promise<Way> {
  const located = await (await requester.resolver()).resolvePassport(to)
  if (located.home === undefined) {
    throw new ProtocolError('not-active', 'delivering an offer: no passport of this identifier lives anywhere')
  }
  const { name: node, url } = located.home.node.payload
  const address = located.kind === 'handle' ? located.handle : located.identifier
  return { node, url, propose: async (vault, offer) => await vault.propose(requester.by, address, offer) }
}

async function byInvite(requester: AgreementsDesk['requester'], text: string): Promise<Way> {
  const { invite, node } = readInvite(text)
  const { url } = await requester.home(node)
  return { node, url, propose: async (vault, offer) => await vault.proposeByInvite(requester.by, invite, offer) }
}
