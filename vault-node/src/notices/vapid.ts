import { createECDH, createPrivateKey, hkdfSync, sign } from 'node:crypto'
import { base64Url, utf8 } from '@dcann/protocol/bytes'
import type { Instant } from '@dcann/protocol/time'

/** Says to push services who sends, as RFC 8292 has it: a P-256 key of the node's own, and a short token for each service. */
export type Vapid = {
  /** The public key as browsers take it to subscribe: an uncompressed point in base64url. */
  readonly key: string
  /** The `Authorization` header of a push to this endpoint. */
  readonly authorize: (endpoint: string, now: Instant) => string
}

const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
/** RFC 8292 admits 24 hours at most. */
const tokenSeconds = 12 * 3_600

/** The key is made from 32 secret bytes. `contact` is an address under which whoever runs a push service finds the sender. */
export function makeVapid(seed: Uint8Array, contact: string): Vapid {
  const pair = createECDH('prime256v1')
  pair.setPrivateKey(scalarFrom(seed), 'hex')
  const point = pair.getPublicKey()
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((half) => half.toString('base64url'))
  const jwk = { kty: 'EC', crv: 'P-256', x: x ?? '', y: y ?? '', d: padded(pair.getPrivateKey()).toString('base64url') }
  const key = createPrivateKey({ key: jwk, format: 'jwk' })
  const head = part({ typ: 'JWT', alg: 'ES256' })
  return {
    key: point.toString('base64url'),
    authorize(endpoint, now) {
      const text = `${head}.${part({ aud: new URL(endpoint).origin, exp: now + tokenSeconds, sub: contact })}`
      const signature = sign('sha256', utf8(text), { key, dsaEncoding: 'ieee-p1363' })
      return `vapid t=${text}.${signature.toString('base64url')}, k=${point.toString('base64url')}`
    },
  }
}

/** A scalar of the group, as good as evenly drawn. */
function scalarFrom(seed: Uint8Array): string {
  const wide = Buffer.from(hkdfSync('sha256', seed, new Uint8Array(0), 'dcann/push-key/1', 48)).toString('hex')
  return ((BigInt(`0x${wide}`) % (order - 1n)) + 1n).toString(16).padStart(64, '0')
}

function padded(scalar: Buffer): Buffer {
  return Buffer.concat([Buffer.alloc(32 - scalar.length), scalar])
}

function part(value: object): string {
  return base64Url(utf8(JSON.stringify(value)))
}
