import { randomBytes } from 'node:crypto'
import { link, mkdir, rm } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { parseBounded } from '@dcann/protocol/canonical'
import { admitKey, type PublicKey, publicKeySchema, signerFromSeed } from '@dcann/protocol/key'
import { admitSealingKey, openerFromSeed } from '@dcann/protocol/sealing-key'
import { readSeedText, writeSeedText } from '@dcann/protocol/seed'
import { parseSchema } from '@dcann/protocol/signed'
import { CommandError, UsageError } from './failure.ts'
import { isCode, readNamed, refuseExposed, writeWhole } from './folder.ts'
import { type PassphraseGiven, readPassphrase } from './passphrase.ts'
import { boxMembers, openBox, sealBox } from './seed-box.ts'

/** What a key is for: Ed25519 signs, X25519 opens what is sealed to it. One seed never does both. */
export type KeyUse = 'signing' | 'sealing'

/** The form that a gateway keeps: a file of one use does not open as the other. */
const purposes: Readonly<Record<KeyUse, string>> = {
  signing: 'dcann/gateway-key/1',
  sealing: 'dcann/gateway-sealing-key/1',
}
/** With the public half, so that it can be looked up without the passphrase. */
const sealedSchema = z.strictObject({ ...boxMembers, key: publicKeySchema })

/** A key file as it lies there. */
type KeyFile = { readonly seed: Uint8Array } | { readonly sealed: z.infer<typeof sealedSchema> }

/** The public half of a seed. */
export function publicHalf(seed: Uint8Array, use: KeyUse): PublicKey {
  return use === 'signing' ? signerFromSeed(seed).key : openerFromSeed(seed).key
}

/**
 * Makes a seed and keeps it in a file for its owner alone: 64 hexadecimal characters, or sealed under a passphrase. Gives the
 * public half. Never takes the place of a file. Throws `file-exists`.
 */
export async function makeKeyFile(file: string, use: KeyUse, passphrase?: string, N?: number): Promise<PublicKey> {
  const seed = new Uint8Array(randomBytes(32))
  const key = publicHalf(seed, use)
  const text =
    passphrase === undefined
      ? writeSeedText(seed)
      : `${JSON.stringify({ ...(await sealBox(seed, passphrase, purposes[use], N)), key })}\n`
  await writeNew(file, text)
  return key
}

/** Writes a file for its owner alone, whole and durably, and only where there was none. */
export async function writeNew(file: string, text: string, mode = 0o600): Promise<void> {
  const path = resolve(file)
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const beside = `${path}.${randomBytes(6).toString('hex')}.new`
  await writeWhole(beside, text, mode)
  try {
    // a link never takes the place of what is there, where a rename would
    await link(beside, path)
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error
    throw new CommandError('file-exists', `writing ${file}: it is there already, and is not replaced`)
  } finally {
    await rm(beside, { force: true })
  }
}

/** The seed in a key file, opened by the passphrase where it is sealed. Throws `file-unreadable`, `home-exposed`, `passphrase-needed`. */
export async function readKeyFile(file: string, use: KeyUse, given: PassphraseGiven = {}): Promise<Uint8Array> {
  const kept = await readKept(file)
  if ('seed' in kept) return kept.seed
  const passphrase = await readPassphrase(given)
  if (passphrase === undefined) {
    throw new CommandError(
      'passphrase-needed',
      `opening the key ${file}: it is sealed; set DCANN_PASSPHRASE, or give --passphrase-file <file>`,
    )
  }
  return await openBox(kept.sealed, passphrase, purposes[use], `opening the key ${file}`)
}

/** A public key as people give it: its 43 characters, or the key file it belongs to. */
export async function readPublicKey(given: string, use: KeyUse): Promise<PublicKey> {
  const key = publicKeySchema.safeParse(given).success ? given : await publicHalfIn(given, use)
  if (use === 'signing') admitKey(key)
  else admitSealingKey(key)
  return key
}

async function publicHalfIn(file: string, use: KeyUse): Promise<PublicKey> {
  const kept = await readKept(file)
  return 'seed' in kept ? publicHalf(kept.seed, use) : kept.sealed.key
}

async function readKept(file: string): Promise<KeyFile> {
  const text = await readNamed(file, 'the key')
  await refuseExposed(resolve(file), 'chmod 600')
  const seed = readSeedText(text)
  if (seed) return { seed }
  if (text.trimStart().startsWith('{'))
    return { sealed: parseSchema(sealedSchema, parseBounded(text), `reading the key ${file}`) }
  throw new CommandError('file-unreadable', `reading the key ${file}: expected 64 hexadecimal characters`)
}

/** Keys given as a list: `a,b` or the option again and again; the order stays. Throws for one given twice. */
export async function readPublicKeys(given: readonly string[], use: KeyUse = 'signing'): Promise<PublicKey[]> {
  const keys: PublicKey[] = []
  for (const one of given.flatMap((list) => list.split(','))) {
    const key = await readPublicKey(one, use)
    if (keys.includes(key)) throw new UsageError(`the key ${key} is given twice; a threshold counts distinct keys`)
    keys.push(key)
  }
  return keys
}
