import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { quote } from '@dcann/protocol/errors'
import { type PublicKey, type Signer, signerFromSeed } from '@dcann/protocol/key'
import { readSeedText, writeSeedText } from '@dcann/protocol/seed'

/** The signer behind a seed file. Throws, saying what to do, when it is missing, readable by others, or no seed. */
export function readLogKey(file: string): Signer {
  const doing = `reading the log key ${quote(file, 200)}`
  if (!existsSync(file)) {
    throw new Error(
      `${doing}: there is no such file; make one with --make-key or dcann key make, and have the zone's record name its public key`,
    )
  }
  if (process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0) {
    throw new Error(`${doing}: others may read it; chmod 600 it, and replace the key if anybody did`)
  }
  const seed = readSeedText(readFileSync(file, 'utf8'))
  if (seed) return signerFromSeed(seed)
  throw new Error(`${doing}: expected a seed of 64 hexadecimal characters; make one with: dcann key make`)
}

/** Makes a seed file that only its owner reads, and says the public key. Never replaces a file. */
export function makeLogKey(file: string): PublicKey {
  const seed = new Uint8Array(randomBytes(32))
  writeFileSync(file, writeSeedText(seed), { mode: 0o600, flag: 'wx' })
  return signerFromSeed(seed).key
}
