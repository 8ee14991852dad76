import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { fromBase64Url } from '@dcann/protocol/bytes'
import { keyDigest, type PublicKey, thumbprint } from '@dcann/protocol/key'
import { sealingKid } from '@dcann/protocol/sealing-key'
import { defineCommand, type Report } from '../command.ts'
import { CommandError, UsageError } from '../failure.ts'
import { type KeyUse, makeKeyFile, readKeyFile, readPublicKey, writeNew } from '../key-file.ts'
import { readPassphrase } from '../passphrase.ts'
import { table } from '../wrap.ts'

const ofUse = {
  sealing: { says: 'an X25519 key, which opens what is sealed to it, instead of one that signs' },
} as const
const useOf = (given: { readonly sealing?: true }): KeyUse => (given.sealing ? 'sealing' : 'signing')

export const make = defineCommand({
  says: 'Makes a key and keeps its seed in a file that you alone can read: for an operator, a country, a house, a node, a log, a requester. What is there already is never replaced.',
  takes: ['<file>'],
  options: {
    ...ofUse,
    'passphrase-file': {
      value: '<file>',
      says: 'seal it under the first line of this file; nodes want theirs unsealed',
    },
  },
  example: 'dcann key make keys/operator.key',
  run: async ({ words: [file = ''], given }): Promise<Report> => {
    const use = useOf(given)
    const passphrase = given['passphrase-file'] === undefined ? undefined : await readPassphrase(given)
    const key = await makeKeyFile(file, use, passphrase)
    return {
      json: { file, ...describe(key, use) },
      lines: [
        ...rowsOf(key, use),
        `The seed is in ${file}, for you alone. Keep a copy where nobody else comes: nobody can give it back.`,
      ],
    }
  },
})

export const show = defineCommand({
  says: 'Shows the public half of a key file, or more about a public key: what records carry, what signatures name, what announces it.',
  takes: ['<file | public key>'],
  options: ofUse,
  example: 'dcann key show keys/operator.key',
  run: async ({ words: [text = ''], given }): Promise<Report> => {
    const use = useOf(given)
    const key = await readPublicKey(text, use)
    return { json: describe(key, use), lines: rowsOf(key, use) }
  },
})

export const digest = defineCommand({
  says: 'Prints the digest under which a record announces a key before it is used.',
  takes: ['<file | public key>'],
  example: 'dcann key digest keys/operator-next.key',
  run: async ({ words: [text = ''] }): Promise<Report> => {
    const found = keyDigest(await readPublicKey(text, 'signing'))
    return { json: { digest: found }, lines: [found] }
  },
})

export const pem = defineCommand({
  says: 'Prints the public half as PEM, as other programs read it; with --private it writes the private half to a file, for an HSM or a KMS to take in.',
  takes: ['<file | public key>'],
  options: {
    ...ofUse,
    private: { value: '<file>', says: 'write the private half there, unsealed, for you alone' },
    'passphrase-file': { value: '<file>', says: 'its first line opens a key that is sealed; else DCANN_PASSPHRASE' },
  },
  example: 'dcann key pem keys/operator.key',
  run: async ({ words: [text = ''], given }): Promise<Report> => {
    const use = useOf(given)
    if (given.private !== undefined) {
      if (/^[A-Za-z0-9_-]{43}$/.test(text)) throw new UsageError('a public key has no private half; give the key file')
      await writeNew(given.private, privatePem(await readKeyFile(text, use, given), use))
      return {
        json: { file: given.private },
        lines: [`The private half is in ${given.private}. Remove it once it is taken in.`],
      }
    }
    const found = publicPem(await readPublicKey(text, use), use)
    return { json: { pem: found }, lines: found.trimEnd().split('\n') }
  },
})

const curves = { signing: 'Ed25519', sealing: 'X25519' } as const

function publicPem(key: PublicKey, use: KeyUse): string {
  return pemOf(createPublicKey({ key: { kty: 'OKP', crv: curves[use], x: key }, format: 'jwk' }), 'spki')
}

/** PKCS #8 of a bare seed: what stands before the 32 bytes is the same for every key of a curve. */
function privatePem(seed: Uint8Array, use: KeyUse): string {
  const begins = use === 'signing' ? '302e020100300506032b657004220420' : '302e020100300506032b656e04220420'
  const der = Buffer.concat([Buffer.from(begins, 'hex'), seed])
  return pemOf(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }), 'pkcs8')
}

function pemOf(key: KeyObject, type: 'spki' | 'pkcs8'): string {
  const text = key.export({ format: 'pem', type })
  if (typeof text === 'string') return text
  throw new CommandError('file-unreadable', 'writing PEM: the platform gave none')
}

function describe(key: PublicKey, use: KeyUse): { key: string; kid: string; digest?: string; hex: string } {
  const hex = Buffer.from(fromBase64Url(key)).toString('hex')
  return use === 'signing'
    ? { key, kid: thumbprint(key), digest: keyDigest(key), hex }
    : { key, kid: sealingKid(key), hex }
}

function rowsOf(key: PublicKey, use: KeyUse): string[] {
  const { kid, digest: announces } = describe(key, use)
  return table([
    ['Public key', key],
    ['Kid', kid],
    ['Digest', announces],
    ['Kind', use === 'signing' ? 'Ed25519: signs' : 'X25519: opens what is sealed to it'],
  ])
}
