import { type Invite, inviteDigest, inviteOf, type InviteTerms } from '@dcann/protocol/invite'
import { limits } from '@dcann/protocol/limits'
import type { Offer } from '@dcann/protocol/offer'
import { readSigned, type Verified } from '@dcann/protocol/signed'
import { grantNoun } from '@dcann/protocol/agreement'
import { formatTime } from '@dcann/protocol/time'
import type { Caller } from '@dcann/sdk/signed-call'
import { makeGrant } from '@dcann/sdk/wallet-documents'
import { handleSigner } from '@dcann/sdk/wallet-keys'
import { beforeAll, describe, expect, test } from 'vitest'
import type { CastRequester } from './cast.ts'
import { codeOf } from './code-of.ts'
import { offerOf, type Person, ridesTerm, settlePerson } from './consented.ts'
import { type Network, startNetwork } from './network.ts'

let network: Network
let person: Person
let insurer: CastRequester
let rides: CastRequester

beforeAll(async () => {
  network = await startNetwork({ seed: 'invites' })
  ;({ insurer, rides } = network.cast.requesters)
  person = await settlePerson(network.world(), 'invites', 'IN', network.cast.nodes.tallinn)
})

function by({ keys: [signer], record }: CastRequester): Caller {
  return { from: record.payload.name, signer: signer! }
}

async function offerBy(requester: CastRequester): Promise<Verified<Offer>> {
  const purpose = requester === insurer ? 'dpv:PersonalisedBenefits' : 'dpv:ServiceProvision'
  return await offerOf(network.world(), requester, [ridesTerm('rides', ['rides_per_week'], { purpose })])
}

async function invite(terms: Partial<InviteTerms> = {}): Promise<Invite> {
  const made = inviteOf(network.time.random(16))
  const expires = formatTime(Math.floor(network.time.now()) + 86_400)
  await person.vault.makeInvite(person.by, inviteDigest(made), { expires, ...terms })
  return made
}

async function asksOf(digest: string): Promise<number> {
  const { asks } = await person.vault.listAsks(person.by)
  return asks.filter((one) => one.invite === digest).length
}

async function standing(token: Invite) {
  const { invites } = await person.vault.listInvites(person.by)
  return invites.find((one) => one.invite === inviteDigest(token))
}

test('a requester asks by an invite, is granted, and only then knows her by a handle', async () => {
  const token = await invite({ kind: 'company', purpose: 'dpv:PersonalisedBenefits', note: 'the insurer at the fair' })
  const offer = await offerBy(insurer)
  const { proposal, state } = await person.vault.proposeByInvite(by(insurer), token, offer.signed)
  expect(state).toBe('pending')
  const [ask] = (await person.vault.listAsks(person.by)).asks
  expect(ask).toMatchObject({ ask: proposal, invite: inviteDigest(token), requester: 'EE/requester/insurer' })
  expect(await standing(token)).toMatchObject({ state: 'spent', by: 'EE/requester/insurer', ask: proposal })
  const handle = handleSigner(person.seed, insurer.record.payload.name, 0)
  const { grant, binding } = await makeGrant(network.world(), offer, {
    terms: ['rides'],
    requester: insurer.record.payload,
    passport: person.identifier,
    handle,
    control: person.by.signer,
  })
  await person.vault.grant({ offer: offer.signed, grant: grant.signed, binding: binding.signed, ask: proposal })
  const polled = await person.vault.pollProposal(by(insurer), proposal)
  expect(polled.state).toBe('granted')
  expect(readSigned(grantNoun, polled.grant).payload.handle).toBe(grant.payload.handle)
  const { lines } = await person.vault.readTrail(person.by)
  expect(lines.map(({ entry }) => `${entry.kind} ${entry.outcome}`)).toEqual([
    'invite made',
    'ask delivered',
    'activated activated',
  ])
})

describe('whatever the token is, the answer is the same, and nothing reaches her', () => {
  const cases: readonly (readonly [string, () => Promise<Invite>])[] = [
    ['unknown', async () => inviteOf(network.time.random(16))],
    [
      'spent by another',
      async () => {
        const token = await invite()
        await person.vault.proposeByInvite(by(rides), token, (await offerBy(rides)).signed)
        return token
      },
    ],
    [
      'spent by itself on another offer',
      async () => {
        const token = await invite()
        await person.vault.proposeByInvite(by(insurer), token, (await offerBy(insurer)).signed)
        return token
      },
    ],
    [
      'withdrawn',
      async () => {
        const token = await invite()
        expect(await person.vault.withdrawInvite(person.by, inviteDigest(token))).toMatchObject({ state: 'withdrawn' })
        return token
      },
    ],
    [
      'expired',
      async () => {
        const token = await invite({ expires: formatTime(Math.floor(network.time.now()) + 1) })
        network.time.pass(1)
        return token
      },
    ],
    ['for another kind', async () => await invite({ kind: 'research' })],
    ['for another purpose', async () => await invite({ purpose: 'dpv:ServiceProvision' })],
  ]

  test.each(cases)('%s', async (_, make) => {
    const token = await make()
    const before = await asksOf(inviteDigest(token))
    const { asks } = await person.vault.listAsks(person.by)
    const offer = await offerBy(insurer)
    const answer = await person.vault.proposeByInvite(by(insurer), token, offer.signed)
    const open = await person.vault.proposeByInvite(by(insurer), await invite(), offer.signed)
    expect(answer).toEqual({ ...open, proposal: answer.proposal })
    expect(await person.vault.proposeByInvite(by(insurer), token, offer.signed)).toEqual(answer)
    const pending = { proposal: answer.proposal, state: 'pending' }
    expect(await person.vault.pollProposal(by(insurer), answer.proposal)).toEqual(pending)
    expect(await asksOf(inviteDigest(token))).toBe(before)
    expect((await person.vault.listAsks(person.by)).asks.length).toBe(asks.length + 1)
  })
})

test('the same offer again is the same ask, and of two at once one gets through', async () => {
  const token = await invite()
  const offers = [await offerBy(insurer), await offerBy(rides)] as const
  const deliver = async () =>
    await Promise.all([
      person.vault.proposeByInvite(by(insurer), token, offers[0].signed),
      person.vault.proposeByInvite(by(rides), token, offers[1].signed),
      person.vault.proposeByInvite(by(insurer), token, offers[0].signed),
    ])
  const [first, other, again] = await deliver()
  expect(first).toEqual(again)
  expect(other.proposal).not.toBe(first.proposal)
  await deliver()
  expect(await asksOf(inviteDigest(token))).toBe(1)
})

test('a token stands nowhere in the store', async () => {
  const token = await invite()
  await person.vault.proposeByInvite(by(insurer), token, (await offerBy(insurer)).signed)
  const { store } = network.vaults.tallinn
  let looked = 0
  for (let after: string | undefined; ;) {
    const page = await store.range({ prefix: '', limit: 256, ...(after === undefined ? {} : { after }) })
    for (const { key, value } of page) {
      looked++
      expect(`${key} ${Buffer.from(value).toString('latin1')}`).not.toContain(token)
    }
    after = page.at(-1)?.key
    if (after === undefined) break
  }
  expect(looked).toBeGreaterThan(50)
})

describe('makeInvite', () => {
  test('refuses what is over, what never ends, and one too many', async () => {
    const now = Math.floor(network.time.now())
    const other = await settlePerson(network.world(), 'invites-other', 'EE', network.cast.nodes.tallinn)
    const make = async (digest: string, terms: InviteTerms) =>
      await codeOf(() => other.vault.makeInvite(other.by, digest, terms))
    const digest = (i: number): string => inviteDigest(inviteOf(new Uint8Array(16).fill(i)))
    expect(await make(digest(0), { expires: formatTime(now) })).toBe('expired')
    expect(await make(digest(0), { expires: formatTime(now + 400 * 86_400) })).toBe('bound-crossed')
    const expires = formatTime(now + 60)
    for (let i = 0; i < limits.invites; i++) expect(await make(digest(i), { expires })).toBe('admitted')
    expect(await make(digest(0), { expires })).toBe('admitted')
    expect(await make(digest(0), { expires, kind: 'research' })).toBe('id-reused')
    expect(await make(digest(200), { expires })).toBe('bound-crossed')
    network.time.pass(60)
    expect(await make(digest(200), { expires: formatTime(now + 120) })).toBe('admitted')
    expect((await other.vault.listInvites(other.by)).invites.length).toBe(1)
  })

  test("takes another's digest, which then leads where it led", async () => {
    const other = await settlePerson(network.world(), 'invites-thief', 'EE', network.cast.nodes.tallinn)
    const token = await invite()
    const expires = formatTime(Math.floor(network.time.now()) + 60)
    await other.vault.makeInvite(other.by, inviteDigest(token), { expires })
    await person.vault.proposeByInvite(by(insurer), token, (await offerBy(insurer)).signed)
    expect((await other.vault.listAsks(other.by)).asks).toEqual([])
    expect(await asksOf(inviteDigest(token))).toBe(1)
    expect(await codeOf(() => other.vault.withdrawInvite(other.by, inviteDigest(inviteOf(new Uint8Array(16)))))).toBe(
      'not-found',
    )
  })
})

test('deliveries by invite are metered, whether the token is one or not', async () => {
  const offer = await offerBy(rides)
  const codes = await Promise.all(
    Array.from({ length: 80 }, () =>
      codeOf(() => person.vault.proposeByInvite(by(rides), inviteOf(network.time.random(16)), offer.signed)),
    ),
  )
  expect(new Set(codes)).toEqual(new Set(['admitted', 'rate-limited']))
  const last = await invite()
  expect(await codeOf(() => person.vault.proposeByInvite(by(rides), last, offer.signed))).toBe('rate-limited')
})
