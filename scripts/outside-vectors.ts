// Checks this protocol's code against public test vectors: node scripts/node24.mjs scripts/outside-vectors.ts <folder>
// The folder has one folder a set, as its README says; sets that are not there are named and passed over.
import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import canonicalize from 'canonicalize'
import { z } from 'zod'
import { base64Url, equalBytes, fromBase64Url, fromHex, hex, utf8 } from '@dcann/protocol/bytes'
import { canonicalText, parseCanonical } from '@dcann/protocol/canonical'
import { engine as elsewhere } from '@dcann/protocol/engine.default'
import { engine as here } from '@dcann/protocol/engine.node'
import { ProtocolError } from '@dcann/protocol/errors'
import { admitKey, signerFromSeed, thumbprint } from '@dcann/protocol/key'
import { contentDigest, readHead } from '@dcann/protocol/request-signature'
import { leiSchema, mod97 } from '@dcann/protocol/text'
import { strict } from '@dcann/protocol/verify-strict'

const [folder] = process.argv.slice(2)
if (folder === undefined || !existsSync(folder)) {
  console.error('checking public vectors: expected the folder that holds them as the one argument')
  process.exit(2)
}

const engines = new Map(
  [...here.verifyEngines, ...elsewhere.verifyEngines].map((engine) => [engine.name, strict(engine)]),
)
const text = z.string()
let mismatches = 0
let sets = 0

/** Prints how many cases of a set agree, and each that does not. */
async function check(name: string, needs: string, run: (expect: Expect) => Promise<void> | void): Promise<void> {
  if (!existsSync(join(folder ?? '', needs))) {
    console.log(`${name}: NOT THERE, passed over`)
    return
  }
  sets++
  let count = 0
  const wrong: string[] = []
  await run((what, agrees) => {
    count++
    if (!agrees) wrong.push(what)
  })
  mismatches += wrong.length
  console.log(`${name}: ${count - wrong.length} of ${count} agree`)
  for (const what of wrong) console.log(`  MISMATCH ${what}`)
}

type Expect = (what: string, agrees: boolean) => void
type Case = { readonly key: Uint8Array; readonly message: Uint8Array; readonly signature: Uint8Array }

/** The verdict of every engine present, each behind the byte rules. */
async function everywhere(
  expect: Expect,
  what: string,
  { key, message, signature }: Case,
  valid: boolean,
): Promise<void> {
  for (const [name, { verify }] of engines)
    expect(`${what}, ${name}, expected ${valid}`, (await verify(key, message, signature)) === valid)
}

function read<T>(path: string, schema: z.ZodType<T>): T {
  return schema.parse(JSON.parse(readFileSync(join(folder ?? '', path), 'utf8')))
}

function codeOf(call: () => unknown): string {
  try {
    call()
    return 'admitted'
  } catch (error) {
    if (error instanceof ProtocolError) return error.code
    throw error
  }
}

const edgeCases = z.array(z.object({ message: text, pub_key: text, signature: text }))
for (const [name, path] of [
  ['speccheck', 'speccheck/cases.json'],
  ['noble edge cases', 'noble/edge-cases.json'],
] as const) {
  await check(name, path, async (expect) => {
    for (const [i, { message, pub_key, signature }] of read(path, edgeCases).entries()) {
      const row = { key: fromHex(pub_key), message: fromHex(message), signature: fromHex(signature) }
      // row 3 alone: its points have torsion, are canonical, and the equation holds without the cofactor
      await everywhere(expect, `row ${i}`, row, i === 3)
    }
  })
}

await check('noble zip215', 'noble/zip215.json', async (expect) => {
  const rows = read('noble/zip215.json', z.array(z.object({ vk_bytes: text, sig_bytes: text })))
  for (const [i, { vk_bytes, sig_bytes }] of rows.entries()) {
    // every key and every R in this set is of small order
    const row = { key: fromHex(vk_bytes), message: utf8('Zcash'), signature: fromHex(sig_bytes) }
    await everywhere(expect, `row ${i}`, row, false)
    expect(`row ${i}, admission`, codeOf(() => admitKey(base64Url(row.key))) === 'key-inadmissible')
  }
})

await check('wycheproof ed25519', 'wycheproof/ed25519_test.json', async (expect) => {
  const one = z.object({ tcId: z.int(), msg: text, sig: text, result: z.enum(['valid', 'invalid']) })
  const group = z.object({ publicKey: z.object({ pk: text }), tests: z.array(one) })
  const { testGroups } = read('wycheproof/ed25519_test.json', z.object({ testGroups: z.array(group) }))
  for (const { publicKey, tests } of testGroups) {
    for (const { tcId, msg, sig, result } of tests) {
      const row = { key: fromHex(publicKey.pk), message: fromHex(msg), signature: fromHex(sig) }
      await everywhere(expect, `test ${tcId}`, row, result === 'valid')
    }
  }
})

await check('rfc8032 7.1', 'rfc8032/tests1-3.json', async (expect) => {
  const row = z.object({ seed: text, public: text, msg: text, sig: text })
  const { vectors } = read('rfc8032/tests1-3.json', z.object({ vectors: z.array(row) }))
  for (const [i, { seed, public: key, msg, sig }] of vectors.entries()) {
    const signer = signerFromSeed(fromHex(seed))
    await everywhere(
      expect,
      `test ${i + 1}`,
      { key: fromHex(key), message: fromHex(msg), signature: fromHex(sig) },
      true,
    )
    expect(`test ${i + 1}, public key`, signer.key === base64Url(fromHex(key)))
    expect(`test ${i + 1}, signing`, hex(await signer.sign(fromHex(msg))) === sig)
    expect(`test ${i + 1}, admission of a published key`, codeOf(() => admitKey(signer.key)) === 'key-inadmissible')
  }
})

await check('rfc8037 appendix A', 'rfc8037/jws.json', async (expect) => {
  const shape = z.object({ key: z.object({ d: text, x: text }), thumbprint: text, jws: text })
  const { key, thumbprint: expected, jws } = read('rfc8037/jws.json', shape)
  const [header = '', payload = '', signature = ''] = jws.split('.')
  expect('thumbprint', thumbprint(key.x) === expected)
  expect('public key', signerFromSeed(fromBase64Url(key.d)).key === key.x)
  const row = { key: fromBase64Url(key.x), message: utf8(`${header}.${payload}`), signature: fromBase64Url(signature) }
  await everywhere(expect, 'JWS', row, true)
})

await check('thumbprints of Ed25519 keys', 'web-bot-auth/jwk-thumbprint-vectors.json', (expect) => {
  const rows = read(
    'web-bot-auth/jwk-thumbprint-vectors.json',
    z.array(z.object({ name: text, jwk: text, thumbprint: text })),
  )
  for (const { name, jwk, thumbprint: expected } of rows) {
    const key = z.object({ crv: z.literal('Ed25519'), x: text }).safeParse(JSON.parse(jwk))
    if (key.success) expect(name, thumbprint(key.data.x) === expected)
  }
})

await check('rfc9530 content digest', 'rfc9530/content-digest.json', (expect) => {
  const { vectors } = read(
    'rfc9530/content-digest.json',
    z.object({ vectors: z.array(z.object({ body: text, sha256: text })) }),
  )
  for (const { body, sha256 } of vectors)
    expect(JSON.stringify(body), contentDigest(utf8(body)) === `sha-256=:${sha256}:`)
})

await check('rfc9421 B.2.6', 'rfc9421/b26.json', async (expect) => {
  const row = z.object({
    id: text,
    key: z.object({ x: text }).optional(),
    base: text.optional(),
    signatureInput: text,
    signature: text,
    request: z.object({ url: text, headers: z.array(z.tuple([text, text])) }),
  })
  for (const { id, key, base, signatureInput, signature, request } of read(
    'rfc9421/b26.json',
    z.object({ vectors: z.array(row) }),
  ).vectors) {
    if (key && base !== undefined) {
      const raw = Uint8Array.from(Buffer.from(/:(.*):/.exec(signature)?.[1] ?? '', 'base64'))
      await everywhere(expect, id, { key: fromBase64Url(key.x), message: utf8(base), signature: raw }, true)
      expect(`${id}, admission of a published key`, codeOf(() => admitKey(key.x)) === 'key-inadmissible')
    }
    // covers neither the whole address nor the body, so the one profile here admits none of them
    const field = (name: string): string => request.headers.find(([one]) => one.toLowerCase() === name)?.[1] ?? ''
    const code = await readHead(
      {
        method: 'POST',
        target_uri: request.url,
        content_type: field('content-type'),
        content_digest: field('content-digest'),
        signature_input: signatureInput,
        signature,
      },
      1_618_884_473,
    ).then(
      () => 'admitted',
      (error: unknown) => (error instanceof ProtocolError ? error.code : 'thrown'),
    )
    expect(`${id}, the profile`, code === 'signature-malformed')
  }
})

await check('jcs', 'jcs/testdata/input', (expect) => {
  for (const path of globSync('jcs/testdata/input/*.json', { cwd: folder }).toSorted()) {
    const name = basename(path, '.json')
    const value: unknown = JSON.parse(readFileSync(join(folder, path), 'utf8'))
    const output = readFileSync(join(folder, `jcs/testdata/output/${name}.json`))
    const outhex = readFileSync(join(folder, `jcs/testdata/outhex/${name}.txt`), 'utf8').replaceAll(/\s/g, '')
    expect(`${name}, the library`, canonicalize(value) === output.toString('utf8'))
    expect(`${name}, in hexadecimal`, equalBytes(fromHex(outhex), output))
    const admitted = codeOf(() => {
      expect(`${name}, writing`, canonicalText(value) === output.toString('utf8'))
      parseCanonical(output, 65_536)
    })
    expect(`${name}, ${admitted}`, admitted === (holdsFractions(value) ? 'not-canonical' : 'admitted'))
  }
})

function holdsFractions(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isSafeInteger(value)
  return typeof value === 'object' && value !== null && Object.values(value).some(holdsFractions)
}

await check('iso7064 MOD 97-10', 'iso7064/mod97-10.json', (expect) => {
  const row = z.object({ lei: text, mod97: z.int(), valid: z.boolean() })
  for (const { lei, mod97: rest, valid } of read('iso7064/mod97-10.json', z.object({ vectors: z.array(row) }))
    .vectors) {
    expect(`${lei}, remainder`, mod97(lei) === rest)
    expect(lei, leiSchema.safeParse(lei).success === valid)
  }
})

console.log(`engines: ${[...engines.keys()].join(', ')}; ${sets} sets, ${mismatches} mismatches`)
process.exitCode = sets > 0 && mismatches === 0 ? 0 : 1
