import { base64Url, utf8 } from '@dcann/protocol/bytes'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import { type Handle, handleOf } from '@dcann/protocol/handle'
import { type PublicKey, type Signer, signerFromSeed } from '@dcann/protocol/key'
import { requesterNameSchema } from '@dcann/protocol/name'
import type { RecoverySet } from '@dcann/protocol/recovery'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { z } from 'zod'

/** The 32 bytes that a wallet is made of. Whoever has them has the wallet; they are kept sealed by the caller. */
export type WalletSeed = Uint8Array

/**
 * A control key of the wallet, the holder's own, which signs what the passport does: number 0 in the genesis, the next with
 * each rotation. HKDF-SHA256 of the seed, without salt, info `dcann/control/1\n<number>`. Throws `wallet-invalid` for a seed
 * of another length.
 *
 * spec: wallet#keys
 */
export function controlSigner(seed: WalletSeed, number = 0): Signer {
  return derive(seed, `dcann/control/1\n${number}`)
}

/** Which of a wallet's control keys is among these; `undefined` when none below `most` is. spec: wallet#keys */
export function findControl(seed: WalletSeed, keys: readonly PublicKey[], most = 256): number | undefined {
  for (let number = 0; number < most; number++) {
    if (keys.includes(controlSigner(seed, number).key)) return number
  }
  return undefined
}

/** A recovery set of one key, and that key: all of it comes from a seed of its own, so that one sheet of paper is enough. */
export type PaperSet = { readonly set: RecoverySet; readonly signer: Signer }

/**
 * The recovery set of a sheet: its key is HKDF-SHA256 of the sheet's seed, info `dcann/recovery/1`, its salt the first 16
 * bytes of the same with `dcann/recovery-salt/1`.
 *
 * spec: wallet#sheet
 */
export function paperSet(seed: WalletSeed): PaperSet {
  const signer = derive(seed, 'dcann/recovery/1')
  const salt = base64Url(expand(seed, 'dcann/recovery-salt/1').subarray(0, 16))
  return { set: { keys: [signer.key], threshold: 1, salt }, signer }
}

/** In the place of a requester's name for handles behind which nobody is named yet. spec: wallet#keys */
export const anybody = 'anybody'

/** For whom a handle key is made. */
export const handleForSchema = z.union([requesterNameSchema, z.literal(anybody)])

/**
 * The handle key for one requester, or for `anybody`: HKDF-SHA256 of the seed, info `dcann/handle/1\n<requester>\n<counter>`. Nothing that two
 * requesters see of a person can be joined. A leaked handle is made again with the next counter.
 *
 * spec: wallet#keys
 */
export function handleSigner(seed: WalletSeed, requester: string, counter: number): Signer {
  if (!handleForSchema.safeParse(requester).success) {
    throw new ProtocolError(
      'schema-mismatch',
      `making a handle key: ${quote(requester)} is no requester's name, expected one like EE/requester/x`,
    )
  }
  if (!Number.isSafeInteger(counter) || counter < 0) {
    throw new ProtocolError('schema-mismatch', `making a handle key: the counter is ${counter}, expected 0 or more`)
  }
  return derive(seed, `dcann/handle/1\n${requester}\n${counter}`)
}

/**
 * Which counter makes a handle: how a wallet restored from its seed finds its keys again, given the agreements that its vault
 * lists. `undefined` when none below `most` does.
 */
export function findHandleCounter(seed: WalletSeed, requester: string, handle: Handle, most = 64): number | undefined {
  for (let counter = 0; counter < most; counter++) {
    if (handleOf(handleSigner(seed, requester, counter).key) === handle) return counter
  }
  return undefined
}

function derive(seed: WalletSeed, info: string): Signer {
  if (seed.length !== 32) {
    throw new ProtocolError('wallet-invalid', `deriving a key: the seed has ${seed.length} bytes, expected 32`)
  }
  return signerFromSeed(expand(seed, info))
}

function expand(seed: WalletSeed, info: string): Uint8Array {
  return hkdf(sha256, seed, undefined, utf8(info), 32)
}
