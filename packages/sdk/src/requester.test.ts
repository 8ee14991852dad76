import { base64Url, sha256, utf8 } from '@dcann/protocol/bytes'
import { canonicalBytes } from '@dcann/protocol/canonical'
import { requesterNoun } from '@dcann/protocol/requester'
import type { Signed, Verified } from '@dcann/protocol/signed'
import type { Offer } from '@dcann/protocol/offer'
import * as fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { type Cast, makeCast, signAfter } from '../../../test/cast.ts'
import { codeOf } from '../../../test/code-of.ts'
import { offerText, ridesTerm } from '../../../test/scripted-agreement.ts'
import { problem, scriptRegistry, type ScriptedRegistry } from '../../../test/scripted-registry.ts'
import { type Ask, fetchOffer, makeOffer, readAsk, writeAsk } from './requester.ts'
import { createResolver, type Resolver } from './resolver.ts'
import { seenInMemory, type World } from './world.ts'

const start = 1_795_500_000
let now: number
let cast: Cast
let registry: ScriptedRegistry
let world: World
let resolver: Resolver
let offer: Verified<Offer>
let served: Signed | Response
let ask: Ask

beforeEach(async () => {
  now = start
  cast = await makeCast('requester', start)
  registry = scriptRegistry(cast, () => now)
  let drawn = 0
  world = {
    fetch: async (url, init) => {
      if (!url.startsWith('https://insurer.example')) return await registry.fetch(url, init)
      if (url !== `https://insurer.example/offers/${ask.offer}`) return problem(404, 'not-found')
      return served instanceof Response ? served : Response.json(served)
    },
    now: () => now,
    random: (n) => sha256(utf8(`chance ${drawn++}`)).slice(0, n),
    seen: seenInMemory(),
  }
  resolver = await createResolver({ world, pinned: cast.root.signed, registries: ['https://registry.example'] })
  const { record, keys } = cast.requesters.insurer
  offer = await makeOffer(world, record.payload, keys[0]!, offerText(now))
  served = offer.signed
  ask = { requester: record.payload.name, offer: offer.id, return: 'https://insurer.example/thanks?visit=7' }
})

describe('makeOffer', () => {
  test('fills in who asks, under which authority, and that saying no costs nothing', () => {
    expect(offer.payload).toMatchObject({
      requester: 'EE/requester/insurer',
      jurisdiction: 'EE',
      refusal_detriment: 'none',
      ring_fence: 'admitted',
      authority: cast.requesters.insurer.record.payload.authority,
    })
  })

  test('refuses what the requester may not ask, before anybody sees it', async () => {
    const { record, keys } = cast.requesters.insurer
    const text = { ...offerText(now), terms: [{ ...ridesTerm, category: 'pd:Age', purpose: 'dpv:Marketing' }] }
    expect(await codeOf(() => makeOffer(world, record.payload, keys[0]!, text))).toBe('over-asking')
    const expired = { ...offerText(now), expires: now }
    expect(await codeOf(() => makeOffer(world, record.payload, keys[0]!, expired))).toBe('expired')
    expect(await codeOf(() => makeOffer(world, record.payload, cast.roles.log, offerText(now)))).toBe('not-entitled')
  })
})

/** What anybody can write into a link. */
const askOf = (members: object): string => `ask#${base64Url(canonicalBytes(members))}`

describe('readAsk', () => {
  test('reads what was written, behind any wallet’s address', () => {
    const written = writeAsk(ask)
    expect(written).toMatch(/^ask#[A-Za-z0-9_-]+$/)
    for (const text of [
      written,
      written.slice(3),
      `https://wallet.example/${written}`,
      `http://localhost:8080/a/${written}`,
    ])
      expect(readAsk(text)).toEqual(ask)
  })

  test('refuses anything else', async () => {
    const written = writeAsk(ask)
    for (const text of ['', '#', 'ask', `${written}A`, ` ${written}`, written.replace('ask', 'other'), `${written}=`])
      expect([text, await codeOf(() => readAsk(text))]).toEqual([text, 'malformed-request'])
    for (const wrong of [
      '',
      'https',
      'http://[',
      'https://',
      'https://insurer\t.example/',
      ' https://insurer.example/',
    ])
      expect(await codeOf(() => readAsk(askOf({ ...ask, return: wrong })))).toBe('malformed-request')
    for (const wrong of ['javascript:alert(1)', 'http://insurer.example/', 'https://me:you@insurer.example/'])
      expect(await codeOf(() => writeAsk({ ...ask, return: wrong }))).toBe('schema-mismatch')
  })

  test('throws nothing else, whatever it is given', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          fc.base64String().map((text) => `#${text}`),
        ),
        async (text) => {
          expect(await codeOf(() => readAsk(text))).toBe('malformed-request')
        },
      ),
    )
  })
})

describe('fetchOffer', () => {
  test('gives an offer that the registry lets the requester make', async () => {
    const fetched = await fetchOffer(world, resolver, ask)
    expect(fetched.offer.id).toBe(offer.id)
    expect(fetched.record.payload.name).toBe(ask.requester)
  })

  test('refuses another offer, of the same requester even', async () => {
    const { record, keys } = cast.requesters.insurer
    served = (await makeOffer(world, record.payload, keys[0]!, offerText(now))).signed
    expect(await codeOf(() => fetchOffer(world, resolver, ask))).toBe('answer-invalid')
  })

  test('refuses an offer that nobody signed for the requester', async () => {
    const { rides, insurer } = cast.requesters
    const forged = await makeOffer(
      world,
      { ...insurer.record.payload, keys: rides.record.payload.keys },
      rides.keys[0]!,
      offerText(now),
    )
    served = forged.signed
    ask = { ...ask, offer: forged.id }
    expect(await codeOf(() => fetchOffer(world, resolver, ask))).toBe('key-unknown')
  })

  test('refuses one that expired, one of a requester that was suspended, and one of nobody', async () => {
    now += 86_400
    expect(await codeOf(() => fetchOffer(world, resolver, ask))).toBe('expired')
    now = start + 60
    const { record, keys } = cast.requesters.insurer
    registry.hold((await signAfter(requesterNoun, record, { status: 'suspended' }, [keys[0]!], now)).signed)
    await resolver.resolveName(ask.requester, { fresh: true })
    expect(await codeOf(() => fetchOffer(world, resolver, ask))).toBe('not-active')
    expect(await codeOf(() => fetchOffer(world, resolver, { ...ask, requester: 'EE/requester/nobody' }))).toBe(
      'not-active',
    )
  })

  test('says when the requester does not answer, or answers something else', async () => {
    served = new Response('<html>')
    expect(await codeOf(() => fetchOffer(world, resolver, ask))).toBe('answer-invalid')
    served = problem(404, 'not-found')
    expect(await codeOf(() => fetchOffer(world, resolver, ask))).toBe('not-found')
  })
})
