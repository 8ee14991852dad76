import { isInForce } from '@dcann/protocol/capability'
import { type PublicKey, thumbprint } from '@dcann/protocol/key'
import { limits } from '@dcann/protocol/limits'
import { isOpenAway, type Right } from '@dcann/protocol/right'
import type { Instant } from '@dcann/protocol/time'
import type { Reader } from '@dcann/store/store'
import { passportPlace, standings } from '../passports/shelf.ts'
import { capabilities } from './shelf.ts'

/** Who controls a passport: its keys, and thumbprints of those it had, whose gifts of the stop outlast them. */
export type Control = { readonly keys: readonly PublicKey[]; readonly former: readonly string[] }

const nobody: Control = { keys: [], former: [] }

/**
 * Who controls a passport that lives here, for what these rights may do; nobody for one that does not, so that both are
 * refused in the same words. What only looks or lessens is done for one that has left or ended, too.
 *
 * spec: residence#calls
 */
export async function controlOf(store: Reader, identifier: string, rights: readonly Right[]): Promise<Control> {
  const known = /^[A-Z]{2}[0-9A-Z]{26}$/.test(identifier) ? identifier : 'nobody'
  const [place, standingPlace] = [passportPlace(known), standings.at(known)]
  const snapshot = await store.read([place.key, standingPlace.key])
  const [hosted, standing] = [place.from(snapshot)?.value, standingPlace.from(snapshot)?.value]
  if (!hosted || !standing || (standing.residence !== 'home' && !isOpenAway(rights))) return nobody
  return { keys: hosted.record.keys, former: standing.former }
}

/** A key of another's, with what it may. */
export type Delegated = { readonly key: PublicKey; readonly right: Right }

/** The keys that have one of these rights on a passport at `now`. */
export async function delegatedKeys(
  store: Reader,
  passport: string,
  control: Control,
  rights: readonly Right[],
  now: Instant,
): Promise<readonly Delegated[]> {
  if (rights.length === 0 || control.keys.length === 0) return []
  const found = await store.range(capabilities.page([passport], { limit: limits.capabilities }))
  return found
    .map((one) => capabilities.entry(one).value)
    .filter((held) => rights.includes(held.payload.right) && isInForce(held, control.keys, control.former, now))
    .map(({ payload }) => ({ key: payload.key, right: payload.right }))
}

/** Control keys, and keys that have one of these rights. */
export async function keysOfHolder(
  store: Reader,
  passport: string,
  rights: readonly Right[],
  now: Instant,
): Promise<readonly PublicKey[]> {
  const control = await controlOf(store, passport, rights)
  const delegated = await delegatedKeys(store, passport, control, rights, now)
  return [...control.keys, ...delegated.map(({ key }) => key)]
}

/** Who acted, for the holder's own trail; nothing for the holder's handle and control keys. */
export function actedBy(signers: readonly PublicKey[], delegated: readonly Delegated[]): readonly string[] {
  return delegated
    .filter(({ key }) => signers.includes(key))
    .map(({ key, right }) => `by the key ${thumbprint(key)}, of right ${right}`)
}
