import { makeAcceptance } from '@dcann/sdk/proffer'
import { createLogClient } from '@dcann/sdk/log-client'
import { createRegistryClient } from '@dcann/sdk/registry-client'
import { createVaultClient } from '@dcann/sdk/vault-client'
import { type Caller, callSigned, postRecord } from '@dcann/sdk/signed-call'
import type { World } from '@dcann/sdk/world'
import { capabilityEndNoun, capabilityNoun } from '@dcann/protocol/capability'
import { inviteDigest, inviteOf } from '@dcann/protocol/invite'
import { type Signer, testSigner } from '@dcann/protocol/key'
import { type Signed, signPayload } from '@dcann/protocol/signed'
import { testOpener } from '@dcann/protocol/sealing-key'
import { makeGrant } from '@dcann/sdk/wallet-documents'
import { handleSigner } from '@dcann/sdk/wallet-keys'
import { stopNoun } from '@dcann/protocol/stop'
import { formatTime } from '@dcann/protocol/time'
import {
  batchAnswer,
  batchCall,
  capabilitiesAnswer,
  capabilitiesCall,
  capabilityAnswer,
  capabilityCall,
  capabilityEndAnswer,
  capabilityEndCall,
  stopAnswer,
  stopCall,
} from '@dcann/protocol/vault-api'
import { type CastRequester, castUrls } from './cast.ts'
import {
  consent,
  dailyRides,
  offerOf,
  type Person,
  ridesPerWeek,
  ridesStrand,
  ridesTerm,
  send,
  settlePerson,
  signQuery,
} from './consented.ts'
import { callerOf, lay, profferText } from './laid.ts'
import { type Network, nonceOf } from './network.ts'

/**
 * Asks a registry and the vault node in Tallinn everything that can be asked of them, through `fetch`: each call once so
 * that it is done, and some so that they are refused.
 */
export async function askEverything(network: Network, fetch: World['fetch']): Promise<void> {
  const world = { ...network.world(), fetch }
  await askVault(network, world)
  await askRegistry(network, world)
}

async function askVault(network: Network, world: World): Promise<void> {
  const { insurer } = network.cast.requesters
  const { cast: node, url } = network.vaults.tallinn
  const by = { from: insurer.record.payload.name, signer: signerOf(insurer) }
  const person = await settlePerson(world, 'asked-everything', 'EE', node)
  const vault = createVaultClient(world, url)
  await vault.describe()
  await vault.makeStrand(person.by, ridesStrand)
  await vault.addEntries(person.by, ridesStrand.name, dailyRides(Math.floor(world.now()), 20))
  await vault.listStrands(person.by)
  await vault.listEntries(person.by, ridesStrand.name)

  const offer = await offerOf(world, insurer, [ridesTerm('rides', ['rides_per_week'])])
  const proposed = await vault.propose(by, person.identifier, offer.signed)
  await vault.pollProposal(by, proposed.proposal)
  const { asks } = await vault.listAsks(person.by)
  await vault.refuse(person.by, { ask: asks[0]?.ask ?? '' })

  await askInvites(world, url, person, offer.signed, by)

  const agreed = await consent(world, person, insurer, offer, ['rides'])
  const asked = await signQuery(world, agreed, ridesPerWeek)
  await send(world, asked)
  const requests = [ridesPerWeek, [{ strand: 'health.sleep' }]].map((items, i) => ({
    id: `item-of-a-batch-${i}`,
    from: by.from,
    to: agreed.handle,
    agreement: agreed.agreement,
    purpose: 'dpv:PersonalisedBenefits',
    items,
  }))
  await callSigned(world, `${url}/v1/requests/batch`, by, batchCall, { requests }, batchAnswer)

  // replayed, over-asking with the node's signed word, not-found, signature-missing
  await send(world, asked)
  await send(world, await signQuery(world, agreed, [{ strand: 'mobility.rides' }]))
  await send(world, await signQuery(world, { ...agreed, agreement: agreed.offer.id }, ridesPerWeek))
  await send(world, { ...asked, headers: { 'content-type': 'application/json' } })

  await person.vault.refuseInAdvance(person.by, { purpose: 'dpv:Marketing', except: [] })
  await person.vault.listRefusals(person.by)
  await person.vault.liftRefusal(person.by, { purpose: 'dpv:Marketing' })
  await askProffers(world, person, insurer)
  await askRights(world, url, person)
  const held = (await createRegistryClient(world, castUrls.registry).passport(person.identifier)).passport.records[0]
  if (held) await vault.follow(held)
  await askToSettle(world, person, network.cast.requesters.health)
  await agreed.revoke()
  await vault.listAgreements(person.by)
  await network.round()
  await vault.listEvents(by, agreed.agreement)
  await vault.readEvidence(by, agreed.agreement, 1)
  await vault.readTrail(person.by, { prove: true })
  await world.fetch(`${url}/v1/log/checkpoint`)
  const { inclusion } = await vault.readEvidence(by, agreed.agreement, 1)
  await world.fetch(`${url}/v1/log/tile/0/000.p/${inclusion?.size ?? 0}`)
  await world.fetch(`${url}/v1/log/tile/nowhere`)
  for (const path of ['/openapi.json', '/docs']) await world.fetch(url + path)
}

/** A grant over special data, which is taken back before it has settled. */
async function askToSettle(world: World, person: Person, health: CastRequester): Promise<void> {
  const purpose = 'dpv:PublicBenefit'
  const term = ridesTerm('visits', null, { purpose, category: 'pd:Health', strand: 'health.visits' })
  const offer = await offerOf(world, health, [term], { sealing_key: testOpener('asked-everything').key })
  const requester = health.record.payload
  const { grant, binding } = await makeGrant(world, offer, {
    terms: ['visits'],
    requester,
    passport: person.identifier,
    handle: handleSigner(person.seed, requester.name, 90),
    control: person.by.signer,
  })
  const call = { offer: offer.signed, grant: grant.signed, binding: binding.signed }
  await person.vault.grant({ ...call, settle: true })
  await person.vault.undoGrant(person.by, grant.id)
}

async function askProffers(
  world: World,
  person: Person,
  insurer: Network['cast']['requesters']['insurer'],
): Promise<void> {
  const text = profferText(world, 'dpv:PersonalisedBenefits')
  const toInsurer = { for: { requester: insurer.record.payload.name }, text }
  const { roster, proffers } = await lay(world, person, [toInsurer, { for: toInsurer.for, text }], 1)
  const by = callerOf(insurer)
  const [first] = proffers
  if (!first) throw new Error('asking everything: no proffer was laid')
  await person.vault.openProffer(by, first.proffer.id)
  const { acceptance } = await makeAcceptance(world, first.proffer, insurer.record.payload, by.signer)
  await person.vault.accept(acceptance.signed)
  await person.vault.listProffers(person.by)
  await person.vault.withdraw(person.by, { roster })
}

async function askInvites(world: World, url: string, { by }: Person, offer: Signed, requester: Caller): Promise<void> {
  const vault = createVaultClient(world, url)
  const invite = inviteOf(world.random(16))
  const expires = formatTime(Math.floor(world.now()) + 86_400)
  await vault.makeInvite(by, inviteDigest(invite), { expires, kind: 'company', note: 'for the insurer' })
  await vault.proposeByInvite(requester, invite, offer)
  await vault.listInvites(by)
  await vault.listNotices(by)
  const { push } = await vault.addPush(by, 'https://push.example/asked-everything')
  await vault.listPushes(by)
  await vault.endPush(by, push)
  await vault.withdrawInvite(by, inviteDigest(invite))
}

async function askRights(world: World, url: string, { identifier, by }: Person): Promise<void> {
  const at = formatTime(Math.floor(world.now()))
  const nonce = nonceOf('asked-everything')
  const { key } = testSigner('another-device')
  const said = { v: 1, passport: identifier, at, nonce } as const
  const until = formatTime(Math.floor(world.now()) + 86_400)
  const capability = await signPayload(capabilityNoun, { ...said, key, right: 'read', until }, [by.signer])
  await postRecord(world, `${url}/v1/capabilities`, capabilityCall, { capability }, capabilityAnswer)
  await callSigned(world, `${url}/v1/capabilities/list`, by, capabilitiesCall, {}, capabilitiesAnswer)
  const end = await signPayload(capabilityEndNoun, { ...said, key }, [by.signer])
  await postRecord(world, `${url}/v1/capabilities/end`, capabilityEndCall, { end }, capabilityEndAnswer)
  const stop = await signPayload(stopNoun, { ...said, kind: 'pause', of: { all: true } }, [by.signer])
  await postRecord(world, `${url}/v1/stop`, stopCall, { stop }, stopAnswer)
}

async function askRegistry(network: Network, world: World): Promise<void> {
  const registry = createRegistryClient(world, castUrls.registry)
  const { tallinn } = network.cast.nodes
  const { name } = tallinn.record.payload
  const person = await settlePerson(world, 'resolved', 'EE', tallinn)
  await registry.submit(tallinn.record.signed)
  await registry.zones()
  await registry.consistency('IN', 1, 2)
  await createLogClient(world, castUrls.registry).acts('IN', 0)
  await registry.list('EE', 'node', { limit: 1 })
  await registry.resolution('EE', name)
  await registry.resolution('EE', 'EE/node/nowhere')
  await registry.passport(person.identifier)
  await registry.record(tallinn.record.id)
  await registry.root(1)
  for (const path of ['/v1/authorization', '/v1/recognition']) {
    const query = { entity_id: 'country/EE', authority_id: 'root', action: 'delegate', resource: 'zone' }
    const headers = { 'content-type': 'application/json' }
    await world.fetch(castUrls.registry + path, { method: 'POST', headers, body: JSON.stringify(query) })
  }
  for (const path of [
    '/v1/root',
    '/openapi.json',
    '/docs',
    '/v1/root/99',
    '/v1/records/short',
    '/v1/zones/EE/record',
    '/v1/resolve/x',
  ]) {
    await world.fetch(castUrls.registry + path)
  }
}

function signerOf({ keys }: Network['cast']['requesters']['insurer']): Signer {
  const [signer] = keys
  if (!signer) throw new Error('asking everything: the requester has no key')
  return signer
}
