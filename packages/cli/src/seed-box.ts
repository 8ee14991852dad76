import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto'
import { z } from 'zod'
import { base64Url, fromBase64Url } from '@dcann/protocol/bytes'
import { parseBounded } from '@dcann/protocol/canonical'
import { parseSchema } from '@dcann/protocol/signed'
import { CommandError } from './failure.ts'

/** The cost of one guess at a passphrase, as scrypt counts it: 128 MiB and about half a second. */
const dearest = 2 ** 17

const bytes = z.string().regex(/^[A-Za-z0-9_-]+$/)
const openSchema = z.strictObject({ v: z.literal(1), seed: bytes.length(43) })

/** Members of a file that holds a seed under a passphrase. */
export const boxMembers = {
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
}
const sealedSchema = z.strictObject(boxMembers)
export type Box = z.infer<typeof sealedSchema>

/** Seals a seed by AES-256-GCM under a key that scrypt makes of the passphrase. A box of one purpose opens for no other. */
export async function sealBox(
  seed: Uint8Array,
  passphrase: string,
  purpose: string,
  N: number = dearest,
): Promise<Box> {
  const salt = randomBytes(16)
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', await keyOf(passphrase, salt, N), nonce).setAAD(Buffer.from(purpose))
  const box = Buffer.concat([cipher.update(seed), cipher.final(), cipher.getAuthTag()])
  return {
    v: 1,
    scrypt: { N, r: 8, p: 1, salt: base64Url(salt) },
    nonce: base64Url(nonce),
    box: base64Url(box),
  }
}

/** Opens what `sealBox` sealed. Throws `passphrase-wrong`, saying what could not be done. */
export async function openBox(kept: Box, passphrase: string, purpose: string, doing: string): Promise<Uint8Array> {
  const box = fromBase64Url(kept.box)
  const key = await keyOf(passphrase, fromBase64Url(kept.scrypt.salt), kept.scrypt.N)
  const decipher = createDecipheriv('aes-256-gcm', key, fromBase64Url(kept.nonce)).setAAD(Buffer.from(purpose))
  decipher.setAuthTag(box.subarray(32))
  try {
    return new Uint8Array(Buffer.concat([decipher.update(box.subarray(0, 32)), decipher.final()]))
  } catch {
    throw new CommandError(
      'passphrase-wrong',
      `${doing}: this passphrase does not open the seed, or the file was damaged`,
    )
  }
}

const ofWallet = 'dcann/wallet-seed/1'

/** A wallet's seed as it is kept: sealed under the passphrase; plain without one. */
export async function writeSeed(seed: Uint8Array, passphrase: string | undefined, N?: number): Promise<string> {
  const kept = passphrase === undefined ? { v: 1, seed: base64Url(seed) } : await sealBox(seed, passphrase, ofWallet, N)
  return `${JSON.stringify(kept)}\n`
}

/**
 * Reads what `writeSeed` wrote. Throws `passphrase-needed` for a sealed one without a passphrase, `passphrase-wrong` when it
 * does not open, `schema-mismatch` for what is no seed file.
 */
export async function readSeed(text: string, passphrase: string | undefined): Promise<Uint8Array> {
  const value = parseBounded(text)
  const kept = parseSchema(z.union([openSchema, sealedSchema]), value, 'reading the seed')
  if ('seed' in kept) return fromBase64Url(kept.seed)
  if (passphrase === undefined) {
    throw new CommandError(
      'passphrase-needed',
      'opening the wallet: its seed is sealed; set DCANN_PASSPHRASE, or give --passphrase-file <file>',
    )
  }
  return await openBox(kept, passphrase, ofWallet, 'opening the wallet')
}

async function keyOf(passphrase: string, salt: Uint8Array, N: number): Promise<Buffer> {
  return await new Promise((resolve, reject) => {
    // one passphrase is one sequence of bytes on every keyboard
    scrypt(passphrase.normalize('NFKC'), salt, 32, { N, r: 8, p: 1, maxmem: 256 * 1024 * 1024 }, (error, key) =>
      error ? reject(error) : resolve(key),
    )
  })
}
