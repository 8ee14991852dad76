import { createDoor } from '@dcann/http/door'
import { createLogger } from '@dcann/http/log'
import { createMetrics } from '@dcann/http/metrics'
import type { OpenApi } from '@dcann/http/openapi'
import { publishApi } from '@dcann/http/publish-api'
import { createApp } from '@dcann/registry/app'
import { registryApi } from '@dcann/registry/api'
import { openRegistry } from '@dcann/registry/registry'
import { memoryStore } from '@dcann/store/memory'
import { vaultApi } from '@dcann/vault-node/api'
import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, test } from 'vitest'
import { type Exchange, judgeExchange, operationsOf, schemasApart } from './api-document.ts'
import { consoleApi, publicApi } from '@dcann/gateway/api'
import { askCompany } from './ask-company.ts'
import { askEverything } from './ask-everything.ts'
import { castUrls } from './cast.ts'
import { consoleUrl, startCompany } from './company.ts'
import { dawn, startNetwork } from './network.ts'

const network = await startNetwork({ seed: 'openapi' })
const { tallinn } = network.vaults
const ports = { ...network.time, logger: createLogger({ name: 'test', level: 'silent' }), metrics: createMetrics() }
const registry = await openRegistry({
  store: memoryStore(),
  zones: new Map([['root', network.cast.roles.log]]),
  root: [network.cast.root.signed],
  now: dawn,
})
const heard: Exchange[] = []
const company = await startCompany('openapi-company', {
  sealing: [{ testKey: 'openapi' }],
  overheard: async (request, answer) => void heard.push(await exchangeOf(request, answer)),
})
const nodes = [
  {
    node: 'registry',
    api: registryApi,
    url: castUrls.registry,
    app: createApp(registry, { ...ports, publicUrl: castUrls.registry }),
  },
  { node: 'vault node', api: vaultApi, url: tallinn.url, app: tallinn.vault.app },
  { node: 'gateway', api: publicApi, url: company.publicUrl, app: company.gateway().publicApp },
  { node: "gateway's console", api: consoleApi, url: consoleUrl, app: company.gateway().consoleApp },
]

/** What a node answers to this, asked of its application itself. */
async function fetchFrom(address: string, init: RequestInit = {}): Promise<Response> {
  const node = nodes.find(({ url }) => address.startsWith(`${url}/`))
  if (!node) throw new Error(`nobody answers at ${address}`)
  return await node.app.fetch(new Request(address, init))
}

async function documentAt(url: string): Promise<OpenApi> {
  // `as`: every test below looks into it, and fails on another form
  return (await (await fetchFrom(`${url}/openapi.json`)).json()) as OpenApi
}

describe.each(nodes)('docs of a $node', ({ url }) => {
  test('has every call and every schema, and no link that leads nowhere', async () => {
    const answer = await fetchFrom(`${url}/docs`)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'; style-src 'sha256-")
    const page = await answer.text()
    const ids = new Set([...page.matchAll(/ id="([^"]+)"/g)].map(([, id = '']) => id))
    const document = await documentAt(url)
    for (const { operation } of operationsOf(document)) expect(ids).toContain(operation.operationId)
    for (const name of Object.keys(document.components.schemas)) expect(ids).toContain(`schema-${name}`)
    const links = [...page.matchAll(/ href="#([^"]+)"/g)].map(([, to = '']) => to)
    expect(links.length).toBeGreaterThan(20)
    expect(links.filter((to) => !ids.has(to))).toEqual([])
    expect(page).not.toContain('[object Object]')
    const again = await fetchFrom(`${url}/docs`, { headers: { 'if-none-match': answer.headers.get('etag') ?? '' } })
    expect(again.status).toBe(304)
  })
})

describe.each(nodes)('openapi.json of a $node', ({ api, url, app }) => {
  test('is OpenAPI 3.1, and every reference in it leads somewhere', { timeout: 30_000 }, async () => {
    const document = await documentAt(url)
    expect(document.openapi).toBe('3.1.0')
    expect(document.servers).toEqual([{ url }])
    expect(await new Validator().validate(structuredClone(document))).toEqual({ valid: true })
    expect(schemasApart(document)).toEqual([])
    const names = operationsOf(document).map(({ operation }) => operation.operationId)
    expect(new Set(names).size).toBe(names.length)
  })

  test('has every route, and no other', async () => {
    const described = operationsOf(await documentAt(url)).map(({ method, path }) => `${method.toUpperCase()} ${path}`)
    const routes = app.routes.map(
      ({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}').replace('*', '{path}')}`,
    )
    expect(described.toSorted()).toEqual(routes.toSorted())
  })

  test('publishApi stops a node with a route that is not in it, or an operation that is nowhere', () => {
    const another = createDoor({ ...ports, metrics: createMetrics(), publicUrl: url }).app()
    for (const { method, path } of api.operations.slice(1)) another.on(method, path, (c) => c.body(null))
    another.get('/v1/extra', (c) => c.body(null))
    const [missing] = api.operations
    expect(() => publishApi(another, api, url)).toThrow(
      `GET /v1/extra is a route without an operation; ${missing?.method} ${missing?.path} is an operation without a route`,
    )
  })

  test('says of each POST whether it is signed as a whole', async () => {
    const posts = operationsOf(await documentAt(url)).filter(({ method }) => method === 'post')
    const found = posts.map(async ({ path }) => {
      const headers = { 'content-type': 'application/json' }
      const refused = await fetchFrom(url + path, { method: 'POST', headers, body: '{}' })
      return { path, problem: await refused.json() }
    })
    const said = posts.map(({ path, operation }) => {
      const code = operation.security ? 'signature-missing' : 'schema-mismatch'
      return { path, problem: expect.objectContaining({ type: `urn:dcann:error:${code}` }) }
    })
    expect(await Promise.all(found)).toEqual(said)
  })

  test('comes with an ETag, under which it is not sent again', async () => {
    const first = await fetchFrom(`${url}/openapi.json`)
    expect(first.headers.get('content-type')).toBe('application/json')
    const etag = first.headers.get('etag') ?? ''
    expect((await fetchFrom(`${url}/openapi.json`, { headers: { 'if-none-match': etag } })).status).toBe(304)
  })
})

test(
  'openapi.json: what clients and nodes say to each other is what it describes, for every operation',
  { timeout: 60_000 },
  async () => {
    const said: Exchange[] = []
    const listening: typeof network.fetch = async (address, init) => {
      const answer = await network.fetch(address, init)
      said.push(await exchangeOf(new Request(address, init), answer.clone()))
      return answer
    }
    await askEverything(network, listening)

    const documents = [await documentAt(castUrls.registry), await documentAt(tallinn.url)]
    expect(notAsDescribed(documents, said)).toEqual([])
  },
)

test(
  'openapi.json: what a company says to its gateway, and wallets to the company, is what it describes',
  { timeout: 60_000 },
  async () => {
    heard.length = 0
    await askCompany(company)
    for (const { url } of nodes.slice(2)) {
      for (const path of ['/openapi.json', '/docs']) heard.push(await exchangeOf(...(await asking(url + path))))
    }
    const documents = [await documentAt(company.publicUrl), await documentAt(consoleUrl)]
    expect(notAsDescribed(documents, heard)).toEqual([])
  },
)

async function asking(address: string): Promise<[Request, Response]> {
  return [new Request(address), await fetchFrom(address)]
}

/** What of these exchanges is not as the document of its node says, and the operations that none of them did well. */
function notAsDescribed(documents: readonly OpenApi[], said: readonly Exchange[]): string[] {
  const faults: string[] = []
  const done = new Set<string>()
  for (const exchange of said) {
    const document = documents.find(({ servers }) => servers[0]?.['url'] === exchange.url.origin)
    if (!document) continue
    const judged = judgeExchange(document, exchange)
    faults.push(...judged.faults)
    if (exchange.status < 300) done.add(judged.operation)
  }
  const all = documents.flatMap((each) => operationsOf(each).map(({ operation }) => operation.operationId))
  return [...faults, ...all.filter((each) => !done.has(each)).map((each) => `${each} was not done`)]
}

test('judgeExchange: finds what is not as the document says', async () => {
  const document = await documentAt(castUrls.registry)
  const exchange = {
    method: 'GET',
    url: new URL('/v1/zones', castUrls.registry),
    headers: new Headers(),
    body: undefined,
    status: 200,
    mediaType: 'application/json',
    answer: { zones: [] },
  }
  expect(judgeExchange(document, exchange).faults).toEqual([])
  expect(judgeExchange(document, { ...exchange, answer: { zones: [{ zone: 'in' }] } }).faults).not.toEqual([])
  expect(judgeExchange(document, { ...exchange, status: 418 }).faults).not.toEqual([])
  expect(judgeExchange(document, { ...exchange, body: {} }).faults).not.toEqual([])
  expect(judgeExchange(document, { ...exchange, url: new URL('/v1/else', castUrls.registry) }).faults).not.toEqual([])
})

async function exchangeOf(request: Request, answer: Response): Promise<Exchange> {
  const mediaType = /^[^;]*/.exec(answer.headers.get('content-type') ?? '')?.[0] ?? ''
  const sent = await request.text()
  return {
    method: request.method,
    url: new URL(request.url),
    headers: request.headers,
    body: sent === '' ? undefined : JSON.parse(sent),
    status: answer.status,
    mediaType,
    answer: mediaType.endsWith('json') ? await answer.json() : undefined,
  }
}
