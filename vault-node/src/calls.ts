import type { KeysOf } from '@dcann/http/authenticate'
import type { SignatureClaims } from '@dcann/protocol/request-signature'
import type { Store, Write } from '@dcann/store/store'
import type { Clock } from './clock/clock.ts'
import type { Following } from './following/requesters.ts'
import { controlKeysOf } from './passports/host.ts'
import { withNonce } from './requests/refuse.ts'

/** Whose keys sign a call, by who may make it. */
export type CallDesk = {
  readonly store: Store
  readonly holderKeys: KeysOf
  readonly requesterKeys: KeysOf
  readonly partyKeys: KeysOf
}

export function createCallDesk(store: Store, following: Following, clock: Clock): CallDesk {
  const holderKeys: KeysOf = async (from) => await controlKeysOf(store, from)
  const requesterKeys: KeysOf = async (from, now) => (await following.decide(from, clock.decide(now))).record.keys
  return {
    store,
    holderKeys,
    requesterKeys,
    partyKeys: (from, now) => (from.includes('/requester/') ? requesterKeys(from, now) : holderKeys(from, now)),
  }
}

/** Spends the nonce of a call that writes nothing else. Throws `replayed`. */
export async function spendNonce({ store }: Pick<CallDesk, 'store'>, claims: SignatureClaims): Promise<void> {
  await withNonce(claims, async (writes) => void (await store.commit({ writes })))
}

/** Runs a call whose desk takes the nonce into its own commit. */
export async function spending<T>(claims: SignatureClaims, act: (spent: Write[]) => Promise<T>): Promise<T> {
  return await withNonce(claims, act)
}
