import { randomBytes } from 'node:crypto'
import type { ErrorCode } from '@dcann/protocol/errors'
import { testSigner } from '@dcann/protocol/key'
import type { DoorCase, DoorTarget } from './door-case.ts'
import { rawRequest } from './raw-request.ts'
import { type RawSignature, rawSignature, type SignatureFault } from './raw-signature.ts'

const stranger = testSigner('stranger')

type Sent = {
  readonly headers?: readonly (readonly [string, string])[]
  readonly body?: Uint8Array
  readonly type?: string
}

/** A signed request, wrong in how it was signed (`fault`), or changed between signing and sending (`change`). */
function signed(
  name: string,
  code: ErrorCode,
  fault: SignatureFault | ((target: DoorTarget) => SignatureFault) = {},
  change: (made: RawSignature, target: DoorTarget) => Sent = () => ({}),
  status = 401,
): DoorCase {
  return {
    name: `signature: ${name}`,
    status,
    code,
    async bytes(to) {
      const { path, publicUrl, body, signer, now } = to.signed
      const wrong = typeof fault === 'function' ? fault(to) : fault
      const nonce = randomBytes(18).toString('base64url')
      const made = await rawSignature(signer, publicUrl + path, body, now(), nonce, wrong)
      const sent = change(made, to)
      return rawRequest({
        host: to.host,
        target: path,
        headers: sent.headers
          ? [['Content-Type', sent.type ?? 'application/json'], ...sent.headers]
          : headersOf(made, sent.type),
        body: sent.body ?? body,
      })
    },
  }
}

/** A good signed request, as the same hand writes it: the oracle's control. */
export async function goodSignedRequest(to: DoorTarget): Promise<Buffer> {
  return await signed('none', 'internal').bytes(to)
}

function headersOf({ digest, input, signature }: RawSignature, type = 'application/json'): [string, string][] {
  return [
    ['Content-Type', type],
    ['Content-Digest', digest],
    ['Signature-Input', input],
    ['Signature', signature],
  ]
}

const without =
  (name: string) =>
  (made: RawSignature): Sent => ({
    headers: headersOf(made).filter(([given]) => given !== 'Content-Type' && given !== name),
  })

const instead =
  (name: string, value: (made: RawSignature, target: DoorTarget) => string) =>
  (made: RawSignature, to: DoorTarget): Sent => ({
    headers: headersOf(made).flatMap(([given, kept]): [string, string][] =>
      given === 'Content-Type' ? [] : [[given, given === name ? value(made, to) : kept]],
    ),
  })

const components = ['@method', '@target-uri', 'content-type', 'content-digest']
const absent = (name: string): SignatureFault => ({ components: components.filter((component) => component !== name) })
const parameter = (name: string, value: string | undefined): SignatureFault => ({ parameters: { [name]: value } })
const window =
  (created: number, expires: number) =>
  (to: DoorTarget): SignatureFault => ({
    parameters: { created: String(to.signed.now() + created), expires: String(to.signed.now() + expires) },
  })

const bad: ErrorCode = 'signature-malformed'
const invalid: ErrorCode = 'signature-invalid'

/** The group order L, little-endian: S + L is the same scalar to a lax verifier. */
const order = 2n ** 252n + 27742317777372353535851937790883648493n

function addOrder(signature: Buffer): Buffer {
  const s = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString('hex')}`) + order
  return Buffer.concat([signature.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse()])
}

type Edit = (value: Record<string, unknown>, target: DoorTarget) => void

function edited(target: DoorTarget, edit: Edit): DoorTarget {
  // a signed body is an object with "id" and "from"
  const value = JSON.parse(Buffer.from(target.signed.body).toString()) as Record<string, unknown>
  edit(value, target)
  const sorted = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return { ...target, signed: { ...target.signed, body: Buffer.from(JSON.stringify(Object.fromEntries(sorted))) } }
}

/** A body that was signed well and says something wrong. */
function saying(name: string, edit: Edit, code: ErrorCode, status: number): DoorCase {
  return {
    name: `signature: good, over ${name}`,
    status,
    code,
    bytes: (to) => goodSignedRequest(edited(to, edit)),
  }
}

/** What is wrong with who signed and how. Spent nonces are the desk's, so not here. */
export const signatureCases: readonly DoorCase[] = [
  signed('none', 'signature-missing', {}, () => ({ headers: [] })),
  signed('Signature missing', 'signature-missing', {}, without('Signature')),
  signed('Signature-Input missing', 'signature-missing', {}, without('Signature-Input')),
  signed('both empty', 'signature-missing', {}, ({ digest }) => ({
    headers: [
      ['Content-Digest', digest],
      ['Signature-Input', ''],
      ['Signature', ''],
    ],
  })),
  signed('another label', bad, { label: 'sig1' }),
  signed(
    'another label in Signature',
    bad,
    {},
    instead('Signature', ({ signature }) => signature.replace('dcann', 'sig1')),
  ),
  signed('two labels', bad, {}, ({ digest, input, signature }) => ({
    headers: [
      ['Content-Digest', digest],
      ['Signature-Input', `${input}, ${input.replace('dcann', 'b')}`],
      ['Signature', `${signature}, ${signature.replace('dcann', 'b')}`],
    ],
  })),
  signed('one label twice', bad, {}, ({ digest, input, signature }) => ({
    headers: [
      ['Content-Digest', digest],
      ['Signature-Input', `${input}, ${input}`],
      ['Signature', `${signature}, ${signature}`],
    ],
  })),
  signed(
    'two fields of one name',
    'malformed-request',
    {},
    (made) => ({ headers: [...headersOf(made).slice(1), ['Signature', made.signature]] }),
    400,
  ),
  ...components.map((name) => signed(`${name} not covered`, bad, absent(name))),
  signed('nothing covered', bad, { components: [] }),
  signed('components in another order', bad, { components: [...components].reverse() }),
  signed('a component more', bad, { components: [...components, 'x-more'], values: { 'x-more': '1' } }, (made) => ({
    headers: [...headersOf(made).slice(1), ['X-More', '1']],
  })),
  signed('a component twice', bad, { components: [...components, '@method'] }),
  signed('a component with a parameter', bad, {
    components: ['@method', '@target-uri', 'content-type;sf', 'content-digest'],
  }),
  ...['created', 'expires', 'nonce', 'alg', 'keyid', 'tag'].map((name) =>
    signed(`parameter ${name} missing`, bad, parameter(name, undefined)),
  ),
  signed('a parameter more', bad, parameter('x', '1')),
  signed('alg rsa-pss-sha512', bad, parameter('alg', '"rsa-pss-sha512"')),
  signed('alg none', bad, parameter('alg', '"none"')),
  signed('alg hmac-sha256', bad, parameter('alg', '"hmac-sha256"')),
  signed('another tag', bad, parameter('tag', '"web-bot-auth"')),
  signed('created as text', bad, (to) => parameter('created', `"${to.signed.now()}"`)),
  signed('created as a decimal', bad, (to) => parameter('created', `${to.signed.now()}.5`)),
  signed('a nonce of 21 characters', bad, parameter('nonce', `"${'a'.repeat(21)}"`)),
  signed('a nonce of 65 characters', bad, parameter('nonce', `"${'a'.repeat(65)}"`)),
  signed('a nonce outside base64url', bad, parameter('nonce', `"${'a'.repeat(21)}+/"`)),
  signed('a keyid that is a URL', bad, parameter('keyid', '"https://other.example/key"')),
  signed('expired', 'signature-expired', window(-66, -6)),
  signed('from the future', 'signature-expired', window(7, 67)),
  signed('a life of 61 seconds', bad, window(0, 61)),
  signed('a life of ten years', bad, window(0, 315_360_000)),
  signed('a life of nothing', bad, window(0, 0)),
  signed('expires before created', bad, window(0, -1)),
  signed('a key that nobody knows', 'key-unknown', { signer: stranger }),
  signed('another key under a known keyid', invalid, (to) => ({ signer: { ...stranger, kid: to.signed.signer.kid } })),
  signed('over another target', invalid, (to) => ({
    values: { '@target-uri': `${to.signed.publicUrl}${to.open.path}` },
  })),
  signed('over Host instead of the public URL', invalid, (to) => ({
    values: { '@target-uri': `http://${to.host}${to.signed.path}` },
  })),
  signed('for another node', invalid, (to) => ({
    values: { '@target-uri': `https://other.example${to.signed.path}` },
  })),
  signed('over another method', invalid, { values: { '@method': 'GET' } }),
  signed('over another Content-Type', invalid, { values: { 'content-type': 'application/xml' } }),
  signed('Content-Type changed after signing', invalid, {}, (made) => ({
    type: 'application/json; charset=utf-8',
    headers: headersOf(made).slice(1),
  })),
  signed('S + L', invalid, { bend: addOrder }),
  signed('one bit flipped', invalid, {
    bend: (signature) => (signature.writeUInt8(signature.readUInt8(7) ^ 1, 7), signature),
  }),
  signed('zeros', invalid, { bend: () => Buffer.alloc(64) }),
  signed('63 bytes', bad, { bend: (signature) => signature.subarray(0, 63) }),
  signed('65 bytes', bad, { bend: (signature) => Buffer.concat([signature, Buffer.alloc(1)]) }),
  signed('empty bytes', bad, { bend: () => Buffer.alloc(0) }),
  signed(
    'text instead of bytes',
    bad,
    {},
    instead('Signature', () => 'dcann="abc"'),
  ),
  signed(
    'Signature that is no dictionary',
    bad,
    {},
    instead('Signature', () => 'dcann=:%%:'),
  ),
  signed(
    'Signature-Input that is no dictionary',
    bad,
    {},
    instead('Signature-Input', () => 'dcann=((('),
  ),
  signed(
    'Signature-Input of 12 KiB',
    bad,
    {},
    instead('Signature-Input', () => `dcann=(${'"@method" '.repeat(1200)})`),
  ),
  signed('no digest', 'digest-mismatch', {}, without('Content-Digest'), 400),
  signed(
    'the digest of another body',
    'digest-mismatch',
    {},
    instead('Content-Digest', () => `sha-256=:${Buffer.alloc(32).toString('base64')}:`),
    400,
  ),
  signed(
    'two digests',
    'digest-mismatch',
    {},
    instead('Content-Digest', ({ digest }) => `${digest}, sha-512=:AAAA:`),
    400,
  ),
  signed(
    'a digest of another algorithm',
    'digest-mismatch',
    {},
    instead('Content-Digest', ({ digest }) => digest.replace('256', '512')),
    400,
  ),
  signed(
    'the body changed after signing',
    'digest-mismatch',
    {},
    (made, to) => ({ headers: headersOf(made).slice(1), body: Buffer.concat([to.signed.body, Buffer.from(' ')]) }),
    400,
  ),
  signed('body and digest changed after signing', invalid, (to) => ({
    values: { 'content-digest': `sha-256=:${Buffer.alloc(32, to.host.length).toString('base64')}:` },
  })),
  {
    name: 'signature: one byte more of body than may be',
    bytes: ({ host, signed: { path, mostBytes } }) =>
      rawRequest({
        host,
        target: path,
        headers: [['Content-Type', 'application/json']],
        body: Buffer.alloc(mostBytes + 1, 0x20),
      }),
    status: 413,
    code: 'too-large',
  },
  saying('a body without id', (value) => delete value['id'], 'schema-mismatch', 400),
  saying('a body without from', (value) => delete value['from'], 'schema-mismatch', 400),
  saying('a from that is a list', (value) => (value['from'] = [value['from']]), 'schema-mismatch', 400),
  saying('a from of 10,000 characters', (value) => (value['from'] = 'x'.repeat(10_000)), 'schema-mismatch', 400),
  saying('a from that nobody has', (value, { signed: { nobody } }) => (value['from'] = nobody), 'key-unknown', 401),
  saying('an unknown member', (value) => (value['0'] = 1), 'schema-mismatch', 400),
]
