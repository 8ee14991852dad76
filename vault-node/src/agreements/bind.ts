import { type Binding, bindingNoun } from '@dcann/protocol/binding'
import { ProtocolError } from '@dcann/protocol/errors'
import { rightsToBind } from '@dcann/protocol/right'
import { proveSigned, readSigned, type Verified } from '@dcann/protocol/signed'
import type { Instant } from '@dcann/protocol/time'
import type { Reader, Write } from '@dcann/store/store'
import { keysOfHolder } from '../capabilities/keys.ts'
import { outcomeOf } from '../following/outcome.ts'
import type { Zones } from '../following/zones.ts'
import { standings } from '../passports/shelf.ts'

/** Proves a binding by a control key of a passport at home here, or one that may now. Throws `not-entitled`. spec: handle#binding */
export async function proveBinding(store: Reader, binding: unknown, now: Instant): Promise<Verified<Binding>> {
  const submitted = readSigned(bindingNoun, binding)
  // an unknown passport, a wrong key and a bad signature are one refusal: this call must not tell who lives here
  try {
    return await proveSigned(submitted, await keysOfHolder(store, submitted.payload.passport, rightsToBind, now))
  } catch (error) {
    throw error instanceof ProtocolError && ['key-unknown', 'record-signature-invalid'].includes(error.code)
      ? unbound()
      : error
  }
}

/**
 * The same of a passport as its zone shows it now, and what the commit that rests on it is founded on: that the passport
 * stands as it did. Throws `stale` and `unavailable` besides, to whoever proved a right to bind.
 */
export async function proveBindingNow(
  { store, zones }: { readonly store: Reader; readonly zones: Zones },
  binding: unknown,
  now: Instant,
): Promise<{ readonly binding: Verified<Binding>; readonly founded: readonly Write[] }> {
  const { passport } = readSigned(bindingNoun, binding).payload
  const confirmed = await outcomeOf(zones.confirm(passport, now))
  const place = standings.at(passport)
  const standing = place.from(await store.read([place.key]))
  const proved = await proveBinding(store, binding, now)
  confirmed()
  return { binding: proved, founded: standing ? [place.require(standing)] : [] }
}

function unbound(): ProtocolError {
  return new ProtocolError(
    'not-entitled',
    'concluding an agreement: no control key of a passport at home here signed the binding',
  )
}

/** Refuses a binding that is of another handle, key or requester. Throws `rule-broken`. */
export function requireBound(
  binding: Binding,
  expected: { readonly handle: string; readonly key: string; readonly requester: string | null },
): void {
  const { handle, key, requester } = binding
  if (handle === expected.handle && key === expected.key && requester === expected.requester) return
  throw new ProtocolError(
    'rule-broken',
    'concluding an agreement: the binding is of another handle, key or requester than what it stands behind',
  )
}
