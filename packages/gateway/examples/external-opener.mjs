// An opener in a process of its own, as `sealing: [{ command: [...] }]` of a gateway starts it: a pattern for one that asks
// an HSM or a KMS. It keeps the seed in a file: 64 hexadecimal characters, for its owner alone.
//
//     node external-opener.mjs insurer-sealing.seed
//
// It speaks base64, a line at a time: first its public key (X25519), then, for each sender's key of 32 bytes that it is
// given, the 32 bytes that both have in common. It sees no answer, only whom each was sealed by.
import { createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

const seed = Buffer.from(readFileSync(process.argv[2] ?? '', 'utf8').trim(), 'hex')
const begins = Buffer.from('302e020100300506032b656e04220420', 'hex') // PKCS #8 of an X25519 seed
const privateKey = createPrivateKey({ key: Buffer.concat([begins, seed]), format: 'der', type: 'pkcs8' })
const say = (bytes) => process.stdout.write(`${bytes.toString('base64')}\n`)

/** The line is the key itself; in a JWK it is base64url. */
const keyIn = (line) => {
  const x = Buffer.from(line, 'base64').toString('base64url')
  return createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' })
}

say(Buffer.from(createPublicKey(privateKey).export({ format: 'jwk' }).x, 'base64url'))
createInterface({ input: process.stdin }).on('line', (line) =>
  say(diffieHellman({ privateKey, publicKey: keyIn(line) })),
)
