import type { KeysOf } from '@dcann/http/authenticate'
import { requesterNameSchema } from '@dcann/protocol/name'
import type { SignatureClaims } from '@dcann/protocol/request-signature'
import { rightsOn } from '@dcann/protocol/right'
import type { Store, Write } from '@dcann/store/store'
import { keysOfHolder } from './capabilities/keys.ts'
import type { Clock } from './clock/clock.ts'
import type { Following } from './following/requesters.ts'
import { withNonce } from './requests/refuse.ts'

/** Whose keys sign a call, by who may make it. */
export type CallDesk = {
  readonly store: Store
  /** For a call at this path: control keys, and those that have a right to it. */
  readonly holderKeys: (path: string) => KeysOf
  readonly requesterKeys: KeysOf
  readonly partyKeys: (path: string) => KeysOf
}

export function createCallDesk(store: Store, following: Following, clock: Clock): CallDesk {
  const holderKeys =
    (path: string): KeysOf =>
    async (from, now) =>
      await keysOfHolder(store, from, rightsOn(path), clock.decide(now))
  // whoever is no requester has no keys here, and no registry is asked about them
  const requesterKeys: KeysOf = async (from, now) =>
    isRequester(from) ? (await following.decide(from, clock.decide(now))).record.keys : []
  return {
    store,
    holderKeys,
    requesterKeys,
    partyKeys: (path) => (from, now) => (isRequester(from) ? requesterKeys(from, now) : holderKeys(path)(from, now)),
  }
}

/** Whether it has the form of a requester's name: about anything else nobody is asked. */
export function isRequester(from: string): boolean {
  return requesterNameSchema.safeParse(from).success
}

/** Spends the nonce of a call that writes nothing else. Throws `replayed`. */
export async function spendNonce({ store }: Pick<CallDesk, 'store'>, claims: SignatureClaims): Promise<void> {
  await withNonce(claims, async (writes) => void (await store.commit({ writes })))
}

/** Runs a call whose desk takes the nonce into its own commit. */
export async function spending<T>(claims: SignatureClaims, act: (spent: Write[]) => Promise<T>): Promise<T> {
  return await withNonce(claims, act)
}
