import { sha256, utf8 } from '@dcann/protocol/bytes'
import type { Entry } from '@dcann/protocol/entry'
import { createVaultClient } from '@dcann/sdk/vault-client'
import { evidenceChain } from '@dcann/sdk/evidence-chain'
import { makeEvidencePackage } from '@dcann/sdk/evidence-package'
import { query } from '@dcann/sdk/query'
import { proveAgreement } from '@dcann/sdk/agreement-pair'
import { fetchOffer, makeOffer, readAsk, writeAsk } from '@dcann/sdk/requester'
import { verifyEvidence } from '@dcann/sdk/verify-evidence'
import { makeAct, makeGenesis, makeGrant } from '@dcann/sdk/wallet-documents'
import { controlSigner, handleSigner } from '@dcann/sdk/wallet-keys'
import { emptyWallet, withAgreement, withHandle } from '@dcann/sdk/wallet'
import type { Signed } from '@dcann/protocol/signed'
import { expect, test } from 'vitest'
import { codeOf } from '../code-of.ts'
import { dawn, startNetwork } from '../network.ts'
import { offerText, placesTerm, ridesTerm } from '../scripted-agreement.ts'

/**
 * From a link to a package that stands in court, with nothing in between but what the SDK offers.
 */
test('a company asks by link, a person grants and stops it, and the evidence verifies offline', async () => {
  const offers = new Map<string, Signed>()
  const network = await startNetwork({
    seed: 'ask-to-evidence',
    hosts: {
      'insurer.example': async ({ url }) => {
        const offer = offers.get(new URL(url).pathname.slice('/offers/'.length))
        return offer ? Response.json(offer) : new Response(null, { status: 404 })
      },
    },
  })
  const { cast, time } = network
  const world = network.world()
  const resolver = await network.resolver()
  const seed = sha256(utf8('a person of nowhere'))
  const control = controlSigner(seed)

  // a passport of IN, at home in EE
  const home = await resolver.resolveHome('EE/node/tallinn')
  const vault = createVaultClient(world, home.node.payload.url)
  const { identifier, genesis } = await makeGenesis(world, { zone: 'IN', node: home.node.payload, control })
  await vault.host(genesis)
  const located = await resolver.resolvePassport(identifier)
  expect(located.home?.node.id).toBe(home.node.id)
  const holder = { from: identifier, signer: control }

  // rides of three months, and a place
  const strand = { kind: 'stream' as const, special: false, tags: [], custody: 'node' as const }
  await vault.makeStrand(holder, {
    ...strand,
    name: ridesTerm.strand,
    schema: 'urn:dcann:ride:1',
    category: ridesTerm.category,
  })
  await vault.makeStrand(holder, {
    ...strand,
    name: placesTerm.strand,
    schema: 'urn:dcann:place:1',
    category: placesTerm.category,
  })
  const entry: Omit<Entry, 'at' | 'body'> = {
    tags: [],
    moment: { driver: 'experience', channel: 'offline' },
    source: 'export',
    assurance: 'self',
    about: 'holder',
  }
  const rides = Array.from({ length: 30 }, (_, i) => ({
    ...entry,
    at: new Date((dawn - (i + 1) * 86_400) * 1000).toISOString().replace('.000', ''),
    body: { km: String(i) },
  }))
  expect(await vault.addEntries(holder, ridesTerm.strand, rides)).toMatchObject({ added: 30 })
  await vault.addEntries(holder, placesTerm.strand, [{ ...rides[0]!, body: { town: 'Pune' } }])

  // the company's link, and what the wallet makes of it
  const { insurer } = cast.requesters
  const by = { from: insurer.record.payload.name, signer: insurer.keys[0]! }
  const made = await makeOffer(world, insurer.record.payload, by.signer, offerText(Math.floor(time.now())))
  offers.set(made.id, made.signed)
  const ask = readAsk(
    `https://wallet.example/${writeAsk({ requester: by.from, offer: made.id, return: 'https://insurer.example/thanks' })}`,
  )
  const { offer, record } = await fetchOffer(world, resolver, ask)
  const { wallet, made: handle } = withHandle(emptyWallet, seed, by.from, identifier)
  const granted = await makeGrant(world, offer, {
    terms: ['rides', 'places'],
    requester: record.payload,
    passport: identifier,
    handle: handleSigner(seed, handle.requester, handle.counter),
    control,
  })
  const documents = { offer: offer.signed, grant: granted.grant.signed }
  const answer = await vault.grant({ ...documents, binding: granted.binding.signed })
  expect(answer).toMatchObject({ agreement: granted.grant.id, handle: handle.handle })
  expect(withAgreement(wallet, { ...documents, passport: identifier }).agreements).toHaveLength(1)

  // the company asks
  const pair = await proveAgreement(documents, insurer.record.payload.keys)
  const asking = { by, requester: insurer.record.payload, node: home.node.payload, pair }
  const question = {
    purpose: ridesTerm.purpose,
    items: [{ strand: ridesTerm.strand, claims: ['rides_per_week'] }, { strand: placesTerm.strand }],
  }
  const answered = await query(world, asking, question)
  expect(answered.assertion.payload.items[0]?.derived?.['rides_per_week']?.value).toBe('2.3')
  expect(answered.assertion.payload.items[1]?.entries?.[0]?.body).toEqual({ town: 'Pune' })

  // its evidence, in one file
  await network.round()
  const { n, agreement } = answered.assertion.payload
  const opened = await vault.readEvidence(by, agreement, n)
  const chain = await evidenceChain(resolver, home.node.payload.name, by.from)
  const file = makeEvidencePackage({ answered, chain, opened })
  const { verdict, links } = await verifyEvidence(file, cast.root.id)
  expect(verdict).toBe('provisional')
  expect(links.at(-1)?.link).toBe('inclusion')

  // the person stops it, and sees it all
  time.pass(5)
  const stopped = await vault.act(
    await makeAct(world, 'revoke', agreement, handleSigner(seed, by.from, handle.counter)),
  )
  expect(stopped.standing).toBe('revoked')
  expect(await codeOf(() => query(world, asking, question))).toBe('not-found')
  const { entries } = await vault.listEvents(by, agreement)
  expect(entries.map(({ entry: { kind } }) => kind)).toEqual(['activated', 'answer', 'act'])
  const { agreements } = await vault.listAgreements(holder)
  expect(agreements[0]).toMatchObject({ agreement, standing: 'revoked', answers: 1 })
  expect((await vault.readTrail(holder)).lines.length).toBeGreaterThanOrEqual(3)
})
