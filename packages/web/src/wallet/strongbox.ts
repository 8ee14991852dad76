import { base64Url, textOf, utf8 } from '@dcann/protocol/bytes'
import { ProtocolError } from '@dcann/protocol/errors'
import { type Signer, thumbprint } from '@dcann/protocol/key'
import type { WalletSeed } from '@dcann/sdk/wallet-keys'
import type { Kept } from '../page/kept.ts'
import { askPasskey, type Guard, makePasskey } from './passkey.ts'

/** What is sealed under the key of this browser, which nobody can read out of it. */
type Sealed = { readonly iv: Uint8Array<ArrayBuffer>; readonly bytes: Uint8Array<ArrayBuffer> }

/**
 * The wallet's secrets in this browser. The device's own key signs what happens every day and leaves the browser never; the
 * seed lies sealed, and is opened for the moment in which a control or handle key is needed. Where a passkey guards it, it
 * lies sealed under the passkey's key as well, which is nowhere in this browser.
 */
export type Strongbox = {
  readonly device: Signer
  /** Whether a passkey has to answer before the seed opens. */
  readonly isGuarded: boolean
  /** Opens the seed for one use of it, and forgets it afterwards. */
  readonly withSeed: <T>(use: (seed: WalletSeed) => Promise<T>) => Promise<T>
  readonly sealText: (text: string) => Promise<Sealed>
  readonly openText: (sealed: unknown) => Promise<string | undefined>
}

const places = { lock: 'box/lock', device: 'box/device', seed: 'box/seed', guard: 'box/guard' } as const

/** Opens what was made here; `undefined` where nothing was, or the browser has dropped it. */
export async function openStrongbox(kept: Kept): Promise<Strongbox | undefined> {
  const [lock, device, seed, guard] = await Promise.all([
    kept.read(places.lock),
    kept.read(places.device),
    kept.read(places.seed),
    kept.read(places.guard),
  ])
  if (!(lock instanceof CryptoKey) || !isPair(device) || !isSealed(seed)) return undefined
  return await boxOf(lock, device, seed, isGuard(guard) ? guard : undefined)
}

/** Makes the device's key and the lock, neither of which can be read out, seals the seed, and keeps all three at once. */
export async function makeStrongbox(kept: Kept, seed: WalletSeed): Promise<Strongbox> {
  const lock = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
  const device = await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])
  // what is made of this algorithm is a pair, which its general type leaves open
  if (!isPair(device)) throw new ProtocolError('wallet-invalid', 'making a device key: this browser makes none')
  const sealed = await seal(lock, Uint8Array.from(seed))
  const all = { [places.lock]: lock, [places.device]: device, [places.seed]: sealed, [places.guard]: undefined }
  await kept.writeAll(all)
  // asked for, and no promise: this is why there is a kit
  await navigator.storage.persist().catch(() => false)
  return await boxOf(lock, device, sealed, undefined)
}

/** Lets a passkey guard the seed from now on: makes one, and seals the seed under its key too. */
export async function guardSeed(kept: Kept, box: Strongbox): Promise<void> {
  const { guard, key } = await makePasskey()
  const lock = await kept.read(places.lock)
  if (!(lock instanceof CryptoKey)) throw damaged()
  await box.withSeed(async (seed) => {
    const { iv, bytes } = await seal(lock, Uint8Array.from(seed))
    const inner = new Uint8Array(iv.length + bytes.length)
    inner.set(iv)
    inner.set(bytes, iv.length)
    await kept.writeAll({ [places.seed]: await seal(key, inner), [places.guard]: guard })
  })
}

/** Lets the seed be opened without a passkey again; whoever calls has it, from the passkey or from the paper. */
export async function unguardSeed(kept: Kept, seed: WalletSeed): Promise<void> {
  const lock = await kept.read(places.lock)
  if (!(lock instanceof CryptoKey)) throw damaged()
  await kept.writeAll({ [places.seed]: await seal(lock, Uint8Array.from(seed)), [places.guard]: undefined })
}

async function boxOf(
  lock: CryptoKey,
  device: CryptoKeyPair,
  sealed: Sealed,
  guard: Guard | undefined,
): Promise<Strongbox> {
  return {
    device: await signerOf(device),
    isGuarded: guard !== undefined,
    withSeed: async (use) => {
      const opened = await open(lock, guard === undefined ? sealed : await openGuarded(guard, sealed))
      try {
        return await use(opened)
      } finally {
        opened.fill(0)
      }
    },
    sealText: async (text) => await seal(lock, Uint8Array.from(utf8(text))),
    openText: async (text) => (isSealed(text) ? textOf(await open(lock, text)) : undefined),
  }
}

const ivBytes = 12

async function openGuarded(guard: Guard, sealed: Sealed): Promise<Sealed> {
  const inner = await open(await askPasskey(guard), sealed)
  return { iv: inner.slice(0, ivBytes), bytes: inner.slice(ivBytes) }
}

async function signerOf({ publicKey, privateKey }: CryptoKeyPair): Promise<Signer> {
  const key = base64Url(new Uint8Array(await crypto.subtle.exportKey('raw', publicKey)))
  return {
    kid: thumbprint(key),
    key,
    sign: async (bytes) => new Uint8Array(await crypto.subtle.sign('Ed25519', privateKey, Uint8Array.from(bytes))),
  }
}

async function seal(lock: CryptoKey, bytes: Uint8Array<ArrayBuffer>): Promise<Sealed> {
  const iv = crypto.getRandomValues(new Uint8Array(ivBytes))
  return { iv, bytes: new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, lock, bytes)) }
}

async function open(lock: CryptoKey, { iv, bytes }: Sealed): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, lock, bytes))
  } catch {
    throw damaged()
  }
}

function isPair(value: unknown): value is CryptoKeyPair {
  return (
    typeof value === 'object' &&
    value !== null &&
    'privateKey' in value &&
    value.privateKey instanceof CryptoKey &&
    'publicKey' in value &&
    value.publicKey instanceof CryptoKey
  )
}

function isSealed(value: unknown): value is Sealed {
  return (
    typeof value === 'object' &&
    value !== null &&
    'iv' in value &&
    value.iv instanceof Uint8Array &&
    'bytes' in value &&
    value.bytes instanceof Uint8Array
  )
}

function isGuard(value: unknown): value is Guard {
  return (
    typeof value === 'object' &&
    value !== null &&
    'credential' in value &&
    value.credential instanceof Uint8Array &&
    'salt' in value &&
    value.salt instanceof Uint8Array
  )
}

function damaged(): ProtocolError {
  return new ProtocolError('wallet-invalid', 'opening the wallet: what is kept in this browser is damaged')
}
