import { type Binding, bindingNoun } from '@dcann/protocol/binding'
import { ProtocolError } from '@dcann/protocol/errors'
import { rightsToBind } from '@dcann/protocol/right'
import { proveSigned, readSigned, type Verified } from '@dcann/protocol/signed'
import type { Instant } from '@dcann/protocol/time'
import type { Reader } from '@dcann/store/store'
import { keysOfHolder } from '../capabilities/keys.ts'

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
