import { createLogger } from '@dcann/http/log'
import { createMetrics } from '@dcann/http/metrics'
import { base64Url } from '@dcann/protocol/bytes'
import { emptyRoot } from '@dcann/protocol/log/merkle'
import { type CountryRecord, countryNoun } from '@dcann/protocol/country'
import { type Signer, testSigner } from '@dcann/protocol/key'
import { nodeNoun } from '@dcann/protocol/node'
import { operatorNoun } from '@dcann/protocol/operator'
import { createApp } from '@dcann/registry/app'
import { openRegistry } from '@dcann/registry/registry'
import { createResolver, type Resolver } from '@dcann/sdk/resolver'
import { seenInMemory, type World } from '@dcann/sdk/world'
import { fetchHead } from '@dcann/sdk/zone-head'
import { memoryStore } from '@dcann/store/memory'
import type { Store } from '@dcann/store/store'
import { beforeEach, describe, expect, test } from 'vitest'
import { castUrls, signAfter, type Written } from './cast.ts'
import { codeOf } from './code-of.ts'
import { consent, offerOf, type Person, ridesPerWeek, ridesTerm, send, settlePerson, signQuery } from './consented.ts'
import { type Network, startNetwork } from './network.ts'

let network: Network
let person: Person
let country: Written<CountryRecord>

beforeEach(async () => {
  network = await startNetwork({ seed: 'tightened' })
  // records of one second cannot be told apart by their dates
  network.time.pass(60)
  person = await settlePerson(network.world(), 'tightened', 'EE', network.cast.nodes.tallinn)
  country = network.cast.countries.EE.record
})

const now = (): number => Math.floor(network.time.now())

/** Changes the country's record, as those who sign it can. */
async function change(to: Partial<CountryRecord>, by: readonly Signer[]): Promise<void> {
  const next = await signAfter(countryNoun, country, to, by, now())
  await network.submit(next.signed)
  country = next
}

describe('what is held and what is suspended', { timeout: 30_000 }, () => {
  test('a requester that the houses hold gets no answer, with a code of its own, until they let it go', async () => {
    const { citizens, technical } = network.cast.houses
    const both = [...network.cast.roles.country, ...network.cast.countries.EE.keys]
    const { insurer } = network.cast.requesters
    const offer = await offerOf(network.world(), insurer, [ridesTerm('rides', ['rides_per_week'])])
    const agreed = await consent(network.world(), person, insurer, offer, ['rides'])
    const asked = async (): Promise<string> => {
      const { status, body } = await send(network.world(), await signQuery(network.world(), agreed, ridesPerWeek))
      return status === 200 ? 'answered' : `${status} ${body.type?.split(':').at(-1)}`
    }
    expect(await asked()).toBe('answered')
    await change({ hold: [insurer.record.payload.name] }, [...citizens, ...technical])
    network.time.pass(121)
    expect(await asked()).toBe('403 held')
    const { agreements } = await person.vault.listAgreements(person.by)
    expect(agreements).toMatchObject([{ standing: 'suspended', suspension: 'held' }])
    expect(await codeOf(() => change({ hold: [] }, both))).toBe('held')
    await change({ hold: [] }, [...both, ...citizens, ...technical])
    network.time.pass(121)
    expect(await asked()).toBe('answered')
  })

  test('a requester of a suspended country gets no answer anywhere, until the country is restored', async () => {
    const { IN } = network.cast.countries
    const { rides } = network.cast.requesters
    const purpose = 'dpv:ServiceProvision'
    const offer = await offerOf(network.world(), rides, [ridesTerm('rides', ['rides_per_week'], { purpose })])
    const agreed = await consent(network.world(), person, rides, offer, ['rides'])
    const asked = async (): Promise<string> => {
      const { status, body } = await send(
        network.world(),
        await signQuery(network.world(), agreed, ridesPerWeek, { purpose }),
      )
      return status === 200 ? 'answered' : `${status} ${body.type?.split(':').at(-1)}`
    }
    expect(await asked()).toBe('answered')
    const suspended = await signAfter(
      countryNoun,
      IN.record,
      { status: 'suspended' },
      network.cast.roles.country,
      now(),
    )
    await network.submit(suspended.signed)
    network.time.pass(121)
    expect(await asked()).toBe('403 not-active')
    const { agreements } = await person.vault.listAgreements(person.by)
    expect(agreements).toMatchObject([{ standing: 'suspended', suspension: 'legal' }])
    const both = [...network.cast.roles.country, ...IN.keys]
    await network.submit((await signAfter(countryNoun, suspended, { status: 'active' }, both, now())).signed)
    network.time.pass(121)
    expect(await asked()).toBe('answered')
  })

  test('a node that drains, or that the houses hold, takes no passports in and goes on answering', async () => {
    const { tallinn } = network.cast.nodes
    const settle = async (label: string): Promise<string> =>
      await codeOf(() => settlePerson(network.world(), label, 'IN', tallinn))
    await change({ hold: ['EE/operator/laht'] }, network.cast.countries.EE.keys)
    network.time.pass(121)
    expect(await settle('late')).toBe('held')
    const draining = await signAfter(nodeNoun, tallinn.record, { status: 'draining' }, [tallinn.identity], now())
    await network.submit(draining.signed)
    network.time.pass(121)
    expect(await settle('later')).toBe('not-active')
    const resolver = await network.resolver()
    expect(await resolver.resolvePassport(person.identifier)).toMatchObject({ home: { node: { id: draining.id } } })
    expect(await person.vault.listAgreements(person.by)).toMatchObject({ agreements: [] })
  })

  test('nobody is led to the nodes of an operator whose accreditation the country ends, nor back without both', async () => {
    const { laht } = network.cast.operators
    const { keys } = network.cast.countries.EE
    const ended = await signAfter(operatorNoun, laht.record, { status: 'ended' }, keys, now())
    await network.submit(ended.signed)
    const resolver = await network.resolver()
    expect(await codeOf(() => resolver.resolvePassport(person.identifier))).toBe('not-active')
    for (const by of [keys, laht.keys]) {
      const back = await signAfter(operatorNoun, ended, { status: 'active' }, by, now())
      expect(await codeOf(() => network.submit(back.signed))).toBe('not-entitled')
    }
    await network.submit(
      (await signAfter(operatorNoun, ended, { status: 'active' }, [...keys, ...laht.keys], now())).signed,
    )
    expect(await (await network.resolver()).resolvePassport(person.identifier)).toHaveProperty('home.node')
  })
})

describe('a zone that goes to another registry', { timeout: 30_000 }, () => {
  const elsewhere = 'https://elsewhere.example'
  const log = { origin: 'ee-2.dcann.example', key: testSigner('tightened/another log').key }

  /** A registry elsewhere that serves EE alone, over a store. */
  async function startElsewhere(store: Store, copy = country): Promise<World['fetch']> {
    const { EE } = network.cast.countries
    const records = [EE.record.signed, copy.signed]
    const registry = await openRegistry({
      store,
      zones: new Map([['EE', testSigner('tightened/another log')]]),
      root: [network.cast.root.signed],
      records,
      now: now(),
    })
    const ports = { ...network.time, logger: createLogger({ name: 'test', level: 'silent' }), metrics: createMetrics() }
    const app = createApp(registry, { publicUrl: elsewhere, ...ports })
    return async (url, init) =>
      url.startsWith(elsewhere) ? await app.fetch(new Request(url, init)) : await network.fetch(url, init)
  }

  async function delegated(frozen: CountryRecord['frozen']): Promise<void> {
    const by = [...network.cast.roles.country, ...network.cast.countries.EE.keys]
    await change({ urls: [elsewhere], log, frozen }, by)
  }

  const open = async (world: World): Promise<Resolver> =>
    await createResolver({ world, pinned: network.cast.root.signed, registries: [castUrls.registry] })

  test('is resolved there by old clients and new ones, from where its log ended', async () => {
    const before = { ...network.world(), seen: seenInMemory() }
    await (await open(before)).resolvePassport(person.identifier)
    const head = await fetchHead(network.world(), castUrls.registry, 'EE', network.cast.countries.EE.record.payload.log)
    await delegated({ size: head.size, root: base64Url(head.root) })
    const fetch = await startElsewhere(network.registryStore)
    for (const world of [
      { ...before, fetch },
      { ...network.world(), fetch },
    ]) {
      const found = await (await open(world)).resolveName('EE/node/tallinn', { kind: 'node' })
      expect(found).toMatchObject({ source: elsewhere, record: { id: network.cast.nodes.tallinn.record.id } })
    }
  })

  test('is refused where the new log leaves out what the old one had', async () => {
    const head = await fetchHead(network.world(), castUrls.registry, 'EE', network.cast.countries.EE.record.payload.log)
    await delegated({ size: head.size, root: base64Url(head.root) })
    // it signs only under a record that says less of where the log before ended than the one in the root zone
    const by = [...network.cast.roles.country, ...network.cast.countries.EE.keys]
    const nothing = { size: 0, root: base64Url(emptyRoot()) }
    const own = await signAfter(
      countryNoun,
      network.cast.countries.EE.record,
      { urls: [elsewhere], log, frozen: nothing },
      by,
      now(),
    )
    const fetch = await startElsewhere(memoryStore(), own)
    const resolver = await open({ ...network.world(), fetch })
    expect(await codeOf(() => resolver.resolveName('EE/node/tallinn', { kind: 'node' }))).toBe('rollback')
  })

  test('is refused at once, where its log is at hand, for a lie about where that ended', async () => {
    const lie = { size: 5, root: base64Url(new Uint8Array(32).fill(7)) }
    expect(await codeOf(() => delegated(lie))).toBe('rule-broken')
    // and a registry without it signs nothing
    const by = [...network.cast.roles.country, ...network.cast.countries.EE.keys]
    const told = await signAfter(countryNoun, country, { urls: [elsewhere], log, frozen: lie }, by, now())
    const fetch = await startElsewhere(network.registryStore, told)
    const shown = await (await fetch(`${elsewhere}/v1/zones/EE/checkpoint`)).text()
    expect(shown.split('\n', 1)).toEqual([network.cast.countries.EE.record.payload.log.origin])
  })
})
