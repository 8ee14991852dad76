import { utf8 } from '@dcann/protocol/bytes'

/** The passkey that guards the seed: which one, and what it is asked for. Neither is a secret. */
export type Guard = { readonly credential: Uint8Array<ArrayBuffer>; readonly salt: Uint8Array<ArrayBuffer> }

/**
 * Whether this device has a passkey to give that answers as a pseudo-random function. Passkeys belong to names: a page at a
 * bare address has none.
 */
export async function canGuard(): Promise<boolean> {
  if (typeof PublicKeyCredential === 'undefined' || /^[\d.]+$|:/.test(location.hostname)) return false
  try {
    const able = await PublicKeyCredential.getClientCapabilities()
    return able['extension:prf'] === true && (await PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable())
  } catch {
    return false
  }
}

// a person looks for their finger, and a window that was left open ends
const timeout = 120_000

/** Makes a passkey for this wallet, and the key that comes of it. Throws `NotAllowedError` when there comes to be none. */
export async function makePasskey(): Promise<{ readonly guard: Guard; readonly key: CryptoKey }> {
  const salt = crypto.getRandomValues(new Uint8Array(32))
  const made = await navigator.credentials.create({
    publicKey: {
      rp: { name: document.title },
      // names nobody: passkeys are kept in step over the clouds of those who make devices
      user: { id: crypto.getRandomValues(new Uint8Array(16)), name: 'DCANN wallet', displayName: 'DCANN wallet' },
      challenge: crypto.getRandomValues(new Uint8Array(32)),
      pubKeyCredParams: [-8, -7, -257].map((alg) => ({ type: 'public-key', alg })),
      authenticatorSelection: { authenticatorAttachment: 'platform', userVerification: 'required' },
      timeout,
      extensions: { prf: { eval: { first: salt } } },
    },
  })
  if (!(made instanceof PublicKeyCredential)) throw unanswered('making a passkey: none was made')
  const { prf } = made.getClientExtensionResults()
  if (prf?.enabled !== true) throw unanswered('making a passkey: it gives no key')
  const guard = { credential: new Uint8Array(made.rawId), salt }
  // some answer at once, and others only when they are asked
  return { guard, key: prf.results === undefined ? await askPasskey(guard) : await keyOf(prf.results.first) }
}

/** Asks the passkey for its key: a finger, a face or a code. Throws `NotAllowedError` when it does not answer. */
export async function askPasskey({ credential, salt }: Guard): Promise<CryptoKey> {
  const answered = await navigator.credentials.get({
    publicKey: {
      challenge: crypto.getRandomValues(new Uint8Array(32)),
      allowCredentials: [{ type: 'public-key', id: credential }],
      userVerification: 'required',
      timeout,
      extensions: { prf: { eval: { first: salt } } },
    },
  })
  if (!(answered instanceof PublicKeyCredential)) throw unanswered('asking a passkey: none answered')
  const { prf } = answered.getClientExtensionResults()
  if (prf?.results === undefined) throw unanswered('asking a passkey: it gives no key')
  return await keyOf(prf.results.first)
}

async function keyOf(output: BufferSource): Promise<CryptoKey> {
  const drawn = await crypto.subtle.importKey('raw', output, 'HKDF', false, ['deriveKey'])
  const use = {
    name: 'HKDF',
    hash: 'SHA-256',
    salt: new Uint8Array(),
    info: Uint8Array.from(utf8('dcann/wallet-seed/1')),
  }
  return await crypto.subtle.deriveKey(use, drawn, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
}

/** As browsers say it of a person who turned away. */
function unanswered(what: string): DOMException {
  return new DOMException(what, 'NotAllowedError')
}
