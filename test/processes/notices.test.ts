import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type RequestListener, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { canonicalText } from '@dcann/protocol/canonical'
import { noticeNoun } from '@dcann/protocol/notice'
import { requesterNoun } from '@dcann/protocol/requester'
import { proveSigned, readSigned } from '@dcann/protocol/signed'
import { createRegistryClient } from '@dcann/sdk/registry-client'
import { fetchOffer, readAsk } from '@dcann/sdk/requester'
import { createResolver } from '@dcann/sdk/resolver'
import { makeAct, makeGrant } from '@dcann/sdk/wallet-documents'
import { handleSigner } from '@dcann/sdk/wallet-keys'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePorts } from '../../scripts/federation/part.ts'
import { type Federation, startFederation } from '../../scripts/federation/parts.ts'
import { signAfter } from '../cast.ts'
import { consent, type Consented, offerOf, type Person, ridesTerm, settlePerson } from '../consented.ts'

const insurer = 'EE/requester/insurer'
const soon = { timeout: 20_000, interval: 100 }

let folder = ''
let federation: Federation
let person: Person
let port = 0
let counter = 0

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dcann-notices-'))
  federation = await startFederation({ folder, seed: 'notices', ports: await freePorts(9) })
  person = await settlePerson(federation.world(), 'notices', 'IN', federation.cast.nodes.tallinn)
  // in the place of the ride company stands whoever a test wants
  await federation.rides.end()
  port = Number(new URL(federation.rides.url).port)
})

afterAll(async () => {
  await federation?.stop()
  await rm(folder, { recursive: true, force: true })
})

type Listed = { readonly agreement: string; readonly chain?: { readonly standing: string } }

/** What the company's own tools ask its gateway. */
async function console(path: string, body?: object): Promise<Readonly<Record<string, unknown>>> {
  const { url, tokenFile } = federation.consoles.insurer
  const authorization = `Bearer ${readFileSync(tokenFile, 'utf8').trim()}`
  const sent = { method: 'POST', body: JSON.stringify(body) }
  const headers = { authorization, 'content-type': 'application/json' }
  const answer = await fetch(url + path, { headers, ...(body === undefined ? {} : sent) })
  return (await answer.json()) as Readonly<Record<string, unknown>>
}

async function heard(agreement: string): Promise<string | undefined> {
  const { agreements } = (await console('/v1/agreements?limit=64')) as { readonly agreements: readonly Listed[] }
  return agreements.find((one) => one.agreement === agreement)?.chain?.standing
}

/** An agreement that she brings back to the company, and her revoke. */
async function agreeWithInsurer() {
  const world = federation.world()
  const terms = [ridesTerm('rides', ['rides_per_week'])]
  const asked = await console('/v1/asks', { terms, value: { gives: [], settle_by: 'P30D' }, lasts: 'P90D' })
  const ask = readAsk(String(asked['link']))
  const pinned = federation.cast.root.signed
  const resolver = await createResolver({ world, pinned, registries: [federation.registry.url] })
  const { offer, record } = await fetchOffer(world, resolver, ask)
  const handle = handleSigner(person.seed, insurer, counter++)
  const { grant, binding } = await makeGrant(world, offer, {
    terms: ['rides'],
    requester: record.payload,
    passport: person.identifier,
    handle,
    control: person.by.signer,
  })
  await person.vault.grant({ offer: offer.signed, grant: grant.signed, binding: binding.signed })
  await fetch(ask.return, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: canonicalText({ grant: grant.signed, handle: grant.payload.handle, node: 'EE/node/tallinn' }),
  })
  return {
    agreement: grant.id,
    revoke: async () => await person.vault.act(await makeAct(world, 'revoke', grant.id, handle)),
  }
}

async function agreeWithRides(): Promise<Consented> {
  const { rides } = federation.cast.requesters
  const term = ridesTerm('rides', ['rides_per_week'], { purpose: 'dpv:ServiceProvision' })
  const offer = await offerOf(federation.world(), rides, [term])
  return await consent(federation.world(), person, rides, offer, ['rides'], counter++)
}

/** Somebody listens where the ride company's inbox is, until `close`. */
async function inbox(
  listener: RequestListener,
  at = port,
): Promise<{ readonly close: () => Promise<void>; readonly port: number }> {
  const server: Server = createServer(listener)
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(at, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** An inbox that takes everything, and what came of one agreement, proved to be the node's. */
async function openInbox() {
  const came: { readonly agreement: string; readonly n: number }[] = []
  const { close } = await inbox((request, answer) => {
    let text = ''
    request.on('data', (part: Buffer) => (text += part.toString()))
    request.on('end', () => {
      const { identity } = federation.cast.nodes.tallinn
      void proveSigned(readSigned(noticeNoun, JSON.parse(text)), [identity.key]).then(({ payload }) =>
        came.push({ agreement: payload.agreement, n: payload.n }),
      )
      answer.writeHead(202).end()
    })
  })
  return { came, close, of: (agreement: string) => came.filter((one) => one.agreement === agreement) }
}

test('a company knows of a revoke within seconds, by its own gateway', async () => {
  const { agreement, revoke } = await agreeWithInsurer()
  await revoke()
  await expect.poll(() => heard(agreement), soon).toBe('revoked')
})

test('a notice outlives the process that owed it', async () => {
  const agreed = await agreeWithRides()
  await agreed.revoke()
  await federation.tallinn.end('SIGKILL')
  const { of, close } = await openInbox()
  await federation.tallinn.again()
  await expect.poll(() => of(agreed.agreement)[0]?.n, soon).toBe(2)
  await close()
})

test('a push outlives the process that owed it', async () => {
  const closed = await inbox(() => {}, 0)
  await closed.close()
  const endpoint = `http://127.0.0.1:${closed.port}/me?token=a`
  const { push } = await person.vault.addPush(person.by, endpoint)
  const { insurer: by } = federation.cast.requesters
  const offer = await offerOf(federation.world(), by, [ridesTerm('rides', ['rides_per_week'])])
  await person.vault.propose({ from: insurer, signer: by.keys[0]! }, person.identifier, offer.signed)
  await federation.tallinn.end('SIGKILL')
  const came: string[] = []
  const open = await inbox((request, answer) => {
    request.on('data', (part: Buffer) => came.push(part.toString()))
    request.on('end', () => {
      came.push(`${request.method} ${request.url} ${request.headers['content-length']}`)
      answer.writeHead(201).end()
    })
  }, closed.port)
  await federation.tallinn.again()
  await expect.poll(() => came, soon).toEqual(['POST /me?token=a 0'])
  await person.vault.endPush(person.by, push)
  await open.close()
})

describe('an inbox keeps neither the revoke nor anybody else waiting when it', () => {
  const redirected: string[] = []
  const cases: readonly (readonly [string, RequestListener])[] = [
    ['hangs', () => {}],
    ['answers 10 MB', (_, answer) => void answer.writeHead(200).end(Buffer.alloc(10 * 1024 * 1024))],
    ['cuts the connection', (request) => void request.socket.destroy()],
    ['refuses', (_, answer) => void answer.writeHead(403).end()],
    ['dribbles', (_, answer) => void answer.writeHead(200).write('{')],
  ]
  test.each(cases)('%s', async (_, listener) => {
    let calls = 0
    const hostile = await inbox((request, answer) => {
      calls++
      listener(request, answer)
    })
    const agreed = await agreeWithRides()
    const { agreement, revoke } = await agreeWithInsurer()
    const done = await agreed.revoke()
    expect(done.standing).toBe('revoked')
    await expect.poll(() => calls, soon).toBeGreaterThan(0)
    await revoke()
    await expect.poll(() => heard(agreement), soon).toBe('revoked')
    await hostile.close()
    const { of, close } = await openInbox()
    await expect.poll(() => of(agreed.agreement).length, { ...soon, timeout: 60_000 }).toBeGreaterThan(0)
    await close()
  })

  test('redirects: nobody goes there', async () => {
    const elsewhere = await inbox((request, answer) => {
      redirected.push(String(request.url))
      answer.writeHead(202).end()
    }, 0)
    let calls = 0
    const hostile = await inbox((_, answer) => {
      calls++
      answer.writeHead(307, { location: `http://127.0.0.1:${elsewhere.port}/admin` }).end()
    })
    await (await agreeWithRides()).revoke()
    await expect.poll(() => calls, soon).toBeGreaterThan(1)
    expect(redirected).toEqual([])
    await hostile.close()
    await elsewhere.close()
  })

  test('is at a private address: nobody goes there either, and the node stands', async () => {
    const { rides } = federation.cast.requesters
    const now = Math.floor(federation.world().now())
    const { signed } = await signAfter(
      requesterNoun,
      rides.record,
      { inbox: 'https://10.255.255.1/inbox' },
      [...federation.cast.countries.IN.keys, ...rides.keys],
      now,
    )
    await createRegistryClient(federation.world(), federation.registry.url).submit(signed)
    // a node that has just started knows no older address
    await federation.tallinn.end()
    await federation.tallinn.again()
    const { of, close } = await openInbox()
    const agreed = await agreeWithRides()
    await agreed.revoke()
    const { agreement, revoke } = await agreeWithInsurer()
    await revoke()
    await expect.poll(() => heard(agreement), soon).toBe('revoked')
    expect(of(agreed.agreement)).toEqual([])
    await close()
  })
})

test('a holder knows of a takeover within seconds of its admission, without asking about the company', async () => {
  const world = federation.world()
  await agreeWithInsurer()
  const { next } = await person.vault.listNotices(person.by)
  const { keys, record } = federation.cast.requesters.insurer
  const { control } = record.payload
  const signers = [...federation.cast.countries.EE.keys, ...keys]
  const change = { control: { ...control, epoch: control.epoch + 1 } }
  const { signed } = await signAfter(requesterNoun, record, change, signers, Math.floor(world.now()))
  const told = async () =>
    (await person.vault.listNotices(person.by, { ...(next === undefined ? {} : { after: next }), wait: 8 })).notices
  await createRegistryClient(world, federation.registry.url).submit(signed)
  const begun = performance.now()
  await expect.poll(told, soon).toMatchObject([{ what: 'takeover', requester: insurer }])
  process.stdout.write(`told of a takeover ${Math.round(performance.now() - begun)} ms after its admission\n`)
})
