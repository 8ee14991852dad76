import { spawnSync } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Point } from '@noble/ed25519'
import { sha512 } from '@noble/hashes/sha2.js'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { concatenate, fromBase64Url, hex, utf8 } from './bytes.ts'
import { engine as elsewhere } from './engine.default.ts'
import { engine as here } from './engine.node.ts'
import type { VerifyEngine } from './engine.ts'
import { knownAnswers } from './known-answers.ts'
import { testSigner } from './key.ts'
import { noblePoints } from './noble-points.ts'
import {
  checkVerifyStrict,
  chooseEngine,
  givesKnownAnswers,
  isAdmissiblePoint,
  passesByteRules,
  strict,
  verifyStrict,
} from './verify-strict.ts'

const [nodeCrypto, webCrypto] = [here.verifyEngines[0]!, elsewhere.verifyEngines[0]!]
const engines = [nodeCrypto, webCrypto, noblePoints]
const order = 2n ** 252n + 27742317777372353535851937790883648493n

const yes: VerifyEngine = { name: 'yes', verify: () => true }
const no: VerifyEngine = { name: 'no', verify: () => false }
const wrongOnce: VerifyEngine = {
  name: 'wrong once',
  verify: (key, message, signature) => nodeCrypto.verify(key, message, signature) !== (message.length === 0),
}

test.each(engines)('strict $name gives every known answer', async (engine) => {
  for (const { name, key, message, signature, valid } of knownAnswers) {
    expect({ name, valid: await strict(engine).verify(key, message, signature) }).toEqual({ name, valid })
  }
})

test('strict gives the same verdict in the older Node of this machine', (context) => {
  const [found] = otherNodes()
  if (!found) {
    console.log('verify-strict: NO OTHER NODE on this machine; the known answers were not given to an older one')
    return context.skip()
  }
  const rows = knownAnswers.map(({ key, message, signature }) => ({
    key: hex(key),
    message: hex(message),
    signature: hex(signature),
  }))
  const script = fileURLToPath(new URL('verify-strict.elsewhere.mjs', import.meta.url))
  const { stdout, stderr } = spawnSync(found.path, [script], { input: JSON.stringify(rows), encoding: 'utf8' })
  expect(stderr).toBe('')
  const verdicts: unknown = JSON.parse(stdout)
  console.log(`verify-strict: ${rows.length} known answers also given by Node ${found.version} with the byte rules`)
  expect(verdicts).toEqual(knownAnswers.map(({ valid }) => valid))
})

test('strict gives one verdict on mutated signatures, whatever the engine', async () => {
  const signer = testSigner('mutation')
  const key = fromBase64Url(signer.key)
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 64 }), fc.nat(96 * 8 - 1), fc.boolean(), async (message, bit, flip) => {
      const both = Uint8Array.from([...(await signer.sign(message)), ...key])
      if (flip) both[bit >> 3] = (both[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      for (const engine of engines) {
        const verdict = await strict(engine).verify(both.subarray(64), message, both.subarray(0, 64))
        expect({ engine: engine.name, verdict }).toEqual({ engine: engine.name, verdict: !flip })
      }
    }),
    { numRuns: 60 },
  )
})

test('strict refuses lengths, S of L and more, and points that are not canonical or of small order, before the engine', async () => {
  const signer = testSigner('bytes')
  const key = fromBase64Url(signer.key)
  const message = utf8('x')
  const signature = await signer.sign(message)
  const accepts = (k: Uint8Array, s: Uint8Array): unknown => strict(yes).verify(k, message, s)
  expect(accepts(key, signature)).toBe(true)
  for (const length of [0, 32, 63, 65]) expect(accepts(key, new Uint8Array(length))).toBe(false)
  for (const length of [0, 31, 33]) expect(accepts(new Uint8Array(length).fill(9), signature)).toBe(false)
  const withS = (s: bigint): Uint8Array => Uint8Array.from([...signature.subarray(0, 32), ...littleEndian(s)])
  expect(passesByteRules(key, withS(order - 1n))).toBe(true)
  expect(passesByteRules(key, withS(order))).toBe(false)
  expect(passesByteRules(key, withS(order + 1n))).toBe(false)
  expect(passesByteRules(key, withS(2n ** 256n - 1n))).toBe(false)
  for (const bad of smallOrderEncodings()) {
    expect(accepts(bad, signature)).toBe(false)
    expect(accepts(key, Uint8Array.from([...bad, ...signature.subarray(32)]))).toBe(false)
  }
})

test('isAdmissiblePoint refuses every y of p and more, with either sign', () => {
  const p = 2n ** 255n - 19n
  for (let y = p; y < 2n ** 255n; y++) {
    for (const sign of [0n, 2n ** 255n]) expect(isAdmissiblePoint(littleEndian(y + sign))).toBe(false)
  }
  expect(isAdmissiblePoint(littleEndian(p - 2n))).toBe(true)
})

test('chooseEngine takes the first that gives the known answers', async () => {
  expect((await chooseEngine([nodeCrypto, noblePoints])).name).toBe('node:crypto')
  expect((await chooseEngine([yes, noblePoints])).name).toBe('noble-points')
  expect((await chooseEngine([no, webCrypto, noblePoints])).name).toBe('webcrypto')
  expect((await chooseEngine([wrongOnce, noblePoints])).name).toBe('noble-points')
})

test('chooseEngine refuses to start when none gives the known answers', async () => {
  for (const candidates of [[], [yes], [no], [wrongOnce], [yes, no, wrongOnce]])
    await expect(chooseEngine(candidates)).rejects.toThrow(/none of/)
})

test('chooseEngine does not take an engine without the cofactorless equation, even behind the byte rules', async () => {
  const cofactored: VerifyEngine = { name: 'cofactored', verify: verifyWithCofactor }
  expect(await givesKnownAnswers(strict(cofactored))).toBe(false)
  const torsioned = knownAnswers.find(({ name }) => name.includes('only with the cofactor'))!
  expect(verifyWithCofactor(torsioned.key, torsioned.message, torsioned.signature)).toBe(true)
})

test('verifyStrict serves once checked, in Node by its own engine', async () => {
  expect(await checkVerifyStrict()).toBe('node:crypto')
  for (const { key, message, signature, valid } of knownAnswers)
    expect(verifyStrict(key, message, signature)).toBe(valid)
})

test('knownAnswers has both verdicts and each way in which predicates differ', () => {
  expect(knownAnswers.filter(({ valid }) => valid).length).toBeGreaterThanOrEqual(3)
  expect(knownAnswers.filter(({ valid }) => !valid).length).toBeGreaterThanOrEqual(10)
  expect(new Set(knownAnswers.map(({ name }) => name)).size).toBe(knownAnswers.length)
})

function littleEndian(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 255n))
}

function smallOrderEncodings(): Uint8Array[] {
  const order8 = Point.fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05')
  const found: Uint8Array[] = []
  let point = Point.ZERO
  for (let i = 0; i < 8; i++, point = point.add(order8)) {
    const bytes = point.toBytes()
    found.push(bytes, Uint8Array.from([...bytes.subarray(0, 31), (bytes[31] ?? 0) ^ 0x80]))
  }
  return found
}

/** The predicate of ZIP 215 for points that decode: what must not be taken for ours. */
function verifyWithCofactor(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    const little = (bytes: Uint8Array): bigint => bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
    const r = Point.fromBytes(Uint8Array.from(signature.subarray(0, 32)))
    const a = Point.fromBytes(Uint8Array.from(key))
    const k = little(sha512(concatenate(signature.subarray(0, 32), key, message))) % order
    const s = little(signature.subarray(32))
    const sum = Point.BASE.multiply(s, false).subtract(a.multiply(k, false)).subtract(r)
    return sum.clearCofactor().is0()
  } catch {
    return false
  }
}

/** Nodes of this machine other than the one that runs this, oldest first. */
function otherNodes(): { path: string; version: string }[] {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/bin', '/usr/bin', '/opt/node/bin']
  const name = process.platform === 'win32' ? 'node.exe' : 'node'
  const paths = folders.map((folder) => join(folder, name)).filter((path) => existsSync(path))
  const own = realpathSync(process.execPath)
  const others = [...new Set(paths.map((path) => realpathSync(path)))].filter((path) => path !== own)
  return others
    .map((path) => ({ path, version: spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout.trim() }))
    .filter(({ version }) => /^v\d+\./.test(version) && version !== process.version)
    .toSorted((a, b) => Number.parseInt(a.version.slice(1), 10) - Number.parseInt(b.version.slice(1), 10))
}
