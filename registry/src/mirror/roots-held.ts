import { rootNoun } from '@dcann/protocol/root'
import { readSigned, type Signed } from '@dcann/protocol/signed'
import type { Reader } from '@dcann/store/store'
import { chainOf } from '../records/chain.ts'
import { currentRecord, type Kept } from '../records/shelf.ts'

/** Every version of the root that is known here, newest first: those admitted, else the chain that was pinned. */
export async function rootsHeld(store: Pick<Reader, 'read'>, pinned: readonly Signed[]): Promise<readonly Kept[]> {
  const place = currentRecord('root', 'root')
  const current = place.from(await store.read([place.key]))?.value
  const chain = current ? await chainOf(store, 'root', 'root', current) : pinned
  return chain
    .map((signed) => {
      const { id, payload } = readSigned(rootNoun, signed)
      return { id, seq: payload.seq, signed }
    })
    .toReversed()
}
