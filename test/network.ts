import { createLogger, type Logger } from '@dcann/http/log'
import { createMetrics } from '@dcann/http/metrics'
import { refuseUrl } from '@dcann/http/outbound'
import { base64Url, sha256, utf8 } from '@dcann/protocol/bytes'
import type { Signed } from '@dcann/protocol/signed'
import { createApp } from '@dcann/registry/app'
import { openRegistry } from '@dcann/registry/registry'
import { createRegistryClient } from '@dcann/sdk/registry-client'
import { createResolver, type Resolver } from '@dcann/sdk/resolver'
import { seenInMemory, type World } from '@dcann/sdk/world'
import type { Store } from '@dcann/store/store'
import { createVault, type Vault } from '@dcann/vault-node/app'
import { passportsBy, requestersBy, selfBy, submitBy, zoneActsBy } from '@dcann/vault-node/following/registries'
import { seenInStore } from '@dcann/vault-node/following/seen'
import { type Cast, type CastNode, castUrls, makeCast } from './cast.ts'
import { testStore } from './test-store.ts'

/** When everything in one process begins. */
export const dawn = Date.parse('2026-11-23T12:00:00Z') / 1000

/** One clock for everybody, that only moves when it is told to, and randomness that is the same each time. */
export type Time = {
  readonly now: () => number
  readonly monotonic: () => number
  readonly pass: (seconds: number) => void
  readonly timer: (milliseconds: number) => Promise<void>
  readonly random: (bytes: number) => Uint8Array
}

export function createTime(seed: string): Time {
  let milliseconds = 0
  let drawn = 0
  return {
    now: () => dawn + milliseconds / 1000,
    monotonic: () => milliseconds,
    pass: (seconds) => void (milliseconds += seconds * 1000),
    timer: async (wait) => {
      milliseconds += wait
    },
    random: (bytes) => sha256(utf8(`${seed}/random/${drawn++}`)).subarray(0, bytes),
  }
}

/** One vault node of the network. */
export type NetworkVault = {
  readonly vault: Vault
  readonly store: Store
  readonly cast: CastNode
  readonly url: string
}

/** A whole federation in one process: names of hosts instead of ports, one clock, one seed. */
export type Network = {
  readonly cast: Cast
  readonly time: Time
  readonly registryStore: Store
  readonly vaults: { readonly pune: NetworkVault; readonly tallinn: NetworkVault }
  /** Reaches every host of the network and none outside; a host that is down does not answer. */
  readonly fetch: World['fetch']
  readonly down: Set<string>
  /** A world for a client that has seen nothing yet. */
  readonly world: () => World
  readonly resolver: () => Promise<Resolver>
  /** Has records admitted, as their writers would. */
  readonly submit: (...records: readonly Signed[]) => Promise<void>
  /** One round of every background job of both vaults. */
  readonly round: () => Promise<void>
  /**
   * A vault's node anew, over the store it had or another: what only its memory held is gone, as after a crash. The world
   * reaches it from now on; one that was there before still works for whoever holds it, as another process would.
   */
  readonly again: (which: 'pune' | 'tallinn', store?: Store) => Promise<NetworkVault>
}

export type NetworkOptions = {
  readonly seed?: string
  /** Stands in for a company's own server. */
  readonly hosts?: Readonly<Record<string, (request: Request) => Promise<Response>>>
  readonly vaultStore?: () => Store | Promise<Store>
  /** How far the clocks of the vaults are off, in seconds; everybody else's is right. */
  readonly vaultSkew?: () => number
}

/** Starts the cast's federation: registry with root, IN and EE, two vault nodes. */
export async function startNetwork({
  seed = 'network',
  hosts = {},
  vaultStore = testStore,
  vaultSkew = () => 0,
}: NetworkOptions = {}): Promise<Network> {
  const time = createTime(seed)
  const cast = await makeCast(seed, dawn)
  const logger: Logger = createLogger({ name: 'test', level: 'silent' })
  const down = new Set<string>()
  const reach = new Map<string, (request: Request) => Response | Promise<Response>>(Object.entries(hosts))
  const fetch: World['fetch'] = async (url, init) => {
    const { hostname } = new URL(url)
    const answer = reach.get(hostname)
    if (!answer || down.has(hostname)) throw new TypeError(`fetch failed: ${hostname} does not answer`)
    return await answer(new Request(url, init))
  }
  const world = (): World => ({ fetch, now: time.now, random: time.random, seen: seenInMemory() })
  const resolver = (own: World = world()): Promise<Resolver> =>
    createResolver({ world: own, pinned: cast.root.signed, registries: [castUrls.registry] })

  const registryStore = await testStore()
  const registry = await openRegistry({
    store: registryStore,
    zones: new Map([
      ['root', cast.roles.log],
      ['IN', cast.countries.IN.log],
      ['EE', cast.countries.EE.log],
    ]),
    root: [cast.root.signed],
    now: dawn,
  })
  const registryApp = createApp(registry, { publicUrl: castUrls.registry, ...time, logger, metrics: createMetrics() })
  reach.set(new URL(castUrls.registry).hostname, (request) => registryApp.fetch(request))
  const submit = async (...records: readonly Signed[]): Promise<void> => {
    for (const record of records) await createRegistryClient(world(), castUrls.registry).submit(record)
  }
  await submit(...cast.records)

  const vaultTime = { ...time, now: () => time.now() + vaultSkew() }
  const startVault = async (node: CastNode, store: Store): Promise<NetworkVault> => {
    const { name, url } = node.record.payload
    const own: World = { ...world(), now: vaultTime.now, seen: seenInStore(store) }
    const following = await resolver(own)
    const vault = await createVault({
      name,
      publicUrl: url,
      store,
      world: vaultTime,
      timer: time.timer,
      logger,
      metrics: createMetrics(),
      identitySigner: node.identity,
      assertionSigner: node.assertion,
      cursorSecret: sha256(utf8(`${seed}/${name}/cursor`)),
      resolveRequester: requestersBy(following),
      submit: submitBy(following, own),
      readActs: zoneActsBy(following, own),
      resolveSelf: selfBy(async () => await resolver(own), name),
      showPassport: passportsBy(following, own),
      callOut: fetch,
      refusesUrl: (url) => refuseUrl(url, true),
      pushSecret: sha256(utf8(`${seed}/${name}/push`)),
    })
    reach.set(new URL(url).hostname, (request) => vault.app.fetch(request))
    return { vault, store, cast: node, url }
  }
  const vaults = {
    pune: await startVault(cast.nodes.pune, await vaultStore()),
    tallinn: await startVault(cast.nodes.tallinn, await vaultStore()),
  }

  return {
    cast,
    time,
    registryStore,
    vaults,
    fetch,
    down,
    world,
    resolver: () => resolver(),
    submit,
    async round() {
      for (const { vault } of Object.values(vaults))
        for (const job of Object.values(vault.jobs)) await job(Math.floor(vaultTime.now()))
    },
    again: async (which, store = vaults[which].store) => (vaults[which] = await startVault(cast.nodes[which], store)),
  }
}

/** Random-looking text of 22 characters, the same for the same label. */
export function nonceOf(label: string): string {
  return base64Url(sha256(utf8(label)).subarray(0, 16))
}
