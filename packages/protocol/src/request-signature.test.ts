import { httpbis, type VerifyingKey } from 'http-message-signatures'
import { expect, test, vi } from 'vitest'
import { codeOf } from '../../../test/code-of.ts'
import { fromBase64Url, utf8 } from './bytes.ts'
import { testSigner } from './key.ts'
import { times } from './limits.ts'
import {
  checkDigest,
  contentDigest,
  headersOf,
  proveHead,
  readHead,
  type SignedHead,
  signHead,
} from './request-signature.ts'
import { parseTime } from './time.ts'
import { verifyStrict } from './verify-strict.ts'

const now = parseTime('2026-11-23T12:00:00Z')
const signer = testSigner('request-signature')
const uri = 'https://vault.example/v1/requests'
const body = utf8('{"id":"AAAAAAAAAAAAAAAAAAAAAA"}')
const nonce = 'AAAAAAAAAAAAAAAAAAAAAA'
const head = await signHead(signer, uri, body, now, nonce)

const prove = async (wrong: Partial<SignedHead>, at = now, key = signer.key): Promise<void> => {
  const given = { ...head, ...wrong }
  await proveHead(given, await readHead(given, at), key)
}

const parameters = {
  created: `created=${now}`,
  expires: `expires=${now + 60}`,
  nonce: `nonce="${nonce}"`,
  alg: 'alg="ed25519"',
  keyid: `keyid="${signer.kid}"`,
  tag: 'tag="dcann-1"',
}
const components = '"@method" "@target-uri" "content-type" "content-digest"'
const inputOf = (
  given: Partial<Record<keyof typeof parameters, string>>,
  covered = components,
  label = 'dcann',
): string =>
  `${label}=(${covered})${Object.values({ ...parameters, ...given })
    .filter((one) => one !== '')
    .map((one) => `;${one}`)
    .join('')}`

/** Signs whatever a Signature-Input says, by hand, so that only what it says can be wrong. */
async function signInput(input: string, label = 'dcann', by = signer): Promise<Partial<SignedHead>> {
  const value = input.slice(input.indexOf('=') + 1)
  const lines: Record<string, string> = {
    '@method': 'POST',
    '@target-uri': uri,
    '@authority': 'vault.example',
    '@path': '/v1/requests',
    'content-type': head.content_type,
    'content-digest': head.content_digest,
  }
  const covered = [...(/^\(([^)]*)\)/.exec(value)?.[1] ?? '').matchAll(/"([^"]+)"([^ ]*)/g)]
  const base = [
    ...covered.map(([, name = '', rest = '']) => `"${name}"${rest}: ${lines[name]}`),
    `"@signature-params": ${value}`,
  ].join('\n')
  const signature = Buffer.from(await by.sign(utf8(base))).toString('base64')
  return { signature_input: input, signature: `${label}=:${signature}:` }
}

test('signHead makes what readHead and proveHead admit', async () => {
  expect(await readHead(head, now)).toEqual({
    kid: signer.kid,
    nonce,
    created: now,
    expires: now + times.signatureLife,
  })
  expect(await codeOf(() => prove({}))).toBe('admitted')
  expect(head.signature_input).toBe(inputOf({}))
  expect(await signInput(inputOf({}))).toEqual({ signature_input: head.signature_input, signature: head.signature })
})

test('signHead makes what another implementation of RFC 9421 verifies', async () => {
  // the other one reads the clock itself
  vi.useFakeTimers({ now: now * 1000, toFake: ['Date'] })
  const key = fromBase64Url(signer.key)
  const verify = async (data: Buffer, signature: Buffer): Promise<boolean> => await verifyStrict(key, data, signature)
  const keyLookup = async (): Promise<VerifyingKey> => ({ id: signer.kid, algs: ['ed25519'], verify })
  const verified = await httpbis.verifyMessage({ keyLookup }, { method: 'POST', url: uri, headers: headersOf(head) })
  vi.useRealTimers()
  expect(verified).toBe(true)
})

test.each<[string, Partial<SignedHead>]>([
  ['target', { target_uri: 'https://vault.example/v1/acts' }],
  ['host', { target_uri: 'https://other.example/v1/requests' }],
  ['query', { target_uri: `${uri}?a=1` }],
  ['content type', { content_type: 'application/json; charset=utf-8' }],
  ['content digest', { content_digest: contentDigest(utf8('{}')) }],
])('proveHead refuses another %s', async (_, wrong) => {
  expect(await codeOf(() => prove(wrong))).toBe('signature-invalid')
})

test('proveHead refuses another key, also under the kid of the right one', async () => {
  const other = testSigner('other')
  expect(await codeOf(() => prove({}, now, other.key))).toBe('signature-invalid')
  expect(await codeOf(async () => await prove(await signInput(inputOf({}), 'dcann', other)))).toBe('signature-invalid')
})

test('proveHead refuses a signature with any byte changed', async () => {
  const raw = Buffer.from(head.signature.slice('dcann=:'.length, -1), 'base64')
  for (let i = 0; i < raw.length; i += 7) {
    const changed = Buffer.from(raw)
    changed[i] = (changed[i] ?? 0) ^ 1
    expect(await codeOf(() => prove({ signature: `dcann=:${changed.toString('base64')}:` }))).toBe('signature-invalid')
  }
})

test('proveHead proves the head it is given, whatever head the claims were read of', async () => {
  const claims = await readHead(head, now)
  const { key } = signer
  expect(await codeOf(() => proveHead(head, claims, key))).toBe('admitted')
  expect(await codeOf(() => proveHead({ ...head }, { ...claims }, key))).toBe('admitted')
  const elsewhere = { ...head, target_uri: `${uri}?a=1` }
  expect(await codeOf(() => proveHead(elsewhere, claims, key))).toBe('signature-invalid')
  expect(await codeOf(() => proveHead({ ...head, signature: 'dcann=:AA==:' }, claims, key))).toBe('signature-invalid')
  const other = testSigner('other')
  const ofOther = await readHead(await signHead(other, uri, body, now, 'n'.repeat(22)), now)
  expect(await codeOf(() => proveHead(head, ofOther, other.key))).toBe('signature-invalid')
})

test('checkDigest is over the bytes received, in one form', async () => {
  expect(await codeOf(() => checkDigest(head, body))).toBe('admitted')
  expect(await codeOf(() => checkDigest(head, utf8('{"id":"AAAAAAAAAAAAAAAAAAAAAA"} ')))).toBe('digest-mismatch')
  const right = contentDigest(body)
  for (const content_digest of [
    '',
    right.slice(0, -1),
    ` ${right}`,
    `${right}, ${right}`,
    `sha-512=:AA==:, ${right}`,
    right.toUpperCase(),
  ])
    expect(await codeOf(() => checkDigest({ content_digest }, body))).toBe('digest-mismatch')
  // RFC 9530 appendix: the body of its examples
  expect(contentDigest(utf8('{"hello": "world"}'))).toBe('sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:')
})

test.each<[string, string, string]>([
  ['no created', inputOf({ created: '' }), 'signature-malformed'],
  ['no expires', inputOf({ expires: '' }), 'signature-malformed'],
  ['no nonce', inputOf({ nonce: '' }), 'signature-malformed'],
  ['no alg', inputOf({ alg: '' }), 'signature-malformed'],
  ['no keyid', inputOf({ keyid: '' }), 'signature-malformed'],
  ['no tag', inputOf({ tag: '' }), 'signature-malformed'],
  ['one parameter more', inputOf({ tag: 'tag="dcann-1";extra=1' }), 'signature-malformed'],
  ['another alg', inputOf({ alg: 'alg="rsa-pss-sha512"' }), 'signature-malformed'],
  ['the name of JOSE for alg', inputOf({ alg: 'alg="EdDSA"' }), 'signature-malformed'],
  ['alg as a token', inputOf({ alg: 'alg=ed25519' }), 'signature-malformed'],
  ['another tag', inputOf({ tag: 'tag="dcann-2"' }), 'signature-malformed'],
  ['a keyid that is no thumbprint', inputOf({ keyid: 'keyid="key-1"' }), 'signature-malformed'],
  ['a nonce of 15 bytes', inputOf({ nonce: `nonce="${'A'.repeat(20)}"` }), 'signature-malformed'],
  ['a nonce of 65 characters', inputOf({ nonce: `nonce="${'A'.repeat(65)}"` }), 'signature-malformed'],
  ['a nonce in another alphabet', inputOf({ nonce: `nonce="${'+'.repeat(22)}"` }), 'signature-malformed'],
  ['created as text', inputOf({ created: `created="${now}"` }), 'signature-malformed'],
  ['created as a decimal', inputOf({ created: `created=${now}.0` }), 'signature-malformed'],
  ['a life of 61 seconds', inputOf({ expires: `expires=${now + 61}` }), 'signature-malformed'],
  ['no life', inputOf({ expires: `expires=${now}` }), 'signature-malformed'],
  ['a life that runs back', inputOf({ expires: `expires=${now - 1}` }), 'signature-malformed'],
  ['no content-digest', inputOf({}, '"@method" "@target-uri" "content-type"'), 'signature-malformed'],
  ['no @method', inputOf({}, '"@target-uri" "content-type" "content-digest"'), 'signature-malformed'],
  ['nothing covered', inputOf({}, ''), 'signature-malformed'],
  ['another order', inputOf({}, '"@target-uri" "@method" "content-type" "content-digest"'), 'signature-malformed'],
  ['one component more', inputOf({}, `${components} "@authority"`), 'signature-malformed'],
  ['one component twice', inputOf({}, `${components} "@method"`), 'signature-malformed'],
  [
    '@path in place of @target-uri',
    inputOf({}, '"@method" "@path" "content-type" "content-digest"'),
    'signature-malformed',
  ],
  [
    'a component with a parameter',
    inputOf({}, '"@method";req "@target-uri" "content-type" "content-digest"'),
    'signature-malformed',
  ],
  [
    'sf of a component',
    inputOf({}, '"@method" "@target-uri" "content-type" "content-digest";sf'),
    'signature-malformed',
  ],
])('readHead refuses %s', async (_, input, code) => {
  const given = { ...head, ...(await signInput(input)) }
  expect(await codeOf(() => readHead(given, now))).toBe(code)
})

test.each<[string, string, string]>([
  ['created left out', inputOf({ created: '' }), 'parameters'],
  ['tag left out', inputOf({ tag: '' }), 'parameters'],
  ['one parameter more', inputOf({ tag: 'tag="dcann-1";extra=1' }), 'parameters'],
  ['another in place of the nonce', inputOf({ nonce: 'extra=1' }), 'parameters'],
  ['another tag', inputOf({ tag: 'tag="dcann-2"' }), 'tag'],
  ['a keyid that is no thumbprint', inputOf({ keyid: 'keyid="key-1"' }), 'keyid'],
  ['a short nonce', inputOf({ nonce: `nonce="${'A'.repeat(20)}"` }), 'nonce'],
  ['a long life', inputOf({ expires: `expires=${now + 61}` }), 'expires'],
  ['less covered', inputOf({}, '"@method" "@target-uri" "content-type"'), 'components'],
  ['another order', inputOf({}, '"@target-uri" "@method" "content-type" "content-digest"'), 'components'],
  ['more covered', inputOf({}, `${components} "@authority"`), 'components'],
])('readHead names the check that failed: %s', async (_, input, check) => {
  const given = { ...head, ...(await signInput(input)) }
  await expect(readHead(given, now)).rejects.toMatchObject({ facts: { check } })
})

test('readHead admits parameters in another order, since the signature covers it', async () => {
  const { created, expires, nonce, alg, keyid, tag } = parameters
  const input = `dcann=(${components});${[tag, keyid, alg, nonce, expires, created].join(';')}`
  expect(await codeOf(async () => await prove(await signInput(input)))).toBe('admitted')
})

test('readHead refuses another label, and a second signature beside the one', async () => {
  const other = await signInput(inputOf({}, components, 'sig1'), 'sig1')
  expect(await codeOf(() => readHead({ ...head, ...other }, now))).toBe('signature-malformed')
  const two: SignedHead = {
    ...head,
    signature_input: `${head.signature_input}, ${other.signature_input}`,
    signature: `${head.signature}, ${other.signature}`,
  }
  expect(await codeOf(() => readHead(two, now))).toBe('signature-malformed')
  const more = { ...head, signature: `${head.signature}, ${other.signature}` }
  expect(await codeOf(() => readHead(more, now))).toBe('signature-malformed')
})

test.each<[string, Partial<SignedHead>, string]>([
  ['no signature', { signature: '' }, 'signature-missing'],
  ['no input', { signature_input: '' }, 'signature-missing'],
  ['no structured field', { signature_input: 'dcann' }, 'signature-malformed'],
  ['an open list', { signature_input: 'dcann=("@method"' }, 'signature-malformed'],
  ['a signature that is no bytes', { signature: 'dcann=1' }, 'signature-malformed'],
  ['a signature that is not closed', { signature: 'dcann=:AAAA' }, 'signature-malformed'],
  ['letters beyond ASCII', { signature_input: `${head.signature_input}é` }, 'signature-malformed'],
  ['one label twice', { signature_input: `${head.signature_input}, ${head.signature_input}` }, 'signature-malformed'],
])('readHead refuses %s', async (_, wrong, code) => {
  expect(await codeOf(() => readHead({ ...head, ...wrong }, now))).toBe(code)
})

test('readHead: the window is half-open with the skew on both sides, to the second', async () => {
  const skew = times.signatureSkew
  for (const [at, code] of [
    [now - skew - 1, 'signature-expired'],
    [now - skew, 'admitted'],
    [now, 'admitted'],
    [now + 60 + skew - 1, 'admitted'],
    [now + 60 + skew, 'signature-expired'],
  ] as const)
    expect(await codeOf(() => prove({}, at))).toBe(code)
  const short = await signHead(signer, uri, body, now, nonce, 1)
  expect(await codeOf(() => readHead(short, now + skew))).toBe('admitted')
  expect(await codeOf(() => readHead(short, now + skew + 1))).toBe('signature-expired')
})
