import { grantNoun } from '@dcann/protocol/agreement'
import { ProtocolError } from '@dcann/protocol/errors'
import { readSigned, type RecordId } from '@dcann/protocol/signed'
import { proveAgreement } from '@dcann/sdk/agreement-pair'
import { createVaultClient } from '@dcann/sdk/vault-client'
import type { Store } from '@dcann/store/store'
import type { ReturnCall } from '../console/calls.ts'
import { offers } from '../offers/shelf.ts'
import type { Requester } from '../requester.ts'
import { agreements } from './shelf.ts'

export type AgreementsDesk = { readonly store: Store; readonly requester: Requester }

/**
 * Takes a grant that a wallet brings. Anybody may bring one, so nothing of it is believed: the offer is ours, the pair proves,
 * and the node it names says that the agreement is in its chain. What is held already stays as it is.
 *
 * Throws `not-found` for an offer that is not ours, `not-entitled` for another handle, `id-reused` for another node than the
 * agreement was first brought with, and what `proveAgreement` and the vault throw.
 */
export async function takeGrant({ store, requester }: AgreementsDesk, call: ReturnCall): Promise<RecordId> {
  const { grant, handle, node } = call
  const { id, payload } = readSigned(grantNoun, grant)
  const place = agreements.at(id)
  const offerPlace = offers.at(payload.offer)
  const snapshot = await store.read([place.key, offerPlace.key])
  const held = place.from(snapshot)?.value
  if (held !== undefined && held.node !== node) {
    throw new ProtocolError('id-reused', 'taking a grant: its agreement is held already, at another node')
  }
  if (held !== undefined) return id
  const offer = offerPlace.from(snapshot)?.value
  if (!offer) throw new ProtocolError('not-found', 'taking a grant: its offer is none of ours')
  const { allowance } = await proveAgreement({ offer, grant }, (await requester.record()).keys)
  if (allowance.handle !== handle) {
    throw new ProtocolError('not-entitled', 'taking a grant: the handle beside it is not its own')
  }
  const { url } = await requester.home(node)
  await createVaultClient(requester.world, url).listEvents(requester.by, id, { limit: 1 })
  await store.commit({ writes: [place.put({ offer, grant, node })] })
  return id
}
