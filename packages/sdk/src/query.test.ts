import type { Assertion } from '@dcann/protocol/assertion'
import { fromBase64Url, sha256, utf8 } from '@dcann/protocol/bytes'
import type { ErrorCode } from '@dcann/protocol/errors'
import { refusalNoun } from '@dcann/protocol/refusal'
import { requestDigest } from '@dcann/protocol/request'
import { proveHead, readHead } from '@dcann/protocol/request-signature'
import { testOpener } from '@dcann/protocol/sealing-key'
import { recordIdOf, signPayload } from '@dcann/protocol/signed'
import { formatTime } from '@dcann/protocol/time'
import { beforeEach, describe, expect, test } from 'vitest'
import { type Cast, makeCast, makeHolder, signPassport } from '../../../test/cast.ts'
import { codeOf } from '../../../test/code-of.ts'
import { makeAgreement, placesTerm, ridesTerm } from '../../../test/scripted-agreement.ts'
import { problem } from '../../../test/scripted-registry.ts'
import { scriptVault, type ScriptedVault, type VaultLies } from '../../../test/scripted-vault.ts'
import { proveAgreement, signedDocuments } from './agreement-pair.ts'
import { type Asking, query, queryBatch, refusalIn } from './query.ts'
import { seenInMemory, type World } from './world.ts'

const start = 1_795_500_000
const seed = sha256(utf8('wallet'))
const question = {
  purpose: ridesTerm.purpose,
  items: [
    { strand: ridesTerm.strand, claims: ['rides_per_week'] },
    { strand: placesTerm.strand, limit: 1 },
  ],
}
let now: number
let cast: Cast
let vault: ScriptedVault
let world: World
let asking: Asking
let sealing: string | null
const opener = testOpener('insurer')

beforeEach(async () => {
  now = start
  sealing = null
  cast = await makeCast('query', start)
  const entry = { at: '2026-11-01T10:00:00Z', body: { town: 'Pune' }, tags: [], assurance: 'self' as const }
  const coverage = { from: entry.at, to: entry.at, last_event: entry.at, entries: 1 }
  const derived = { rides_per_week: { value: '2.3', assurance: 'self' as const, of: 30, from: null, to: null } }
  vault = scriptVault({
    node: cast.nodes.pune,
    handle: () => asking.pair.allowance.handle,
    now: () => now,
    life: 30 * 86_400,
    sealingKey: () => sealing,
    items: [
      { strand: ridesTerm.strand, term: 'rides', derived, assurance: 'self', coverage, complete: true },
      { strand: placesTerm.strand, term: 'places', entries: [entry], assurance: 'self', coverage, complete: true },
    ],
  })
  let drawn = 0
  world = {
    fetch: vault.fetch,
    now: () => now + 0.25,
    random: (n) => sha256(utf8(`chance ${drawn++}`)).slice(0, n),
    seen: seenInMemory(),
  }
  const { insurer } = cast.requesters
  const passport = await signPassport(makeHolder('asha'), 'IN', cast.nodes.pune, now)
  asking = {
    by: { from: 'EE/requester/insurer', signer: insurer.keys[0]! },
    requester: insurer.record.payload,
    node: cast.nodes.pune.record.payload,
    pair: await makeAgreement(world, insurer, seed, passport.payload.name),
  }
  now += 60
})

describe('query', () => {
  test('gives an answer with the bytes that prove it', async () => {
    const { assertion, covered, body, head } = await query(world, asking, question)
    expect(assertion.payload.items).toHaveLength(2)
    expect(covered.map(({ term }) => term.id)).toEqual(['rides', 'places'])
    expect(assertion.payload.request).toBe(requestDigest(body))
    await proveHead(head, await readHead(head, now), asking.by.signer.key)
  })

  test.for<[string, Partial<typeof question>, ErrorCode]>([
    ['another purpose', { purpose: 'dpv:ServiceProvision' }, 'purpose-mismatch'],
    ['another strand', { items: [{ strand: 'profile.person' }] as never }, 'over-asking'],
    ['another claim', { items: [{ strand: ridesTerm.strand, claims: ['fare'] }] as never }, 'over-asking'],
    ['whole entries', { items: [{ strand: ridesTerm.strand }] as never }, 'over-asking'],
    [
      'too far back',
      { items: [{ strand: placesTerm.strand, from: '2026-01-01T00:00:00Z' }] as never },
      'bound-crossed',
    ],
  ])('does not even ask for %s', async ([, change, code]) => {
    expect(await codeOf(() => query(world, asking, { ...question, ...change }))).toBe(code)
    expect(vault.arrived).toEqual([])
  })

  const item = (i: number, change: object) => (assertion: Assertion) => ({
    ...assertion,
    items: assertion.items.map((one, at) => (at === i ? { ...one, ...change } : one)),
  })
  const place = (change: object) =>
    item(1, { entries: [{ at: '2026-11-01T10:00:00Z', body: {}, tags: [], assurance: 'self', ...change }] })

  test.for<[string, NonNullable<VaultLies['assert']>]>([
    ['another handle', (said) => ({ ...said, iss: '0'.repeat(26) })],
    ['another requester', (said) => ({ ...said, aud: 'IN/requester/rides' })],
    ['another node', (said) => ({ ...said, node: 'EE/node/tallinn' })],
    ['another request', (said) => ({ ...said, request: 'A'.repeat(43) })],
    ['another agreement', (said) => ({ ...said, agreement: 'A'.repeat(43) })],
    ['an answer for ever', (said) => ({ ...said, exp: said.iat + 301 })],
    ['an answer of yesterday', (said) => ({ ...said, iat: said.iat - 86_400, exp: said.iat - 86_300 })],
    ['use for longer', (said) => ({ ...said, use_until: formatTime(said.iat + 31 * 86_400) })],
    ['an item too few', (said) => ({ ...said, items: said.items.slice(1) })],
    ['an item too many', (said) => ({ ...said, items: [...said.items, ...said.items] })],
    ['items in another order', (said) => ({ ...said, items: said.items.toReversed() })],
    [
      'a whole that has parts missing',
      (said) => ({ ...said, items: [{ ...said.items[0]!, complete: false }, said.items[1]!] }),
    ],
    ['another term', item(0, { term: 'places' })],
    [
      'a claim nobody asked for',
      item(0, { derived: { age_over_18: { value: true, assurance: 'self', of: 1, from: null, to: null } } }),
    ],
    [
      'entries where claims were asked',
      item(0, { entries: [{ at: '2026-11-01T10:00:00Z', body: {}, tags: [], assurance: 'self' }] }),
    ],
    ['an event before the range', place({ at: '2026-01-01T00:00:00Z' })],
    ['an event of tomorrow', place({ at: formatTime(start + 86_400) })],
    [
      'more entries than asked',
      item(1, { entries: [1, 2].map(() => ({ at: '2026-11-01T10:00:00Z', body: {}, tags: [], assurance: 'self' })) }),
    ],
  ])('refuses %s', async ([, assert]) => {
    vault.lie({ assert })
    expect(await codeOf(() => query(world, asking, question))).toBe('answer-invalid')
  })

  test('refuses an answer under another key', async () => {
    vault.lie({ sign: cast.nodes.pune.identity })
    expect(await codeOf(() => query(world, asking, question))).toBe('key-unknown')
  })

  test('gives the code and the facts of a problem', async () => {
    vault.lie({ answer: () => problem(429, 'frequency-exceeded', { term: 'rides', detail: 'ten a day' }) })
    const error = await query(world, asking, question).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'frequency-exceeded', facts: { term: 'rides' } })
  })
})

describe('query under an agreement that has answers sealed', () => {
  let sealed: Asking

  beforeEach(async () => {
    const { insurer } = cast.requesters
    const passport = await signPassport(makeHolder('asha'), 'IN', cast.nodes.pune, now)
    const terms = ['rides', 'places']
    const pair = await makeAgreement(world, insurer, seed, passport.payload.name, terms, { sealing_key: opener.key })
    asking = sealed = { ...asking, pair, opener }
    sealing = opener.key
  })

  test('opens the answer and judges it as ever', async () => {
    const { assertion, covered } = await query(world, sealed, question)
    expect(covered.map(({ term }) => term.id)).toEqual(['rides', 'places'])
    expect(assertion.payload.items).toHaveLength(2)
    vault.lie({ assert: (said) => ({ ...said, aud: 'IN/requester/rides' }) })
    expect(await codeOf(() => query(world, sealed, question))).toBe('answer-invalid')
    vault.lie({ sign: cast.nodes.pune.identity })
    expect(await codeOf(() => query(world, sealed, question))).toBe('key-unknown')
  })

  test('does not even ask without an opener that has the key', async () => {
    const { opener: _, ...without } = sealed
    expect(await codeOf(() => query(world, without, question))).toBe('key-unknown')
    expect(await codeOf(() => queryBatch(world, without, [question]))).toBe('key-unknown')
    expect(await codeOf(() => query(world, { ...sealed, opener: testOpener('other') }, question))).toBe('key-unknown')
    expect(vault.arrived).toEqual([])
  })

  test('refuses an answer in the clear, and one that is sealed to somebody else', async () => {
    sealing = null
    expect(await codeOf(() => query(world, sealed, question))).toBe('answer-invalid')
    sealing = testOpener('other').key
    expect(await codeOf(() => query(world, sealed, question))).toBe('key-unknown')
  })

  test('refuses an answer to another request', async () => {
    let first: Response | undefined
    const honest = vault.fetch
    const swapping: World = {
      ...world,
      fetch: async (url, init) => {
        const answer = await honest(url, init)
        first ??= answer.clone()
        return first.clone()
      },
    }
    await query(swapping, sealed, question)
    expect(await codeOf(() => query(swapping, sealed, question))).toBe('answer-invalid')
  })

  test('has no use for a sealed answer where the agreement has none sealed', async () => {
    const passport = await signPassport(makeHolder('asha'), 'IN', cast.nodes.pune, now)
    asking = { ...sealed, pair: await makeAgreement(world, cast.requesters.insurer, seed, passport.payload.name) }
    expect(await codeOf(() => query(world, asking, question))).toBe('answer-invalid')
  })
})

describe('callSigned', () => {
  test('sends again with the same id and another nonce when no answer comes', async () => {
    let calls = 0
    vault.lie({ answer: () => (++calls < 3 ? 'silence' : undefined) })
    await query(world, asking, question)
    expect(vault.arrived).toHaveLength(3)
    const [first, ...others] = vault.arrived.map(({ body, headers }) => ({
      digest: requestDigest(body),
      input: headers.get('signature-input'),
    }))
    expect(others.map(({ digest }) => digest)).toEqual([first!.digest, first!.digest])
    expect(new Set([first, ...others].map((one) => one!.input)).size).toBe(3)
  })

  test('gives up after three, and never repeats what was answered', async () => {
    vault.lie({ answer: () => 'silence' })
    expect(await codeOf(() => query(world, asking, question))).toBe('unreachable')
    expect(vault.arrived).toHaveLength(3)
    vault.lie({ answer: () => problem(503, 'unavailable') })
    expect(await codeOf(() => query(world, asking, question))).toBe('unavailable')
    expect(vault.arrived).toHaveLength(4)
  })
})

describe('queryBatch', () => {
  test('judges each answer by itself', async () => {
    const honest = vault.fetch
    Object.assign(world, {
      fetch: async (url: string, init: RequestInit) => {
        if (!url.endsWith('/batch')) return await honest(url, init)
        const { requests } = JSON.parse(Buffer.from(init.body as Uint8Array).toString()) as { requests: unknown[] }
        const body = Buffer.from(JSON.stringify(requests[0]))
        const first = await (await honest('https://pune.example/v1/requests', { ...init, body })).json()
        return Response.json({ answers: [first, { problem: { code: 'frequency-exceeded', status: 429 } }] })
      },
    })
    const [first, second] = await queryBatch(world, asking, [question, question])
    expect(first).toMatchObject({ assertion: { payload: { n: 2 } } })
    expect(second).toEqual({ refused: 'frequency-exceeded', status: 429 })
    expect(await codeOf(() => queryBatch(world, asking, [question]))).toBe('answer-invalid')
  })
})

describe('refusalIn', () => {
  test('proves the refusal that came with a problem', async () => {
    const refusal = await signPayload(
      refusalNoun,
      {
        v: 1,
        node: 'IN/node/pune',
        aud: 'EE/requester/insurer',
        request: recordIdOf(fromBase64Url('AA')),
        agreement: asking.pair.allowance.agreement,
        n: 2,
        code: 'not-active',
        at: formatTime(now),
      },
      [cast.nodes.pune.identity],
    )
    vault.lie({ answer: () => problem(403, 'not-active', { refusal }) })
    const error = await query(world, asking, question).catch((caught: unknown) => caught)
    expect((await refusalIn(error, asking.node))?.payload.code).toBe('not-active')
    expect(await codeOf(() => refusalIn(error, cast.nodes.tallinn.record.payload))).toBe('key-unknown')
    expect(await refusalIn(new Error('other'), asking.node)).toBeUndefined()
  })
})

describe('proveAgreement', () => {
  test('proves both documents as they are kept, and refuses a pair that is none', async () => {
    const kept = signedDocuments(asking.pair)
    expect((await proveAgreement(kept, asking.requester.keys)).allowance).toEqual(asking.pair.allowance)
    expect(await codeOf(() => proveAgreement(kept, cast.requesters.rides.record.payload.keys))).toBe('key-unknown')
  })
})
