import { grantNoun } from '@dcann/protocol/agreement'
import { ProtocolError } from '@dcann/protocol/errors'
import { readSigned, type RecordId } from '@dcann/protocol/signed'
import type { Instant } from '@dcann/protocol/time'
import { createVaultClient } from '@dcann/sdk/vault-client'
import { instantOf } from '@dcann/sdk/world'
import type { Held } from '@dcann/store/shelf'
import { type AgreementsDesk, takeGrant } from '../agreements/take.ts'
import { pendingProposals, type Proposal, proposals } from './shelf.ts'

const pageOf = 64

/** Seconds between two looks at a proposal: people decide within minutes, or days later. */
const lookLeast = 15
const lookMost = 600

/**
 * Asks the vaults what became of delivered offers. One that was granted becomes an agreement by itself, and only then is it
 * no longer asked for. Returns how many are still pending.
 */
export async function pollProposals(desk: AgreementsDesk, signal?: AbortSignal): Promise<number> {
  const now = instantOf(desk.requester.world)
  const found = (await desk.store.range(pendingProposals.page([], { limit: pageOf }))).map((one) =>
    pendingProposals.entry(one),
  )
  let pending = 0
  for (const { id, value } of found) {
    if (signal?.aborted) break
    const [proposal = ''] = id
    const place = proposals.at(proposal)
    const held = place.from(await desk.store.read([place.key]))
    if (!held) continue
    if (value.due > now || !(await settled(desk, proposal, held, now))) pending++
  }
  return pending
}

/** Whether it is known what became of one; what could not be asked is asked again. */
async function settled(desk: AgreementsDesk, id: RecordId, held: Held<Proposal>, now: Instant): Promise<boolean> {
  const { store, requester } = desk
  const { node, delivered, until } = held.value
  const [place, waits] = [proposals.at(id), pendingProposals.at(id)]
  const later = now + Math.min(Math.max(lookLeast, (now - delivered) / 4), lookMost)
  try {
    const { url } = await requester.home(node)
    const { state, grant } = await createVaultClient(requester.world, url).pollProposal(requester.by, id)
    if (state === 'granted' && grant) {
      const { handle } = readSigned(grantNoun, grant).payload
      const agreement = await takeGrant(desk, { grant, handle, node })
      await store.commit({ writes: [place.replace(held, { ...held.value, state, agreement }), waits.delete()] })
      return true
    }
    if (state === 'lapsed') {
      await store.commit({ writes: [place.replace(held, { ...held.value, state }), waits.delete()] })
      return true
    }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    // a vault that knows nothing of it any more never will
    if (error.code === 'not-found' && now >= until) {
      await store.commit({ writes: [place.replace(held, { ...held.value, state: 'lapsed' }), waits.delete()] })
      return true
    }
  }
  await store.commit({ writes: [waits.put({ due: Math.ceil(later) })] })
  return false
}
