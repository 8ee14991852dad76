import { capabilityEndNoun, capabilityNoun } from '@dcann/protocol/capability'
import type { Identifier } from '@dcann/protocol/identifier'
import type { PublicKey, Signer } from '@dcann/protocol/key'
import type { Right } from '@dcann/protocol/right'
import type { Signed } from '@dcann/protocol/signed'
import { type Stop, stopNoun } from '@dcann/protocol/stop'
import { formatTime, type Instant } from '@dcann/protocol/time'
import { signDocument } from './wallet-documents.ts'
import { freshNonce, instantOf, type SigningWorld } from './world.ts'

/**
 * Gives another key a right on the vault, by a control key.
 *
 * ```ts
 * await vault.makeCapability(await makeCapability(world, { passport, key: device.key, right: 'all', until }, control))
 * ```
 *
 * spec: capability
 */
export async function makeCapability(
  world: SigningWorld,
  given: {
    readonly passport: Identifier
    readonly key: PublicKey
    readonly right: Right
    /** Seconds since 1970. */
    readonly until: Instant
  },
  control: Signer,
): Promise<Signed> {
  const at = formatTime(instantOf(world))
  const capability = { v: 1 as const, ...given, until: formatTime(given.until), at, nonce: freshNonce(world) }
  return await signDocument(capabilityNoun, capability, control)
}

/** Ends a key's right for good, by a control key. spec: capability#end */
export async function makeCapabilityEnd(
  world: SigningWorld,
  passport: Identifier,
  key: PublicKey,
  control: Signer,
): Promise<Signed> {
  const at = formatTime(instantOf(world))
  return await signDocument(capabilityEndNoun, { v: 1, passport, key, at, nonce: freshNonce(world) }, control)
}

/** What is to be stopped: everything, all with one requester, or one agreement. */
export type ToStop = Stop['of']

/**
 * One signed record that pauses or revokes, by a key of right `narrow` or `all`. Without `passport` it is for every passport
 * that the key has the right on; with one, a control key may sign too.
 *
 * spec: stop
 */
export async function makeStop(
  world: SigningWorld,
  kind: Stop['kind'],
  of: ToStop,
  signer: Signer,
  passport: Identifier | null = null,
): Promise<Signed> {
  const at = formatTime(instantOf(world))
  return await signDocument(stopNoun, { v: 1, kind, passport, of, at, nonce: freshNonce(world) }, signer)
}
