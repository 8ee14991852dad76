import { isInForce } from '@dcann/protocol/capability'
import { type PublicKey, thumbprint } from '@dcann/protocol/key'
import { limits } from '@dcann/protocol/limits'
import type { Right } from '@dcann/protocol/right'
import type { Instant } from '@dcann/protocol/time'
import type { Reader } from '@dcann/store/store'
import { passportPlace } from '../passports/shelf.ts'
import { capabilities } from './shelf.ts'

/** The control keys of a passport that lives here; none for one that does not, so that both are refused in the same words. */
export async function controlKeysOf(store: Reader, identifier: string): Promise<readonly PublicKey[]> {
  const place = passportPlace(/^[A-Z]{2}[0-9A-Z]{26}$/.test(identifier) ? identifier : 'nobody')
  const hosted = place.from(await store.read([place.key]))
  return hosted?.value.record.status === 'active' ? hosted.value.record.keys : []
}

/** A key of another's, with what it may. */
export type Delegated = { readonly key: PublicKey; readonly right: Right }

/** The keys that have one of these rights on a passport at `now`. */
export async function delegatedKeys(
  store: Reader,
  passport: string,
  controlKeys: readonly PublicKey[],
  rights: readonly Right[],
  now: Instant,
): Promise<readonly Delegated[]> {
  if (rights.length === 0 || controlKeys.length === 0) return []
  const found = await store.range(capabilities.page([passport], { limit: limits.capabilities }))
  return found
    .map((one) => capabilities.entry(one).value)
    .filter((held) => rights.includes(held.payload.right) && isInForce(held, controlKeys, now))
    .map(({ payload }) => ({ key: payload.key, right: payload.right }))
}

/** Control keys, and keys that have one of these rights. */
export async function keysOfHolder(
  store: Reader,
  passport: string,
  rights: readonly Right[],
  now: Instant,
): Promise<readonly PublicKey[]> {
  const control = await controlKeysOf(store, passport)
  const delegated = await delegatedKeys(store, passport, control, rights, now)
  return [...control, ...delegated.map(({ key }) => key)]
}

/** Who acted, for the holder's own trail; nothing for the holder's handle and control keys. */
export function actedBy(signers: readonly PublicKey[], delegated: readonly Delegated[]): readonly string[] {
  return delegated
    .filter(({ key }) => signers.includes(key))
    .map(({ key, right }) => `by the key ${thumbprint(key)}, of right ${right}`)
}
