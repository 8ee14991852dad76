// What no implementation can do without, by node:crypto and LevelDB as they are: each measured alone, over and over.
import {
  createCipheriv,
  createDecipheriv,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hash,
  hkdfSync,
  randomBytes,
  sign,
  verify,
} from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Level } from 'level'

/** What the one who measures asks for: how often, on how many bytes, or on which text. */
export type Asked = { readonly op: Op; readonly times: number; readonly bytes?: number; readonly text?: string }
export type Op = 'verify' | 'sign' | 'hash' | 'get' | 'open' | 'close' | 'seal' | 'parse'

const folder = mkdtempSync(join(tmpdir(), 'dcann-floor-'))
const level = new Level<string, Buffer>(folder, { valueEncoding: 'buffer' })
await level.open()
const records = 10_000
const keyOf = (i: number): string => `records/${String(i).padStart(8, '0')}`
await level.batch(Array.from({ length: records }, (_, i) => ({ type: 'put', key: keyOf(i), value: randomBytes(620) })))

const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const reader = generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' })
const key = randomBytes(32)
const context = Buffer.from('entries/somebody/strand/202601/000001')
let index = 0

/** Each makes its input once and gives what is repeated. */
const operations: Readonly<Record<Op, (asked: Asked) => () => unknown>> = {
  verify: ({ bytes = 300 }) => {
    const message = randomBytes(bytes)
    const signature = sign(null, message, privateKey)
    return () => verify(null, message, publicKey, signature)
  },
  sign: ({ bytes = 300 }) => {
    const message = randomBytes(bytes)
    return () => sign(null, message, privateKey)
  },
  hash: ({ bytes = 65 }) => {
    const message = randomBytes(bytes)
    return () => hash('sha256', message, 'buffer')
  },
  get: () => () => level.getSync(keyOf((index = (index + 7919) % records))),
  open: ({ bytes = 2048 }) => {
    const nonce = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(context)
    const sealed = Buffer.concat([cipher.update(randomBytes(bytes)), cipher.final()])
    const tag = cipher.getAuthTag()
    return () => {
      const decipher = createDecipheriv('aes-256-gcm', key, nonce).setAAD(context).setAuthTag(tag)
      const opened = decipher.update(sealed)
      decipher.final()
      return opened
    }
  },
  close: ({ bytes = 2048 }) => {
    const page = randomBytes(bytes)
    return () => closed(key, page)
  },
  // HPKE's base mode: a pair for this once, one agreement, two labelled expansions, one AEAD
  seal: ({ bytes = 2048 }) => {
    const page = randomBytes(bytes)
    return () => {
      const pair = generateKeyPairSync('x25519')
      const agreed = diffieHellman({
        privateKey: pair.privateKey,
        publicKey: createPublicKey({ key: reader, format: 'jwk' }),
      })
      const secret = Buffer.from(hkdfSync('sha256', agreed, '', context, 32))
      return closed(Buffer.from(hkdfSync('sha256', secret, '', context, 32)), page)
    }
  },
  parse:
    ({ text = '{}' }) =>
    () =>
      JSON.parse(text) as unknown,
}

function closed(by: Buffer, page: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-gcm', by, randomBytes(12)).setAAD(context)
  const sealed = cipher.update(page)
  cipher.final()
  return Buffer.concat([sealed, cipher.getAuthTag()])
}

process.on('message', (asked: Asked) => {
  const act = operations[asked.op](asked)
  for (let i = 0; i < asked.times / 10; i++) act()
  const before = process.cpuUsage()
  for (let i = 0; i < asked.times; i++) act()
  const { user, system } = process.cpuUsage(before)
  process.send?.((user + system) / asked.times)
})
process.on('disconnect', () => {
  void level.close().then(() => {
    rmSync(folder, { recursive: true, force: true })
    process.exit()
  })
})
process.send?.('ready')
