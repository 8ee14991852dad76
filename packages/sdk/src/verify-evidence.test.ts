import { base64Url, fromBase64Url, sha256, textOf, utf8 } from '@dcann/protocol/bytes'
import { canonicalBytes } from '@dcann/protocol/canonical'
import { ProtocolError } from '@dcann/protocol/errors'
import { countryNoun } from '@dcann/protocol/country'
import { cosign, withSignatures } from '@dcann/protocol/log/cosignature'
import { formatNote, parseNote } from '@dcann/protocol/log/note'
import { requesterNoun } from '@dcann/protocol/requester'
import { nodeNoun } from '@dcann/protocol/node'
import { testSigner } from '@dcann/protocol/key'
import type { SignedPair } from '@dcann/protocol/pair'
import type { Signed } from '@dcann/protocol/signed'
import { assert, asyncProperty, integer, nat, record } from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  type Cast,
  type CastOptions,
  makeCast,
  makeHolder,
  signAfter,
  signPassport,
  witnessName,
} from '../../../test/cast.ts'
import { evidence } from '../../../test/independent/verifier.mjs'
import { makeAgreement, placesTerm, ridesTerm } from '../../../test/scripted-agreement.ts'
import { type ScriptedRegistry, scriptRegistry } from '../../../test/scripted-registry.ts'
import { type ScriptedVault, scriptVault } from '../../../test/scripted-vault.ts'
import { signedDocuments } from './agreement-pair.ts'
import { evidenceChain } from './evidence-chain.ts'
import { type EvidencePackage, makeEvidencePackage } from './evidence-package.ts'
import { query } from './query.ts'
import { createResolver } from './resolver.ts'
import { createVaultClient } from './vault-client.ts'
import { verifyEvidence } from './verify-evidence.ts'
import { type Fetch, seenInMemory, type World } from './world.ts'

const start = 1_795_500_000
const seed = sha256(utf8('a wallet of nobody'))

type Setting = {
  readonly cast: Cast
  readonly registry: ScriptedRegistry
  readonly vault: ScriptedVault
  readonly world: World
  readonly pass: (seconds: number) => void
}

/** Whose heads others cosign, and when: seconds from the present. */
type Cosigned = { readonly zones?: number; readonly node?: number }

async function setScene(options: CastOptions = {}, { zones, node: ofNode }: Cosigned = {}): Promise<Setting> {
  let now = start
  let drawn = 0
  const cast = await makeCast('evidence', start, options)
  const registry = scriptRegistry(cast, () => now)
  const cosigned = async (text: string, at: number): Promise<string> => {
    const note = parseNote(text)
    const strangers = await cosign(note, testSigner('evidence/stranger'), 'stranger.example/witness', at)
    const line = await cosign(note, cast.witnesses.newspaper, witnessName('newspaper'), at)
    return formatNote(withSignatures(note, [strangers, line]))
  }
  if (zones !== undefined) registry.lie({ cosign: (_, text) => cosigned(text, now + zones) })
  const entry = { at: '2026-11-01T10:00:00Z', body: { town: 'Pune' }, tags: [], assurance: 'self' as const }
  const coverage = { from: entry.at, to: entry.at, last_event: entry.at, entries: 1 }
  const derived = { rides_per_week: { value: '2.3', assurance: 'self' as const, of: 30, from: null, to: null } }
  let handle = ''
  const vault = scriptVault({
    node: cast.nodes.pune,
    handle: () => handle,
    now: () => now,
    life: 30 * 86_400,
    ...(ofNode === undefined ? {} : { cosign: (text: string) => cosigned(text, now + ofNode) }),
    items: [
      { strand: ridesTerm.strand, term: 'rides', derived, assurance: 'self', coverage, complete: true },
      { strand: placesTerm.strand, term: 'places', entries: [entry], assurance: 'self', coverage, complete: true },
    ],
  })
  const fetch: Fetch = async (url, init) =>
    url.startsWith('https://pune.example') ? await vault.fetch(url, init) : await registry.fetch(url, init)
  const world: World = {
    fetch,
    now: () => now,
    random: (n) => sha256(utf8(`chance ${drawn++}`)).slice(0, n),
    seen: seenInMemory(),
  }
  passport = (await signPassport(makeHolder('asha'), 'IN', cast.nodes.pune, start)).payload.name
  const { allowance } = await makeAgreement(world, cast.requesters.insurer, seed, passport)
  handle = allowance.handle
  return { cast, registry, vault, world, pass: (seconds) => (now += seconds) }
}

async function makePackage({ cast, world, pass }: Setting, evidence = true): Promise<Uint8Array> {
  const resolver = await createResolver({ world, pinned: cast.root.signed, registries: ['https://registry.example'] })
  const pair = await makeAgreement(world, cast.requesters.insurer, seed, passport)
  pass(3600)
  const by = { from: 'EE/requester/insurer', signer: cast.requesters.insurer.keys[0]! }
  const node = cast.nodes.pune.record.payload
  const asking = { by, requester: cast.requesters.insurer.record.payload, node, pair }
  const items = [{ strand: ridesTerm.strand, claims: ['rides_per_week'] }, { strand: placesTerm.strand }]
  const answered = await query(world, asking, { purpose: 'dpv:PersonalisedBenefits', items })
  const { agreement, n } = answered.assertion.payload
  const opened = await createVaultClient(world, node.url).readEvidence(by, agreement, n)
  const chain = await evidenceChain(resolver, node.name, by.from)
  return makeEvidencePackage({ answered, chain, ...(evidence ? { opened } : {}) })
}

/** The link that a package breaks at. */
async function brokenAt(bytes: Uint8Array, pin: Parameters<typeof verifyEvidence>[1], now?: number): Promise<unknown> {
  try {
    await verifyEvidence(bytes, pin, now)
    return 'nowhere'
  } catch (error) {
    if (!(error instanceof ProtocolError) || error.code !== 'evidence-broken') return error
    return error.facts['link']
  }
}

function rewritten(bytes: Uint8Array, change: (file: EvidencePackage) => unknown): Uint8Array {
  // the package was just made
  return canonicalBytes(change(JSON.parse(textOf(bytes)) as EvidencePackage))
}

let setting: Setting
let passport: string
let bytes: Uint8Array
let pin: string

beforeAll(async () => {
  setting = await setScene()
  bytes = await makePackage(setting)
  pin = setting.cast.root.id
})

describe('verifyEvidence', () => {
  test('proves every link, offline', async () => {
    const { verdict, links, assertion } = await verifyEvidence(bytes, pin)
    expect(verdict).toBe('provisional')
    expect(links.map(({ link }) => link)).toEqual([
      'package',
      'root',
      'country IN',
      'country EE',
      'operator',
      'node',
      'requester',
      'offer',
      'grant',
      'agreement',
      'request signature',
      'request',
      'assertion',
      'answer covers agreement',
      'evidence entry',
      'inclusion',
    ])
    expect(assertion.payload.items).toHaveLength(2)
  })

  describe('with heads that others cosigned', () => {
    const quorum = { quorum: 1 }
    let cosignedBytes: Uint8Array
    let itsPin: string
    beforeAll(async () => {
      const scene = await setScene(quorum, { zones: 0, node: 5 })
      cosignedBytes = await makePackage(scene)
      itsPin = scene.cast.root.id
    })

    test('is verified, and keeps of a head no line that nothing proves', async () => {
      const { verdict, unvouched, links } = await verifyEvidence(cosignedBytes, itsPin)
      expect([verdict, unvouched]).toEqual(['verified', []])
      expect(links.at(-1)?.says).toContain('cosigned at')
      expect(textOf(cosignedBytes)).not.toContain('stranger.example')
      expect(evidence(cosignedBytes, itsPin).verdict).toBe('verified')
    })

    test.each<[string, Cosigned, string[]]>([
      ['whose node nobody cosigned', { zones: 0 }, ['inclusion']],
      ['whose node was cosigned as late as it may be', { zones: 0, node: 86_400 }, []],
      ['whose node was cosigned a second later', { zones: 0, node: 86_401 }, ['inclusion']],
    ])('an answer %s', async (_, cosignedBy, expected) => {
      const scene = await setScene(quorum, cosignedBy)
      const { verdict, unvouched } = await verifyEvidence(await makePackage(scene), scene.cast.root.id)
      expect([verdict, unvouched]).toEqual([expected.length === 0 ? 'verified' : 'provisional', expected])
    })

    test.each<[string, string, (proofs: Resolved[]) => void]>([
      ['without a proof', 'provisional', ([, , , , one]) => delete one?.proof],
      [
        'with the proof of its neighbour',
        'node',
        ([one, other]) => one?.proof && other?.proof && ([one.proof, other.proof] = [other.proof, one.proof]),
      ],
      [
        "with a stranger's line",
        'requester',
        ([one]) =>
          one?.proof && (one.proof.head.checkpoint += textOf(utf8('\u2014 stranger.example/witness AAAAAAAA\n'))),
      ],
      [
        'with a head that nobody cosigned',
        'provisional',
        ([one]) => one?.proof && (one.proof.head.checkpoint = withoutLast(one.proof.head.checkpoint)),
      ],
      ['with another size', 'requester', ([one]) => one?.proof && one.proof.head.inclusion.pop()],
    ])('a chain %s: %s', async (_, expected, change) => {
      const file = JSON.parse(textOf(cosignedBytes)) as EvidencePackage & { chain: { resolutions: Resolved[] } }
      change(file.chain.resolutions)
      const changed = canonicalBytes(file)
      if (expected === 'provisional') expect((await verifyEvidence(changed, itsPin)).verdict).toBe('provisional')
      else expect(await brokenAt(changed, itsPin)).toBe(expected)
    })

    test('no byte can change unseen', { timeout: 120_000 }, async () => {
      const pick = record({ at: nat(cosignedBytes.length - 1), bits: integer({ min: 1, max: 255 }) })
      await assert(
        asyncProperty(pick, async ({ at, bits }) => {
          const changed = cosignedBytes.slice()
          changed[at] = (changed[at] ?? 0) ^ bits
          const link = await brokenAt(changed, itsPin)
          expect(link).toBeTypeOf('string')
          expect(link).not.toBe('nowhere')
        }),
        { numRuns: 250 },
      )
    })
  })

  test('takes a root file for a pin', async () => {
    expect((await verifyEvidence(bytes, setting.cast.root.signed, start + 100_000_000)).at).toBe(start + 3600)
  })

  test('proves an answer whose line has no proof yet, and says nothing of the line', async () => {
    const without = await makePackage(await setScene(), false)
    const { links } = await verifyEvidence(without, pin)
    expect(links.map(({ link }) => link)).not.toContain('inclusion')
  })

  test('judges under the keys of the day, however the keys change later', async () => {
    const scene = await setScene()
    const { cast, registry, pass, world } = scene
    await makePackage(scene)
    pass(60)
    const resolver = await createResolver({ world, pinned: cast.root.signed, registries: ['https://registry.example'] })
    const assertion = testSigner('evidence/new assertion')
    const { pune } = cast.nodes
    const now = world.now()
    const next = await signAfter(
      nodeNoun,
      pune.record,
      { assertion_key: assertion.key },
      [...cast.operators.sahyadri.keys, pune.identity],
      now,
    )
    const keys = [testSigner('evidence/EE/requester/insurer/next')]
    const renamed = await signAfter(
      requesterNoun,
      cast.requesters.insurer.record,
      { keys: keys.map(({ key }) => key) },
      [...cast.countries.EE.keys, ...cast.requesters.insurer.keys, ...keys],
      now,
    )
    const log = testSigner('evidence/new log')
    const country = await signAfter(
      countryNoun,
      cast.countries.IN.record,
      { log: { origin: 'again.in.dcann.example', key: log.key }, frozen: registry.end('IN') },
      [...cast.roles.country, ...cast.countries.IN.keys],
      now,
    )
    registry.hold(next.signed, renamed.signed, country.signed)
    registry.lie({ sign: (zone) => (zone === 'IN' ? log : zone === 'EE' ? cast.countries.EE.log : cast.roles.log) })
    pass(10)
    for (const name of ['country/IN', 'IN/node/pune', 'IN/operator/sahyadri', 'EE/requester/insurer'])
      await resolver.resolveName(name, { fresh: true })
    const chain = await evidenceChain(resolver, 'IN/node/pune', 'EE/requester/insurer')
    const later = rewritten(bytes, (file) => ({ ...file, chain }))
    expect((await verifyEvidence(later, pin)).links).toHaveLength(16)
  })

  test.for<[string, string, (file: EvidencePackage) => unknown]>([
    [
      'another root',
      'root',
      ({ chain, ...rest }) => ({ ...rest, chain: { ...chain, root: [chain.root[0], chain.root[0]] } }),
    ],
    [
      'a chain without the operator',
      'operator',
      ({ chain, ...rest }) => ({
        ...rest,
        chain: {
          ...chain,
          resolutions: [...chain.resolutions.filter(({ name }) => !name.includes('operator')), chain.resolutions[0]],
        },
      }),
    ],
    [
      'a chain with more than it needs',
      'package',
      ({ chain, ...rest }) => ({
        ...rest,
        chain: { ...chain, resolutions: [...chain.resolutions, chain.resolutions[0]] },
      }),
    ],
    [
      'a line of another answer',
      'evidence entry',
      (file) => ({ ...file, evidence: { ...file.evidence!, entry: { ...file.evidence!.entry, n: 3 } } }),
    ],
    [
      'a line with another salt',
      'inclusion',
      (file) => ({ ...file, evidence: { ...file.evidence!, salt: 'A'.repeat(22) } }),
    ],
    ['a grant of another agreement', 'agreement', (file) => ({ ...file, grant: grantOf(other) })],
    ['an offer of another agreement', 'agreement', (file) => ({ ...file, offer: offerOf(other) })],
    ['both of another agreement', 'request', (file) => ({ ...file, ...other })],
    [
      'a request that was never signed',
      'request signature',
      (file) => ({ ...file, request: { ...file.request, body: `${file.request.body}AA` } }),
    ],
    ['an answer without its line', 'nowhere', ({ evidence: _, ...file }) => file],
    ['another date', 'package', (file) => ({ ...file, at: '2026-11-24T12:00:00Z' })],
  ])('%s is broken at %s', async ([, link, change]) => {
    expect(await brokenAt(rewritten(bytes, change), pin)).toBe(link)
  })

  test('an answer of tomorrow, another pin, and what is no package', async () => {
    expect(await brokenAt(bytes, pin, start)).toBe('package')
    expect(await brokenAt(bytes, 'A'.repeat(43))).toBe('root')
    expect(await brokenAt(utf8('{}'), pin)).toBe('package')
    expect(await brokenAt(utf8(`${textOf(bytes)} `), pin)).toBe('package')
  })

  test('no byte can change unseen', { timeout: 120_000 }, async () => {
    const pick = record({ at: nat(bytes.length - 1), bits: integer({ min: 1, max: 255 }) })
    await assert(
      asyncProperty(pick, async ({ at, bits }) => {
        const changed = bytes.slice()
        changed[at] = (changed[at] ?? 0) ^ bits
        const link = await brokenAt(changed, pin)
        expect(link).toBeTypeOf('string')
        expect(link).not.toBe('nowhere')
      }),
      { numRuns: 250 },
    )
  })

  test.for(['IN/nobody', 'EE/requester/insurer', 'root'])('an answer by %s is no answer of a node', async (node) => {
    const file = JSON.parse(textOf(bytes)) as EvidencePackage
    const payload = JSON.parse(textOf(fromBase64Url(file.assertion.payload))) as object
    const said = base64Url(canonicalBytes({ ...payload, node }))
    expect(await brokenAt(canonicalBytes({ ...file, assertion: { ...file.assertion, payload: said } }), pin)).toBe(
      'package',
    )
  })

  test('nothing signed can be swapped for its neighbour', async () => {
    const file = JSON.parse(textOf(bytes)) as EvidencePackage
    const { grant, ...rest } = file
    if (!('offer' in rest)) throw new Error('the package is of an offer')
    const swapped = { ...rest, offer: grant, grant: rest.offer }
    expect(await brokenAt(canonicalBytes(swapped), pin)).toBe('offer')
  })
})

/** A resolution in a package that a test changes. */
type Resolved = { proof?: { head: { checkpoint: string; inclusion: string[] } } }

function withoutLast(note: string): string {
  const { text, signatures } = parseNote(note)
  return formatNote({ text, signatures: signatures.slice(0, -1) })
}

let other: SignedPair

function offerOf(pair: SignedPair): Signed {
  if ('offer' in pair) return pair.offer
  throw new Error('the agreement is on a proffer')
}

function grantOf({ grant }: SignedPair): Signed {
  if (grant) return grant
  throw new Error('the agreement is on a proffer')
}

beforeAll(async () => {
  const pair = await makeAgreement(
    { now: () => start, random: (n) => sha256(utf8('another')).slice(0, n) },
    setting.cast.requesters.insurer,
    seed,
    passport,
  )
  other = signedDocuments(pair)
})
