import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { base64Url, fromBase64Url } from '@dcann/protocol/bytes'
import { parseBounded } from '@dcann/protocol/canonical'
import { quote } from '@dcann/protocol/errors'
import { type PublicKey, signerFromSeed } from '@dcann/protocol/key'
import { openerFromSeed } from '@dcann/protocol/sealing-key'
import { readSeedText } from '@dcann/protocol/seed'
import { parseSchema } from '@dcann/protocol/signed'
import { z } from 'zod'
import { refuseExposed } from '../config.ts'

/** The cost of one guess at a passphrase, as scrypt counts it: 128 MiB and about half a second. */
const dearest = 2 ** 17

const bytes = z.string().regex(/^[A-Za-z0-9_-]+$/)
const boxSchema = z.strictObject({
  v: z.literal(1),
  scrypt: z.strictObject({
    // a file that asks for more would only stop the machine
    N: z.union([2 ** 14, 2 ** 15, 2 ** 16, dearest].map((n) => z.literal(n))),
    r: z.literal(8),
    p: z.literal(1),
    salt: bytes.length(22),
  }),
  nonce: bytes.length(16),
  box: bytes.length(64),
  /** The public half, so that it can be looked up without the passphrase. */
  key: bytes.length(43),
})

/** What a key is for. A file of one does not open as the other: keys are separate per use. */
export type SeedUse = 'signing' | 'sealing'
const purposes = {
  signing: Buffer.from('dcann/gateway-key/1'),
  sealing: Buffer.from('dcann/gateway-sealing-key/1'),
}
const publicHalf = {
  signing: (seed: Uint8Array) => signerFromSeed(seed).key,
  sealing: (seed: Uint8Array) => openerFromSeed(seed).key,
}

/**
 * Makes a key and keeps its seed in a file for its owner alone, sealed by AES-256-GCM under a key that scrypt makes of the
 * passphrase. Gives the public half; that of a signing key belongs into the requester's record. Throws when the file is
 * there already.
 */
export async function makeSeedFile(
  file: string,
  passphrase: string,
  use: SeedUse,
  N: number = dearest,
): Promise<PublicKey> {
  if (existsSync(file)) throw new Error(`making a key: ${quote(file, 200)} is there already, and a key is not replaced`)
  if (passphrase.length < 8) throw new Error('making a key: the passphrase has less than 8 characters')
  const seed = randomBytes(32)
  const salt = randomBytes(16)
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', await keyOf(passphrase, salt, N), nonce).setAAD(purposes[use])
  const box = Buffer.concat([cipher.update(seed), cipher.final(), cipher.getAuthTag()])
  const key = publicHalf[use](seed)
  const kept = {
    v: 1,
    scrypt: { N, r: 8, p: 1, salt: base64Url(salt) },
    nonce: base64Url(nonce),
    box: base64Url(box),
    key,
  }
  writeFileSync(file, `${JSON.stringify(kept)}\n`, { mode: 0o600, flag: 'wx', flush: true })
  return key
}

/**
 * The seed of a file that `makeSeedFile` made, or of a plain one as `dcann key make` makes it, which has no passphrase and
 * says nothing of its use. Throws when it is not there, exposed, no such file, or does not open.
 */
export async function readSeedFile(file: string, passphrase: () => string, use: SeedUse): Promise<Uint8Array> {
  if (!existsSync(file)) {
    throw new Error(
      `opening the key: there is no ${quote(file, 200)}; make one with: dcann gateway --make-${use === 'signing' ? 'key' : 'sealing-key'} <file>`,
    )
  }
  refuseExposed(file)
  const text = readFileSync(file, 'utf8')
  const plain = readSeedText(text)
  if (plain) return plain
  const kept = parseSchema(boxSchema, parseBounded(text), `opening the key ${quote(file, 200)}`)
  const box = fromBase64Url(kept.box)
  const key = await keyOf(passphrase(), fromBase64Url(kept.scrypt.salt), kept.scrypt.N)
  const decipher = createDecipheriv('aes-256-gcm', key, fromBase64Url(kept.nonce)).setAAD(purposes[use])
  decipher.setAuthTag(box.subarray(32))
  try {
    return new Uint8Array(Buffer.concat([decipher.update(box.subarray(0, 32)), decipher.final()]))
  } catch {
    throw new Error(
      `opening the key: the passphrase does not open ${quote(file, 200)}, it was damaged, or it is no key for ${use}; nothing can be done without it`,
    )
  }
}

async function keyOf(passphrase: string, salt: Uint8Array, N: number): Promise<Buffer> {
  return await new Promise((done, reject) => {
    // one passphrase is one sequence of bytes on every keyboard
    scrypt(passphrase.normalize('NFKC'), salt, 32, { N, r: 8, p: 1, maxmem: 256 * 1024 * 1024 }, (error, key) =>
      error ? reject(error) : done(key),
    )
  })
}
