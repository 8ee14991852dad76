import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { base64Url, fromBase64Url } from '@dcann/protocol/bytes'
import { quote } from '@dcann/protocol/errors'
import { type PublicKey, type Signer, signerFromSeed } from '@dcann/protocol/key'

/** The signer behind a seed file. Throws, saying what to do, when it is missing, readable by others, or no seed. */
export function readLogKey(file: string): Signer {
  const doing = `reading the log key ${quote(file, 200)}`
  if (!existsSync(file)) {
    throw new Error(
      `${doing}: there is no such file; make one with --make-key and have the zone's record name its public key`,
    )
  }
  if (process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0) {
    throw new Error(`${doing}: others may read it; chmod 600 it, and replace the key if anybody did`)
  }
  const text = readFileSync(file, 'utf8').trim()
  if (!/^[A-Za-z0-9_-]{43}$/.test(text)) {
    throw new Error(`${doing}: expected a seed of 43 characters of base64url; make one with --make-key`)
  }
  return signerFromSeed(fromBase64Url(text))
}

/** Makes a seed file that only its owner reads, and says the public key. Never replaces a file. */
export function makeLogKey(file: string): PublicKey {
  const seed = new Uint8Array(randomBytes(32))
  writeFileSync(file, `${base64Url(seed)}\n`, { mode: 0o600, flag: 'wx' })
  return signerFromSeed(seed).key
}
