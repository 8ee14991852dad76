import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { fromBase64Url, sha256, utf8 } from '@dcann/protocol/bytes'
import { canonicalText } from '@dcann/protocol/canonical'
import type { ConfigInput } from '@dcann/gateway/config'
import { fetchOffer, readAsk } from '@dcann/sdk/requester'
import { createResolver } from '@dcann/sdk/resolver'
import { verifyEvidence } from '@dcann/sdk/verify-evidence'
import { makeGrant } from '@dcann/sdk/wallet-documents'
import { handleSigner } from '@dcann/sdk/wallet-keys'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePorts, type Part, startPart } from '../../scripts/federation/part.ts'
import { type Federation, startFederation } from '../../scripts/federation/parts.ts'
import { dailyRides, type Person, ridesPerWeek, ridesStrand, ridesTerm, settlePerson } from '../consented.ts'

const from = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'dcann-gateway-'))
const own = join(folder, 'gateway')
const configFile = join(own, 'gateway.json')
const tokenFile = join(own, 'token')
const seed = 'gateway'
const name = 'EE/requester/insurer'

let federation: Federation
let gateway: Part
let person: Person
let consolePort = 0
let agreement = ''
let evidence = ''

beforeAll(async () => {
  const ports = await freePorts(6)
  federation = await startFederation({ folder: join(folder, 'federation'), seed, ports, withoutCompanies: true })
  const [, , , port = 0] = ports
  consolePort = ports[5] ?? 0
  const config: ConfigInput = {
    requester: name,
    publicUrl: `http://127.0.0.1:${port}`,
    port,
    console: { port: consolePort, tokenFile: 'token' },
    store: 'store',
    root: federation.rootFile,
    registries: [federation.registry.url],
    key: { testKey: `${seed}/${name}/0` },
    pages: 'pages',
  }
  mkdirSync(join(own, 'pages', 'console'), { recursive: true })
  writeFileSync(join(own, 'pages', 'console', 'index.html'), '<!doctype html><title>console</title>')
  writeFileSync(configFile, JSON.stringify(config))
  gateway = await startPart({
    name: 'gateway',
    main: from('packages/gateway/src/main.ts'),
    args: ['--config', configFile],
    url: `http://127.0.0.1:${port}`,
    folder: join(own, 'store'),
    log: join(own, 'log.jsonl'),
  })
  const world = federation.world()
  person = await settlePerson(world, 'gateway', 'IN', federation.cast.nodes.tallinn)
  await person.vault.makeStrand(person.by, ridesStrand)
  await person.vault.addEntries(person.by, ridesStrand.name, dailyRides(Math.floor(world.now()), 30))
})

afterAll(async () => {
  await gateway?.end()
  await federation?.stop()
  rmSync(folder, { recursive: true, force: true })
})

type Said = { readonly status: number; readonly text: string; readonly body: Readonly<Record<string, unknown>> }
type Sent = { readonly method?: string; readonly body?: string; readonly headers?: Readonly<Record<string, string>> }

/** A request as any program on this machine could send it, with just these headers. */
function send(path: string, { method = 'GET', body, headers = {} }: Sent): Promise<Said> {
  return new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port: consolePort, path, method, headers }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (part: string) => (text += part))
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text, body: JSON.parse(text) as Said['body'] }))
    })
    call.on('error', reject).end(body)
  })
}

/** What `curl -H "authorization: Bearer …" -H content-type:application/json -d …` sends. */
async function curl(path: string, body?: object): Promise<Said> {
  const authorization = `Bearer ${readFileSync(tokenFile, 'utf8').trim()}`
  return body === undefined
    ? await send(path, { headers: { authorization } })
    : await send(path, {
        method: 'POST',
        body: JSON.stringify(body, null, 1),
        headers: { authorization, 'content-type': 'application/json' },
      })
}

const question = () => ({ agreement, purpose: 'dpv:PersonalisedBenefits', items: ridesPerWeek })

async function standing(): Promise<unknown> {
  return ((await curl('/v1/agreements')).body['agreements'] as { readonly standing: string }[])[0]?.standing
}

describe('a company joins with its gateway and plain JSON', () => {
  test('asks: a link, which a wallet opens, grants and brings back', async () => {
    const terms = [ridesTerm('rides', ['rides_per_week'])]
    const asked = await curl('/v1/asks', { terms, value: { gives: [], settle_by: 'P30D' }, lasts: 'P90D' })
    expect(asked).toMatchObject({ status: 201 })
    const world = federation.world()
    const resolver = await createResolver({
      world,
      pinned: federation.cast.root.signed,
      registries: [federation.registry.url],
    })
    const ask = readAsk(String(asked.body['link']))
    const { offer, record } = await fetchOffer(world, resolver, ask)
    const { grant, binding } = await makeGrant(world, offer, {
      terms: ['rides'],
      requester: record.payload,
      passport: person.identifier,
      handle: handleSigner(person.seed, name, 0),
      control: person.by.signer,
    })
    await person.vault.grant({ offer: offer.signed, grant: grant.signed, binding: binding.signed })
    const brought = { grant: grant.signed, handle: grant.payload.handle, node: 'EE/node/tallinn' }
    const taken = await fetch(ask.return, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: canonicalText(brought),
    })
    expect(taken.status).toBe(201)
    agreement = grant.id
    expect(await standing()).toBe('active')
  })

  test('queries: plain JSON, and evidence that verifies offline', async () => {
    const answered = await curl('/v1/queries', question())
    expect(answered).toMatchObject({ status: 200 })
    expect(answered.body).toMatchObject({ assurance: 'self', complete: true })
    evidence = String(answered.body['evidence'])
    const links = async (): Promise<readonly string[]> => {
      const { text } = await curl(`/v1/evidence/${evidence}`)
      const { links: proved } = await verifyEvidence(utf8(text), federation.cast.root.signed)
      return proved.map(({ link }) => link)
    }
    await expect.poll(links, { timeout: 10_000 }).toContain('inclusion')
  })
})

describe('the console refuses', () => {
  const good = (): string => `Bearer ${readFileSync(tokenFile, 'utf8').trim()}`
  const retire = (): Sent => ({ method: 'POST', body: JSON.stringify({ agreement }) })
  const json = { 'content-type': 'application/json' }
  const rebound = () => ({
    ...json,
    authorization: good(),
    host: `x.example:${consolePort}`,
    origin: `http://x.example:${consolePort}`,
  })

  test.each<[string, () => Readonly<Record<string, string>>, number]>([
    ['no token', () => json, 401],
    ['a wrong token', () => ({ ...json, authorization: `Bearer ${'x'.repeat(43)}` }), 401],
    ['the token in a cookie', () => ({ ...json, cookie: `token=${good()}` }), 401],
    ['a name that somebody rebound', () => ({ ...json, authorization: good(), host: 'rebound.example' }), 403],
    ['the public listener’s port in Host', () => ({ ...json, authorization: good(), host: '127.0.0.1:1' }), 403],
    ['a page’s Origin', () => ({ ...json, authorization: good(), origin: 'https://page.example' }), 403],
    ['its own Origin without the token', () => ({ ...json, origin: `http://127.0.0.1:${consolePort}` }), 401],
    ['a rebound name that is its Origin too', () => rebound(), 403],
    ['the Origin of another port', () => ({ ...json, authorization: good(), origin: gateway.url }), 403],
    [
      'what a browser says another page sent',
      () => ({ ...json, authorization: good(), 'sec-fetch-site': 'same-site' }),
      403,
    ],
    ['a form of another site', () => ({ origin: 'null', 'content-type': 'application/x-www-form-urlencoded' }), 403],
    ['text/plain', () => ({ authorization: good(), 'content-type': 'text/plain' }), 415],
    ['no media type', () => ({ authorization: good() }), 415],
  ])('%s', async (_, headers, status) => {
    expect((await send('/v1/retire', { ...retire(), headers: headers() })).status).toBe(status)
    expect(await standing()).toBe('active')
  })

  test('whoever frames its page, or reads it from elsewhere; and shows it to the person who opens it', async () => {
    const page = `http://127.0.0.1:${consolePort}/`
    const shown = await fetch(page)
    expect(await shown.text()).toContain('<title>console')
    const policy = shown.headers.get('content-security-policy')
    for (const part of ["frame-ancestors 'none'", "form-action 'none'", "connect-src 'self';"])
      expect(policy).toContain(part)
    // `as`: the settings that this page is told of
    const place = (await (await fetch(`${page}place.json`)).json()) as { readonly token_file: string }
    expect(place.token_file).toBe(tokenFile)
    for (const dest of ['iframe', 'object', 'script', 'empty']) {
      const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': dest }
      for (const path of ['/', '/place.json', '/docs']) expect((await send(path, { headers })).status).toBe(403)
    }
    const own = { authorization: good(), origin: `http://127.0.0.1:${consolePort}`, 'sec-fetch-site': 'same-origin' }
    expect((await send('/v1/agreements', { headers: own })).status).toBe(200)
  })

  test('a GET that would do something', async () => {
    for (const path of [`/v1/retire?agreement=${agreement}`, '/v1/queries', '/v1/asks']) {
      expect((await curl(path)).status).toBe(404)
    }
    expect(await standing()).toBe('active')
  })

  test('a preflight, and says nothing to other origins', async () => {
    const headers = { authorization: good(), 'access-control-request-method': 'POST', origin: 'https://page.example' }
    expect((await send('/v1/retire', { method: 'OPTIONS', headers })).status).toBe(403)
    const answer = await fetch(`http://127.0.0.1:${consolePort}/openapi.json`, { headers: { authorization: good() } })
    expect([...answer.headers.keys()].filter((field) => field.startsWith('access-control'))).toEqual([])
  })

  test('the world: what is on the console is not on the public listener', async () => {
    for (const path of ['/v1/agreements', '/v1/evidence', '/metrics']) {
      expect((await fetch(gateway.url + path, { headers: { authorization: good() } })).status).toBe(404)
    }
    expect(statSync(tokenFile).mode & 0o077).toBe(0)
  })
})

describe('a gateway that ends', () => {
  test('keeps everything over a kill and a start', async () => {
    const before = (await curl(`/v1/evidence/${evidence}`)).text
    const token = readFileSync(tokenFile, 'utf8')
    await gateway.end('SIGKILL')
    await gateway.again()
    expect(readFileSync(tokenFile, 'utf8')).toBe(token)
    expect((await curl(`/v1/evidence/${evidence}`)).text).toBe(before)
    expect(await standing()).toBe('active')
    expect((await curl('/v1/queries', question())).body).toMatchObject({ complete: true })
  })

  test('signs by a process of the company’s own, and says so when that has died', async () => {
    await gateway.end()
    const seedFile = join(own, 'insurer.seed')
    const pidFile = join(own, 'signer.pid')
    const broken = join(own, 'broken')
    const signer = join(own, 'signer.mjs')
    writeFileSync(seedFile, Buffer.from(sha256(utf8(`dcann/test-key/1\n${seed}/${name}/0`))).toString('hex'), {
      mode: 0o600,
    })
    writeFileSync(
      signer,
      `import { existsSync, writeFileSync } from 'node:fs'
      if (existsSync(${JSON.stringify(broken)})) process.exit(3)
      writeFileSync(${JSON.stringify(pidFile)}, String(process.pid))
      await import(${JSON.stringify(from('packages/gateway/examples/external-signer.mjs'))})`,
    )
    const config = JSON.parse(readFileSync(configFile, 'utf8')) as ConfigInput
    const command = [process.execPath, signer, seedFile]
    writeFileSync(configFile, JSON.stringify({ ...config, key: { command } }))
    await gateway.again()
    expect((await curl('/v1/queries', question())).status).toBe(200)
    writeFileSync(broken, '')
    process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGKILL')
    await expect.poll(async () => (await curl('/v1/queries', question())).status).toBe(503)
    expect((await curl('/v1/queries', question())).body['detail']).toContain('key process has ended')
    rmSync(broken)
    await expect.poll(async () => (await curl('/v1/queries', question())).status, { timeout: 10_000 }).toBe(200)
  })

  test('is checked by dcann fsck, and its key is made by dcann gateway', { timeout: 60_000 }, async () => {
    await gateway.end()
    const dcann = async (...words: readonly string[]): Promise<string> => {
      const env = { ...process.env, DCANN_GATEWAY_PASSPHRASE: 'correct horse battery' }
      return (await promisify(execFile)(process.execPath, [from('packages/cli/bin/dcann.mjs'), ...words], { env }))
        .stdout
    }
    expect(await dcann('fsck', '--config', configFile)).toContain('Everything holds.')
    const file = join(own, 'made.key')
    const [key = ''] = (await dcann('gateway', '--make-key', file)).split('\n')
    expect(fromBase64Url(key)).toHaveLength(32)
    expect(existsSync(file)).toBe(true)
    expect(statSync(file).mode & 0o077).toBe(0)
    await gateway.again()
  })
})
