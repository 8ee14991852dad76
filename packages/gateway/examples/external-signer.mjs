// A signer in a process of its own, as `key: { command: [...] }` of a gateway starts it: a pattern for one that asks an HSM
// or a KMS. It keeps the seed in a file: 64 hexadecimal characters, for its owner alone.
//
//     node external-signer.mjs insurer.seed
//
// It speaks base64, a line at a time: first its public key, then a signature for each line of bytes it is given.
import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

const seed = Buffer.from(readFileSync(process.argv[2] ?? '', 'utf8').trim(), 'hex')
const begins = Buffer.from('302e020100300506032b657004220420', 'hex') // PKCS #8 of an Ed25519 seed
const key = createPrivateKey({ key: Buffer.concat([begins, seed]), format: 'der', type: 'pkcs8' })
const say = (bytes) => process.stdout.write(`${bytes.toString('base64')}\n`)

say(Buffer.from(createPublicKey(key).export({ format: 'jwk' }).x, 'base64url'))
createInterface({ input: process.stdin }).on('line', (line) => say(sign(null, Buffer.from(line, 'base64'), key)))
