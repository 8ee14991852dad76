import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { ConfigInput } from '@dcann/gateway/config'
import { readProposal } from '@dcann/protocol/admission'
import { createRegistryClient, type RegistryClient } from '@dcann/sdk/registry-client'
import { type Fetch, seenInMemory, type World } from '@dcann/sdk/world'
import { type Cast, type CastOptions, type CastWitness, makeCast, witnessName } from '../../test/cast.ts'
import { freshSchema, testDatabase } from '../../test/test-store.ts'
import { beginPart, type Part, type PartPlan } from './part.ts'

/** A federation on loopback, each party in its own process with its own folder. */
export type Federation = {
  readonly cast: Cast
  readonly folder: string
  readonly rootFile: string
  readonly registry: Part
  readonly pune: Part
  readonly tallinn: Part
  readonly insurer: Part
  readonly rides: Part
  readonly health: Part
  /** Replay the zones and cosign their heads; the newspaper also resolves them. Only where witnesses were asked for. */
  readonly witnesses: readonly Part[]
  /** Where each requester's own people ask its gateway, and the file with the token. */
  readonly consoles: Readonly<Record<CompanyName, Console>>
  /** Resolves when the requesters and the second witness can answer. */
  readonly othersReady: Promise<unknown>
  /** Where the wallet's pages are shown once `startPages` has started what serves them; links of asks lead there. */
  readonly walletUrl: string
  /** A made-up shop's page with an ask of the insurer's, from an origin of its own; there once `startPages` has come to its end. */
  readonly shopUrl: string
  /** Starts what serves the wallet's bundle, from an origin of its own, and the shop's page. */
  readonly startPages: () => Promise<Part>
  readonly parts: readonly Part[]
  /** A world for a client that has seen nothing yet. */
  readonly world: () => World
  readonly stop: () => Promise<void>
}

export type CompanyName = 'insurer' | 'rides' | 'health'
export type Console = { readonly url: string; readonly tokenFile: string }

export type FederationOptions = {
  /** Everything is written below it; it is there and empty. */
  readonly folder: string
  /** Keys of everybody are made from it. */
  readonly seed: string
  /** Registry, two vault nodes, three requesters, their three consoles, two witnesses, the wallet's pages, and a shop's. */
  readonly ports: readonly number[]
  /** With witnesses, of whom the root demands one line on each head. */
  readonly witnessed?: boolean
  /** Leaves the requesters out. */
  readonly withoutCompanies?: boolean
  /** Begins with the registry, the vault nodes and one witness; the others start when these can answer, see `othersReady`. */
  readonly othersLater?: boolean
  /** A database in which the registry and the vault nodes keep what they know, instead of folders. */
  readonly database?: string | undefined
  /** What each country's registry takes; the cast's own when left out. */
  readonly bounds?: CastOptions['bounds']
  /** How clients call; the platform's `fetch` when left out. */
  readonly fetch?: Fetch
}

const from = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))

/** Holds the ceremony, starts every process, has every record admitted. What was started is stopped when one fails. */
export async function startFederation({
  folder,
  seed,
  ports,
  withoutCompanies = false,
  othersLater = false,
  witnessed = false,
  bounds,
  fetch: calling = fetch,
  database = testDatabase,
}: FederationOptions): Promise<Federation> {
  const [registryUrl = '', puneUrl = '', tallinnUrl = '', insurerUrl = '', ridesUrl = '', healthUrl] = ports
    .slice(0, withoutCompanies ? 5 : 6)
    .map((port) => `http://127.0.0.1:${port}`)
  const [universityUrl = '', newspaperUrl = '', walletUrl = '', shopUrl = ''] = ports
    .slice(9, 13)
    .map((port) => `http://127.0.0.1:${port}`)
  const witnessUrls = witnessed ? [universityUrl, newspaperUrl].map((url) => `${url}/v1`) : []
  const cast = await makeCast(seed, Math.floor(Date.now() / 1000), {
    ...(witnessed ? { quorum: 1 } : {}),
    urls: {
      ...(witnessed ? { mirror: newspaperUrl } : {}),
      registry: registryUrl,
      nodes: { pune: puneUrl, tallinn: tallinnUrl },
      companies: { insurer: insurerUrl, rides: ridesUrl, ...(healthUrl === undefined ? {} : { health: healthUrl }) },
    },
    ...(bounds ? { bounds } : {}),
  })
  const rootFile = join(folder, 'root.json')
  mkdirSync(folder, { recursive: true })
  writeFileSync(rootFile, JSON.stringify(cast.root.signed))

  const planOf = (name: string, main: string, url: string, config: object): PartPlan => {
    const own = join(folder, name)
    mkdirSync(own, { recursive: true })
    const file = join(own, 'config.json')
    writeFileSync(file, `${JSON.stringify(config, null, 2)}\n`)
    return {
      name,
      main: from(main),
      args: ['--config', file],
      url,
      folder: join(own, 'store'),
      log: join(own, 'log.jsonl'),
    }
  }
  /** A folder, or a schema of the database with its key file where the folder would be. */
  const prefix = database === testDatabase ? `${freshSchema()}_` : ''
  const inDatabase = (name: string): { readonly url: string; readonly keyFile: string } => ({
    url: `${database}?schema=${prefix}${name}`,
    keyFile: join(folder, name, 'store.keys'),
  })
  const portOf = (url: string): number => Number(new URL(url).port)
  const nodeConfig = (name: string, node: string, url: string): object => ({
    name: node,
    publicUrl: url,
    port: portOf(url),
    store: database === undefined ? join(folder, name, 'store') : inDatabase(name),
    root: rootFile,
    registries: [registryUrl],
    witnesses: witnessUrls,
    testSeed: seed,
  })
  const consoleOf = (name: CompanyName, place: number): Console => ({
    url: `http://127.0.0.1:${ports[place] ?? 0}`,
    tokenFile: join(folder, name, 'token'),
  })
  const consoles = { insurer: consoleOf('insurer', 6), rides: consoleOf('rides', 7), health: consoleOf('health', 8) }
  const gatewayConfig = (name: CompanyName, requester: string, url: string): ConfigInput => ({
    requester,
    publicUrl: url,
    port: portOf(url),
    console: { port: portOf(consoles[name].url), tokenFile: consoles[name].tokenFile },
    store: join(folder, name, 'store'),
    root: rootFile,
    registries: [registryUrl],
    key: { testKey: `${seed}/${requester}/0` },
    sealing: [{ testKey: `${seed}/${requester}/sealing` }],
    ...(walletUrl === '' ? {} : { wallet: walletUrl }),
    pages: from('packages/web/dist'),
  })

  const gatewayPlan = (name: CompanyName, requester: string, url: string): PartPlan =>
    planOf(name, 'packages/gateway/src/main.ts', url, gatewayConfig(name, requester, url))

  const started: Part[] = []
  const start = (plan: PartPlan): ReturnType<typeof beginPart> => {
    const begun = beginPart(plan)
    started.push(begun.part)
    return begun
  }
  const stop = async (): Promise<void> =>
    void (await Promise.allSettled(started.toReversed().map((part) => part.end())))
  try {
    const plans = [
      planOf('registry', 'registry/src/main.ts', registryUrl, {
        publicUrl: registryUrl,
        port: portOf(registryUrl),
        store: database === undefined ? { folder: join(folder, 'registry', 'store') } : inDatabase('registry'),
        zones: [
          { zone: 'root', testKey: `${seed}/root/log` },
          { zone: 'IN', testKey: `${seed}/country/IN/log` },
          { zone: 'EE', testKey: `${seed}/country/EE/log` },
        ],
        witnesses: witnessUrls,
        explorer: from('packages/web/dist/explorer'),
        rootFile,
      }),
      planOf('pune', 'vault-node/src/main.ts', puneUrl, nodeConfig('pune', 'IN/node/pune', puneUrl)),
      planOf('tallinn', 'vault-node/src/main.ts', tallinnUrl, nodeConfig('tallinn', 'EE/node/tallinn', tallinnUrl)),
    ]
    const companyPlans = withoutCompanies
      ? []
      : [
          gatewayPlan('insurer', 'EE/requester/insurer', insurerUrl),
          gatewayPlan('rides', 'IN/requester/rides', ridesUrl),
          gatewayPlan('health', 'EE/requester/health', healthUrl ?? ''),
        ]
    const witnessPlan = (by: CastWitness, url: string): PartPlan =>
      planOf(by, 'registry/src/main.ts', url, {
        publicUrl: url,
        port: portOf(url),
        store: { folder: join(folder, by, 'store') },
        follows: ['root', 'IN', 'EE'].map((zone) => ({ zone, from: registryUrl })),
        // who joins while the demo is up is witnessed too
        followsDelegated: true,
        witness: { name: witnessName(by), testKey: `${seed}/witness/${by}` },
        rootFile,
      })
    const world = (): World => ({
      fetch: (url, init) => calling(url, init),
      now: () => Date.now() / 1000,
      random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
      seen: seenInMemory(),
    })
    // nobody waits for anybody: a node that comes up before its registry, or before its record is there, asks again
    const [first, second, third] = plans.map(start)
    const watching = witnessed ? [start(witnessPlan('university', universityUrl))] : []
    if (!first || !second || !third) throw new Error('starting the federation: a part is missing')
    const admitted = first.ready.then(async () => await admitAll(createRegistryClient(world(), registryUrl), cast))
    // what is admitted can be resolved by anybody once a witness has replayed it
    const cosigned = admitted.then(async () => {
      if (witnessed) await untilCosigned(createRegistryClient(world(), registryUrl), cast)
    })
    const needed = [first.ready, second.ready, third.ready, ...watching.map(({ ready }) => ready), cosigned]
    if (othersLater) await allOf(needed)
    const gateways = companyPlans.map(start)
    if (witnessed) watching.push(start(witnessPlan('newspaper', newspaperUrl)))
    const othersReady = Promise.all([...gateways, ...watching].map(({ ready }) => ready))
    // whoever waits for them is told; nobody else is
    othersReady.catch(() => {})
    if (!othersLater) await allOf([...needed, othersReady])
    const { part: registry } = first
    const companies = gateways.map(({ part }) => part)
    const [insurer = registry, rides = registry, health = registry] = companies
    return {
      cast,
      folder,
      rootFile,
      registry,
      pune: second.part,
      tallinn: third.part,
      insurer,
      rides,
      health,
      consoles,
      witnesses: watching.map(({ part }) => part),
      othersReady,
      walletUrl,
      shopUrl,
      startPages: async () => {
        const config = {
          port: portOf(walletUrl),
          folder: from('packages/web/dist/wallet'),
          root: rootFile,
          registries: [registryUrl],
          ...(shopUrl === ''
            ? {}
            : {
                shop: {
                  port: portOf(shopUrl),
                  requester: 'EE/requester/insurer',
                  gateway: insurerUrl,
                  console: consoles.insurer.url,
                  tokenFile: consoles.insurer.tokenFile,
                  wallet: walletUrl,
                },
              }),
        }
        const begun = start(planOf('wallet', 'scripts/federation/wallet.ts', walletUrl, config))
        await begun.ready
        return begun.part
      },
      parts: started,
      world,
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Waits until each has come to its end, so that nothing is under way any more when one has failed. */
async function allOf(acts: readonly Promise<unknown>[]): Promise<void> {
  for (const each of await Promise.allSettled(acts)) if (each.status === 'rejected') throw each.reason
}

/** Hands in every record: together what rests on nothing but what is there already. */
async function admitAll(registry: RegistryClient, cast: Cast): Promise<void> {
  const { countries, operators, nodes, requesters } = cast
  for (const round of [countries, operators, { ...nodes, ...requesters }])
    await Promise.all(Object.values(round).map(({ record }) => registry.submit(record.signed)))
}

/** What was admitted is there for everybody once a witness has replayed it. */
async function untilCosigned(client: RegistryClient, cast: Cast): Promise<void> {
  for (const signed of cast.records) {
    const { name, zone } = readProposal(signed)
    for (let tries = 0; ; tries++) {
      const found = await client.resolution(zone, name).catch(asError)
      if (!(found instanceof Error) && found.records.length > 0) break
      if (tries === 600) throw new Error(`starting the federation: no witness has cosigned ${name} within 30 s`)
      await wait(50)
    }
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
