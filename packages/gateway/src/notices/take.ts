import { ProtocolError } from '@dcann/protocol/errors'
import { judgeNotice, noticeNoun } from '@dcann/protocol/notice'
import { proveSigned, readSigned, type Submitted, type Verified } from '@dcann/protocol/signed'
import type { Instant } from '@dcann/protocol/time'
import type { Store } from '@dcann/store/store'
import { agreements } from '../agreements/shelf.ts'
import type { Requester } from '../requester.ts'
import { unread } from './shelf.ts'

export type InboxDesk = { readonly store: Store; readonly requester: Requester }

/**
 * Takes a notice: proved to be by the node that answers under an agreement held here, it makes that agreement's chain one to
 * be read, durably, before it is answered. What costs nothing is judged first. The same again changes nothing.
 *
 * Throws `not-found` for an agreement that is not held here, what `judgeNotice` throws, `key-unknown` and
 * `record-signature-invalid` for a signature that is not the node's, and what `resolveHome` throws.
 *
 * spec: notice#judging
 */
export async function takeNotice({ store, requester }: InboxDesk, input: unknown, now: Instant): Promise<void> {
  const submitted = readSigned(noticeNoun, input)
  const { agreement } = submitted.payload
  const [heldPlace, unreadPlace] = [agreements.at(agreement), unread.at(agreement)]
  const snapshot = await store.read([heldPlace.key, unreadPlace.key])
  const kept = heldPlace.from(snapshot)?.value
  if (!kept) throw new ProtocolError('not-found', 'taking a notice: no agreement of this id is held here')
  judgeNotice(submitted, { aud: requester.by.from, node: kept.node, now })
  await prove(requester, submitted)
  await store.commit({ writes: [unreadPlace.put({ failed: 0, due: 0 })] })
}

/** By the node's identity key as its registry has it; a key that is not known may be a new one. */
async function prove<T extends { readonly node: string }>(
  requester: Requester,
  submitted: Submitted<T>,
): Promise<Verified<T>> {
  const { node } = submitted.payload
  try {
    return await proveSigned(submitted, [(await requester.home(node)).identity_key])
  } catch (error) {
    if (!(error instanceof ProtocolError) || error.code !== 'key-unknown') throw error
    const home = await (await requester.resolver()).resolveHome(node, { fresh: true })
    return await proveSigned(submitted, [home.node.payload.identity_key])
  }
}
