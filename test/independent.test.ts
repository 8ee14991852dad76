import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createRegistryClient } from '@dcann/sdk/registry-client'
import { evidenceChain } from '@dcann/sdk/evidence-chain'
import { makeEvidencePackage } from '@dcann/sdk/evidence-package'
import { query } from '@dcann/sdk/query'
import { proveAgreement } from '@dcann/sdk/agreement-pair'
import { beforeAll, describe, expect, test } from 'vitest'
import { formatTime } from '@dcann/protocol/time'
import { operatorNoun } from '@dcann/protocol/operator'
import { castUrls, signAfter } from './cast.ts'
import { consent, dailyRides, offerOf, ridesPerWeek, ridesStrand, ridesTerm, settlePerson } from './consented.ts'
import { draws } from './draws.ts'
import * as second from './independent/verifier.mjs'
import { lay, openAndAccept, profferText } from './laid.ts'
import { type Network, startNetwork } from './network.ts'
import { nobodyIn } from './stories/setting.ts'

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
/** A vector as its file has it. */
type Vector = {
  readonly now: string
  readonly given: Record<string, never>
  readonly input: never
  readonly expect: { readonly verdict: string }
}

const seconds = (text: string): number => Date.parse(text) / 1000
const keysOf = (given: Vector['given'], member: string): readonly string[] => given[member] ?? []
const payloadOf = (signed: { readonly payload: string }): Record<string, never> =>
  JSON.parse(Buffer.from(signed.payload, 'base64url').toString()) as Record<string, never>
const held = (signed: { readonly payload: string }) => ({ payload: payloadOf(signed), id: second.recordId(signed) })

/** The nouns whose vectors the second verifier judges, and how. It refuses or it does not: codes are the first one's. */
const judges: Readonly<Record<string, (vector: Vector) => unknown>> = {
  canonical: ({ input }) => {
    const { utf8, hex } = input as { utf8?: string; hex?: string }
    return second.parseCanonical(hex === undefined ? Buffer.from(utf8 ?? '') : Buffer.from(hex, 'hex'), 65_536)
  },
  signed: ({ input, given }) => second.statementOf(input, keysOf(given, 'keys')),
  statement: ({ input, given }) => second.statementOf(input, keysOf(given, 'keys')),
  checkpoint: ({ input, given }) => second.openCheckpoint((input as { note: string }).note, given),
  cosignature: ({ input, given }) => {
    const note = second.readNote((input as { note: string }).note)
    return (given['witnesses'] ?? ([] as never[])).map((witness: never) => second.timesOf(note, witness))
  },
  quorum: ({ input, given, now }) => {
    const policy = second.policyOf(given, given['zone'] ?? '')
    return policy && second.headTime(second.readNote((input as { note: string }).note), policy, seconds(now))
  },
  inclusion: ({ input }) => {
    const { leaf, index, size, proof, root } = input as Record<'leaf' | 'root', string> & {
      index: number
      size: number
      proof: string[]
    }
    const bytes = second.bytesOf
    return second.included(bytes(leaf), index, size, proof.map(bytes), bytes(root))
  },
  'map-proof': ({ input, given }) => {
    const { zone, name, proof } = input as { zone: string; name: string; proof: never }
    return second.inMap(second.bytesOf(given['root'] ?? ''), second.mapKey(zone, name), proof)
  },
  passport: judgePassport,
  recovery: judgePassport,
  agreement: ({ input, given, now }) =>
    second.agreement(['offer', 'grant'], [given['offer'], input], payloadOf(given['requester'] as never), seconds(now)),
  acceptance: ({ input, given, now }) =>
    second.agreement(
      ['proffer', 'acceptance'],
      [given['proffer'], input],
      payloadOf(given['requester'] as never),
      seconds(now),
    ),
  root: ({ input, given }) => {
    const records = (given['records'] ?? []) as { payload: string }[]
    return second.admitRoot(records.map(held).at(-1), input)
  },
  evidence: ({ input }) => second.lines((input as { entries: never }).entries),
}

/** Where it asks less than a registry does: of a root who signed it and that houses go on, of a pair what both agreed to. */
const left: Readonly<Record<string, RegExp>> = {
  root: /^(?:dated|silent-house-rekeyed-dated|end-of-a-log|expire|key-in|log-|one-house-may|policy-over|production|quorum|test-|threshold-of-one|witness|notice-(?:dated|in-arrears|to-one|in-the))/,
  acceptance: /^(?:purpose-not-registered|sealing-key-of-low-order|special-category-in-the-clear)/,
}

function judgePassport({ input, given, now }: Vector): unknown {
  const records = (given['records'] ?? []) as { payload: string }[]
  const of = (name: string) => records.map(held).findLast(({ payload }) => String(payload['name']).startsWith(name))
  const name = String(payloadOf(input)['name'])
  return second.admitPassport(of('country/')?.payload, of(name), input, seconds(now))
}

test('the second verifier is small, and takes nothing of the first', () => {
  const text = readFileSync(file('independent/verifier.mjs'), 'utf8')
  // as `wc -l` counts them: comments and all
  expect(text.split('\n').length - 1).toBeLessThanOrEqual(450)
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120)
  expect([...text.matchAll(/from '([^']+)'/g)].map(([, from]) => from)).toEqual(['node:crypto', 'canonicalize'])
})

describe.each(Object.keys(judges))('vectors of %s', (noun) => {
  for (const verdict of ['valid', 'invalid']) {
    for (const name of readdirSync(file(`vectors/${noun}/${verdict}`))) {
      if (verdict === 'invalid' && left[noun]?.test(name)) continue
      test(`${verdict}/${name}`, () => {
        const vector = JSON.parse(readFileSync(file(`vectors/${noun}/${verdict}/${name}`), 'utf8')) as Vector
        const judge = (): unknown => judges[noun]?.(vector)
        if (verdict === 'valid') expect(judge).not.toThrow()
        else expect(judge).toThrow(second.Refused)
      })
    }
  }
})

describe('bodies of a registry and a package of a vault', () => {
  let network: Network
  let root: unknown
  let country: unknown
  let body: unknown
  let absent: unknown
  let packed: Uint8Array
  let now: number

  beforeAll(async () => {
    network = await startNetwork({ seed: 'independent' })
    const { cast, world } = network
    const { insurer } = cast.requesters
    const person = await settlePerson(world(), 'independent', 'EE', cast.nodes.tallinn)
    await person.vault.makeStrand(person.by, ridesStrand)
    await person.vault.addEntries(person.by, 'mobility.rides', dailyRides(Math.floor(world().now()), 20))
    const offer = await offerOf(world(), insurer, [ridesTerm('rides', ['rides_per_week'])])
    const agreed = await consent(world(), person, insurer, offer, ['rides'])
    const by = { from: insurer.record.payload.name, signer: insurer.keys[0]! }
    const node = cast.nodes.tallinn.record.payload
    const { grant } = (await person.vault.listAgreements(person.by)).agreements[0] ?? {}
    if (!grant) throw new Error('there is no grant')
    const pair = await proveAgreement({ offer: offer.signed, grant }, insurer.record.payload.keys)
    const asking = { by, requester: insurer.record.payload, node, pair }
    const answered = await query(world(), asking, { purpose: 'dpv:PersonalisedBenefits', items: ridesPerWeek })
    await network.round()
    const opened = await person.vault.readEvidence(by, agreed.agreement, answered.assertion.payload.n)
    const chain = await evidenceChain(await network.resolver(), node.name, by.from)
    packed = makeEvidencePackage({ answered, chain, opened })
    const registry = createRegistryClient(world(), castUrls.registry)
    root = [await registry.root(1)]
    country = await registry.resolution('root', 'country/EE')
    body = await registry.passport(person.identifier)
    absent = await registry.passport(nobodyIn('EE'))
    now = Math.floor(world().now())
  })

  const judge = (parts: { root: unknown; country: unknown; body: unknown }) => {
    const roots = second.walkRoot(parts.root, network.cast.root.id)
    return second.passport(parts.body, second.country(parts.country, roots, { now }), roots, { now })
  }

  test('a passport is resolved from the pinned root alone, and so is that there is none', () => {
    expect(judge({ root, country, body })?.payload.status).toBe('active')
    expect(judge({ root, country, body: absent })).toBeNull()
    expect(() => second.walkRoot(root, 'A'.repeat(43))).toThrow(second.Refused)
    expect(() => judge({ root, country, body: lacking(body, 'proof') })).toThrow(second.Refused)
    expect(() => judge({ root, country, body: lacking(body, 'records') })).toThrow(second.Refused)
  })

  test('a package over a proffer holds, after its operator tightened alone, and not with another acceptance', async () => {
    const { cast, world } = network
    const { insurer } = cast.requesters
    const person = await settlePerson(world(), 'independent first', 'EE', cast.nodes.tallinn)
    await person.vault.makeStrand(person.by, ridesStrand)
    await person.vault.addEntries(person.by, 'mobility.rides', dailyRides(Math.floor(world().now()), 20))
    const purpose = 'dpv:PersonalisedBenefits'
    const roster = { requester: insurer.record.payload.name }
    const { proffers } = await lay(world(), person, [{ for: roster, text: profferText(world(), purpose) }], 1)
    // the operator of the node ends its accreditation a day sooner, and asks nobody
    const { keys, record } = cast.operators.laht
    const until = formatTime(Date.parse(record.payload.valid.until) / 1000 - 86_400)
    const valid = { ...record.payload.valid, until }
    await network.submit((await signAfter(operatorNoun, record, { valid }, keys, Math.floor(world().now()))).signed)
    const resolver = await network.resolver()
    const agreed = await openAndAccept(world(), resolver, person, insurer, proffers[0]?.proffer.id ?? '', ['rate'])
    const asking = { by: agreed.by, requester: insurer.record.payload, node: agreed.node, pair: agreed }
    const answered = await query(world(), asking, { purpose, items: ridesPerWeek })
    await network.round()
    const { n } = answered.assertion.payload
    const opened = await person.vault.readEvidence(agreed.by, agreed.acceptance.id, n)
    const chain = await evidenceChain(resolver, agreed.node.name, agreed.by.from)
    const file = makeEvidencePackage({ answered, chain, opened })
    expect(second.evidence(file, cast.root.id).verdict).toBe('provisional')
    const text = Buffer.from(file).toString()
    const other = text.replace(agreed.acceptance.signed.payload, answered.assertion.signed.payload)
    expect(() => second.evidence(Buffer.from(other), cast.root.id)).toThrow(second.Refused)
  })

  test('an evidence package holds, and not under another root', () => {
    expect(second.evidence(packed, network.cast.root.id).verdict).toBe('provisional')
    expect(() => second.evidence(packed, 'A'.repeat(43))).toThrow(second.Refused)
  })

  test('no changed byte of either goes unseen', () => {
    const draw = draws(20_261_124)
    const { passport } = body as { passport: unknown }
    const seen: string[] = []
    const look = (bytes: Uint8Array, prove: (changed: Uint8Array) => unknown): void => {
      const at = draw(bytes.length)
      const changed = bytes.slice()
      changed[at]! ^= 1 + draw(255)
      try {
        prove(changed)
        seen.push(Buffer.from(changed.slice(Math.max(0, at - 30), at + 10)).toString())
      } catch {
        // refused, as it should be
      }
    }
    const resolved = Buffer.from(JSON.stringify({ root, country, body: { passport } }))
    for (let i = 0; i < 150; i++) {
      look(packed, (changed) => second.evidence(changed, network.cast.root.id))
      look(resolved, (changed) => judge(JSON.parse(Buffer.from(changed).toString()) as Parameters<typeof judge>[0]))
    }
    expect(seen).toEqual([])
  })
})

function lacking(body: unknown, member: string): unknown {
  const { passport } = structuredClone(body) as { passport: Record<string, unknown> }
  if (member === 'records') passport['records'] = []
  else delete passport[member]
  return { passport }
}
