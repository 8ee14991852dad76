import { createLogger } from '@dcann/http/log'
import { createMetrics } from '@dcann/http/metrics'
import { canonicalBytes } from '@dcann/protocol/canonical'
import type { KeyConfig } from '@dcann/gateway/config'
import type { Signer } from '@dcann/protocol/key'
import { createGateway, type Gateway } from '@dcann/gateway/app'
import { openSealing } from '@dcann/gateway/keys/sealing'
import { seenInStore } from '@dcann/gateway/seen'
import { fetchOffer, readAsk } from '@dcann/sdk/requester'
import { makeGrant } from '@dcann/sdk/wallet-documents'
import { handleSigner } from '@dcann/sdk/wallet-keys'
import type { World } from '@dcann/sdk/world'
import { memoryStore } from '@dcann/store/memory'
import type { Store } from '@dcann/store/store'
import { type CastRequester, castUrls } from './cast.ts'
import type { Person } from './consented.ts'
import { type Network, startNetwork } from './network.ts'

export type Said = { readonly status: number; readonly body: Readonly<Record<string, unknown>> }

/** What went to the console, or to the public listener, and what came back. */
export type Overheard = (request: Request, answer: Response) => Promise<void>

export type CompanyOptions = {
  readonly overheard?: Overheard
  /** Whose keys sign; the insurer's unless a test wants another's. */
  readonly signer?: Signer
  readonly sealing?: readonly KeyConfig[]
}

/** Nothing answers there: a test asks the console itself. */
export const consoleUrl = 'http://127.0.0.1:4706'

/** The insurer with nothing but a gateway, in the network's process. */
export type Company = {
  readonly network: Network
  readonly store: Store
  readonly name: string
  readonly publicUrl: string
  readonly gateway: () => Gateway
  /** The same company again over the same store, as after a restart with other settings. */
  readonly reopen: (options?: CompanyOptions) => Promise<void>
  /** A call of the company's own tools to its console: a GET, or a POST of this; text goes as it is. */
  readonly call: (path: string, body?: object | string, type?: string) => Promise<Said>
  /** One round of a background job; gives the milliseconds until the next. */
  readonly job: (name: string) => Promise<number>
  /** What somebody else sends it, or a vault. */
  readonly post: (url: string, body: object) => Promise<Response>
  /** What her wallet does with a link: her grant, for her vault and then for the company. */
  readonly grantAt: (person: Person, link: string, counter: number) => Promise<Granted>
  /** Asks, has it granted whole, and brings it back; gives the agreement. */
  readonly agree: (person: Person, ask: object, counter: number) => Promise<string>
}

type Granted = {
  readonly ask: ReturnType<typeof readAsk>
  readonly made: Parameters<Person['vault']['grant']>[0]
  readonly brought: { readonly grant: object; readonly handle: string; readonly node: string }
}

/** Starts a network and the insurer's gateway in it. `listen` is called with what its world is made of, and may overhear it. */
export async function startCompany(
  seed: string,
  options: CompanyOptions = {},
  listen: (world: World) => World = (world) => world,
): Promise<Company> {
  let gateway: Gateway | undefined
  const opened = (): Gateway => {
    if (!gateway) throw new Error('starting a company: its gateway is not open yet')
    return gateway
  }
  const overhearing = async (request: Request, answer: (own: Request) => Promise<Response>): Promise<Response> => {
    if (!options.overheard) return await answer(request)
    const kept = request.clone()
    const answered = await answer(request)
    await options.overheard(kept, answered.clone())
    return answered
  }
  const publicUrl = castUrls.companies.insurer
  const network = await startNetwork({
    seed,
    hosts: {
      [new URL(publicUrl).hostname]: async (request) =>
        await overhearing(request, async (own) => await opened().publicApp.fetch(own)),
    },
  })
  const name = network.cast.requesters.insurer.record.payload.name
  const store = memoryStore()
  const reopen = async ({ signer = signerOf(network.cast.requesters.insurer), sealing = [] }: CompanyOptions = {}) => {
    gateway = createGateway({
      name,
      publicUrl,
      consoleUrl,
      language: 'en',
      signer,
      sealing: await openSealing(sealing, true),
      pinned: network.cast.root.signed,
      registries: [castUrls.registry],
      store,
      world: listen({ ...network.world(), seen: seenInStore(store) }),
      monotonic: network.time.monotonic,
      timer: network.time.timer,
      logger: createLogger({ name: 'test', level: 'silent' }),
      metrics: createMetrics(),
    })
  }
  await reopen(options)

  const call: Company['call'] = async (path, body, type = 'application/json') => {
    const text = typeof body === 'string' ? body : JSON.stringify(body, null, 2)
    const sent = { method: 'POST', headers: { 'content-type': type }, body: text }
    const request = new Request(consoleUrl + path, body === undefined ? {} : sent)
    const answer = await overhearing(request, async (own) => await opened().consoleApp.fetch(own))
    return { status: answer.status, body: (await answer.json()) as Said['body'] }
  }
  const post: Company['post'] = async (url, body) =>
    await network.fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      // the bytes were made here and are no shared memory
      body: canonicalBytes(body) as Uint8Array<ArrayBuffer>,
    })
  const grantAt: Company['grantAt'] = async (person, link, counter) => {
    const ask = readAsk(link)
    const { offer, record } = await fetchOffer(network.world(), await network.resolver(), ask)
    const { grant, binding } = await makeGrant(network.world(), offer, {
      terms: offer.payload.terms.map(({ id }) => id),
      requester: record.payload,
      passport: person.identifier,
      handle: handleSigner(person.seed, name, counter),
      control: person.by.signer,
    })
    return {
      ask,
      made: { offer: offer.signed, grant: grant.signed, binding: binding.signed },
      brought: { grant: grant.signed, handle: grant.payload.handle, node: person.node.record.payload.name },
    }
  }
  return {
    network,
    store,
    name,
    publicUrl,
    gateway: opened,
    reopen,
    call,
    job: async (which) => {
      const job = opened().jobs[which]
      if (!job) throw new Error(`there is no job ${which}`)
      return await job(new AbortController().signal, network.time.now)
    },
    post,
    grantAt,
    async agree(person, ask, counter) {
      const asked = await call('/v1/asks', ask)
      if (asked.status !== 201) throw new Error(`asking: ${JSON.stringify(asked.body)}`)
      const { ask: link, made, brought } = await grantAt(person, String(asked.body['link']), counter)
      await person.vault.grant(made)
      const taken = await post(link.return, brought)
      return ((await taken.json()) as { readonly agreement: string }).agreement
    },
  }
}

export function signerOf({ keys: [signer] }: CastRequester): Signer {
  if (!signer) throw new Error('the requester has no key')
  return signer
}
