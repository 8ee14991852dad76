import { createPublicKey } from 'node:crypto'
import { base64Url, fromBase64Url, sha256, utf8 } from '@dcann/protocol/bytes'
import { thumbprint } from '@dcann/protocol/key'
import { bucketOf, openWith, sealingSuite, sealTo } from '@dcann/protocol/seal'
import { openerFromSeed } from '@dcann/protocol/sealing-key'
import type { Signed } from '@dcann/protocol/signed'
import { query } from '@dcann/sdk/query'
import { makeAct } from '@dcann/sdk/wallet-documents'
import { controlSigner, handleSigner } from '@dcann/sdk/wallet-keys'
import { seenInMemory, type World } from '@dcann/sdk/world'
import { createVerifier, httpbis } from 'http-message-signatures'
import { AEAD_AES_256_GCM, CipherSuite, KDF_HKDF_SHA256, KEM_DHKEM_X25519_HKDF_SHA256 } from 'hpke'
import { generalVerify, importJWK } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Cast, makeCast, makeHolder, signPassport } from './cast.ts'
import { codeOf } from './code-of.ts'
import { makeAgreement, ridesTerm } from './scripted-agreement.ts'
import { type Arrived, type ScriptedVault, scriptVault } from './scripted-vault.ts'

/**
 * What this project signs, read by libraries that have never heard of it.
 */
const seed = sha256(utf8('a wallet of nobody'))
const now = Math.floor(Date.now() / 1000)
let cast: Cast
let vault: ScriptedVault
let world: World
let answered: Awaited<ReturnType<typeof query>>

beforeAll(async () => {
  cast = await makeCast('oracles', now)
  let drawn = 0
  const coverage = { from: null, to: null, last_event: null, entries: 0 }
  vault = scriptVault({
    node: cast.nodes.pune,
    handle: () => pair.allowance.handle,
    now: () => now,
    life: 60,
    items: [{ strand: ridesTerm.strand, term: 'rides', assurance: 'self', coverage, complete: true }],
  })
  world = {
    fetch: vault.fetch,
    now: () => now,
    random: (n) => sha256(utf8(`chance ${drawn++}`)).slice(0, n),
    seen: seenInMemory(),
  }
  const passport = await signPassport(makeHolder('asha'), 'IN', cast.nodes.pune, now)
  const pair = await makeAgreement(world, cast.requesters.insurer, seed, passport.payload.name)
  answered = await query(
    world,
    {
      by: { from: 'EE/requester/insurer', signer: cast.requesters.insurer.keys[0]! },
      requester: cast.requesters.insurer.record.payload,
      node: cast.nodes.pune.record.payload,
      pair,
    },
    { purpose: ridesTerm.purpose, items: [{ strand: ridesTerm.strand, claims: ['rides_per_week'] }] },
  )
})

describe('http-message-signatures', () => {
  test('verifies a call', async () => {
    expect(await verifies(vault.arrived[0]!)).toBe(true)
  })

  test('refuses it once anything covered has changed', async () => {
    const [arrived] = vault.arrived
    const digest = arrived!.headers.get('content-digest')!.replace(':', ':A')
    expect(await verifies(arrived!, { 'content-digest': digest })).toBe(false)
    expect(await verifies(arrived!, {}, 'https://pune.example/v1/other')).toBe(false)
  })
})

describe('hpke', () => {
  const suite = new CipherSuite(KEM_DHKEM_X25519_HKDF_SHA256, KDF_HKDF_SHA256, AEAD_AES_256_GCM)
  const opener = openerFromSeed(sha256(utf8('an opener of nobody')))
  const context = { info: utf8('dcann/sealed/1\nagreement'), aad: sha256(utf8('request')) }
  const text = utf8('what only one may read')

  test('opens what is sealed, its length and padding around it', async () => {
    const sealed = await sealTo(opener.key, context, text, sha256(utf8('chance')))
    const key = await suite.DeserializePrivateKey(sha256(utf8('an opener of nobody')))
    const opened = await suite.Open(key, fromBase64Url(sealed.enc), fromBase64Url(sealed.ct), context)
    expect(opened).toHaveLength(bucketOf(text.length))
    expect(opened.subarray(0, 4 + text.length)).toEqual(Uint8Array.of(0, 0, 0, text.length, ...text))
    expect(opened.subarray(4 + text.length).every((byte) => byte === 0)).toBe(true)
    await expect(
      suite.Open(key, fromBase64Url(sealed.enc), fromBase64Url(sealed.ct), { ...context, aad: text }),
    ).rejects.toMatchObject({ name: 'OpenError' })
  })

  test('seals what opens, and with nothing else than both sides agreed on', async () => {
    const key = await suite.DeserializePublicKey(fromBase64Url(opener.key))
    const padded = new Uint8Array(bucketOf(text.length))
    padded.set([0, 0, 0, text.length, ...text])
    const { encapsulatedSecret, ciphertext } = await suite.Seal(key, padded, context)
    const parts = { enc: base64Url(encapsulatedSecret), ct: base64Url(ciphertext) }
    const sealed = { v: 1, suite: sealingSuite, kid: opener.kid, ...parts } as const
    expect(await openWith(opener, context, sealed)).toEqual(text)
    expect(await codeOf(() => openWith(opener, { ...context, info: text }, sealed))).toBe('answer-invalid')
  })
})

describe('jose', () => {
  test('verifies an offer, a grant, an act, an assertion, and records of several signatures', async () => {
    const revoke = await makeAct(world, 'revoke', answered.pair.allowance.agreement, controlSigner(seed))
    const insurer = cast.requesters.insurer.keys[0]!.key
    const handle = handleSigner(seed, 'EE/requester/insurer', 0).key
    const { pair } = answered
    if (!('offer' in pair)) throw new Error('the agreement is on an offer')
    const { offer, grant } = pair
    expect(await read(offer.signed, insurer)).toBe('dcann-offer+json')
    expect(await read(grant.signed, handle)).toBe('dcann-grant+json')
    expect(await read(revoke, controlSigner(seed).key)).toBe('dcann-act+json')
    expect(await read(answered.assertion.signed, cast.nodes.pune.assertion.key)).toBe('dcann-assertion+json')
    for (const { key } of cast.houses.citizens) expect(await read(cast.root.signed, key)).toBe('dcann-root+json')
  })

  test('refuses one whose payload has changed', async () => {
    const { payload, signatures } = answered.assertion.signed
    const changed = { payload: `${payload.slice(0, -4)}AAAA`, signatures }
    const key = await importJWK({ kty: 'OKP', crv: 'Ed25519', x: cast.nodes.pune.assertion.key }, 'Ed25519')
    await expect(generalVerify(changed, key, { algorithms: ['Ed25519'] })).rejects.toThrow(
      'signature verification failed',
    )
  })
})

/** The library answers null both for no signature and for an unknown key, so anything but true is a refusal. */
async function verifies(
  { path, headers }: Arrived,
  changed: Readonly<Record<string, string>> = {},
  url = `https://pune.example${path}`,
): Promise<boolean | null> {
  const { key } = cast.requesters.insurer.keys[0]!
  const publicKey = createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: key } })
  return await httpbis.verifyMessage(
    {
      requiredFields: ['@method', '@target-uri', 'content-type', 'content-digest'],
      requiredParams: ['created', 'expires', 'nonce', 'alg', 'keyid', 'tag'],
      keyLookup: async ({ keyid, tag }) =>
        keyid === thumbprint(key) && tag === 'dcann-1'
          ? {
              id: keyid,
              algs: ['ed25519'],
              verify: createVerifier(publicKey, 'ed25519'),
            }
          : null,
    },
    { method: 'POST', url, headers: { ...Object.fromEntries(headers), ...changed } },
  )
}

/** The `typ` of a record that verifies under the key, whose payload and header are what ours says they are. */
async function read(signed: Signed, key: string): Promise<string | undefined> {
  const imported = await importJWK({ kty: 'OKP', crv: 'Ed25519', x: key }, 'Ed25519')
  const { payload, protectedHeader } = await generalVerify(signed, imported, { algorithms: ['Ed25519'] })
  expect(protectedHeader).toMatchObject({ alg: 'Ed25519', kid: thumbprint(key) })
  expect(Buffer.from(payload).toString('base64url')).toBe(signed.payload)
  return protectedHeader?.typ
}
