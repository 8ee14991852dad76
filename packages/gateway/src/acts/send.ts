import { type ErrorCode, ProtocolError } from '@dcann/protocol/errors'
import { times } from '@dcann/protocol/limits'
import type { RecordId } from '@dcann/protocol/signed'
import { createVaultClient } from '@dcann/sdk/vault-client'
import { instantOf } from '@dcann/sdk/world'
import type { Store } from '@dcann/store/store'
import { agreements } from '../agreements/shelf.ts'
import type { Requester } from '../requester.ts'
import { acts, owedActs } from './shelf.ts'

export type ActsDesk = { readonly store: Store; readonly requester: Requester }

const pageOf = 64

/**
 * Sends the acts that vaults do not have yet, and notes the number of each. An act is kept as it was signed before it is sent,
 * so one that was sent and not noted is sent again as the very same act, which has one number. Returns how many could not be
 * sent now; those are tried again, less and less often.
 */
export async function sendActs(desk: ActsDesk, signal?: AbortSignal): Promise<number> {
  const now = instantOf(desk.requester.world)
  const owed = (await desk.store.range(owedActs.page([], { limit: pageOf }))).map((one) => owedActs.entry(one))
  let failed = 0
  for (const { id, value, version } of owed) {
    const [act = ''] = id
    if (signal?.aborted) break
    if (value.due > now || (await sendAct(desk, act)) === undefined) continue
    failed++
    const wait = Math.min(times.noticeRetryLeast * 2 ** value.failed, times.noticeRetryMost)
    await desk.store.commit({ writes: [owedActs.at(act).put({ failed: value.failed + 1, due: now + wait }, version)] })
  }
  return failed
}

/** Sends one act and notes its number; gives why it could not be sent. */
export async function sendAct({ store, requester }: ActsDesk, id: RecordId): Promise<ErrorCode | undefined> {
  const place = acts.at(id)
  const kept = place.from(await store.read([place.key]))
  if (!kept || kept.value.n !== null) return undefined
  const held = agreements.at(kept.value.agreement)
  const node = held.from(await store.read([held.key]))?.value.node
  try {
    if (node === undefined) throw new ProtocolError('not-found', 'sending an act: its agreement is not held here')
    const { url } = await requester.home(node)
    const { n } = await createVaultClient(requester.world, url).act(kept.value.signed)
    await store.commit({ writes: [place.put({ ...kept.value, n }), owedActs.at(id).delete()] })
    return undefined
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    return error.code
  }
}
