import { recordIdOf, type Signed } from '@dcann/protocol/signed'
import { fromBase64Url } from '@dcann/protocol/bytes'
import { makeCapabilityEnd } from '@dcann/sdk/capability'
import { cardSigner, makeCard, readCard, useCard } from '@dcann/sdk/stop-card'
import { createVaultClient } from '@dcann/sdk/vault-client'
import { makeAct } from '@dcann/sdk/wallet-documents'
import type { World } from '@dcann/sdk/world'
import { expect } from 'vitest'
import type { CastRequester } from '../cast.ts'
import { codeOf } from '../code-of.ts'
import { consent, dailyRides, offerOf, ridesStrand, ridesTerm, send, settlePerson, signQuery } from '../consented.ts'
import type { Story } from './setting.ts'

/** Story 15. */
export const stopFromAnything: Story = {
  claims:
    'phone lost: a printed card alone pauses and revokes from any machine, at once, and can do nothing else; the requester does not learn who stopped it',
  async tell({ cast, world, resolver, label }) {
    const { insurer } = cast.requesters
    const person = await settlePerson(world(), `stop/${label}`, 'IN', cast.nodes.tallinn)
    await person.vault.makeStrand(person.by, ridesStrand)
    await person.vault.addEntries(person.by, 'mobility.rides', dailyRides(Math.floor(world().now()), 40))
    const first = await consent(world(), person, insurer, await offerOf(world(), insurer, [ridesTerm('all', null)]), [
      'all',
    ])
    const second = await consent(
      world(),
      person,
      insurer,
      await offerOf(world(), insurer, [ridesTerm('rate', ['rides_per_week'])]),
      ['rate'],
    )
    const byHandle = await consent(
      world(),
      person,
      insurer,
      await offerOf(world(), insurer, [ridesTerm('how', ['rides_per_week'])]),
      ['how'],
    )
    const may = async (): Promise<number[]> => {
      const asked = [first, second].map(async (agreed, i) => {
        const items = [{ strand: 'mobility.rides', ...(i === 0 ? {} : { claims: ['rides_per_week'] }) }]
        return (await send(world(), await signQuery(world(), agreed, items))).status
      })
      return await Promise.all(asked)
    }
    expect(await may()).toEqual([200, 200])

    // printed once, at home
    const made = await makeCard(world(), {
      passport: person.identifier,
      node: 'EE/node/tallinn',
      control: person.by.signer,
    })
    await person.vault.makeCapability(made.capability)
    expect(made.text).toMatch(/^EE\/node\/tallinn (?:[0-9A-Z]{6}-){5}[0-9A-Z]{6}$/)
    expect(made.text).not.toContain(person.identifier)

    // anywhere else: a world that has seen nothing, a resolver, and the paper
    const paper = made.text.toLowerCase().replaceAll('-', ' ')
    const paused = await useCard(world(), await resolver(), paper, 'pause')
    expect(paused).toEqual({ kind: 'pause', effective_after: expect.any(Number) })
    expect(await may()).toEqual([403, 403])

    // it does nothing else, whoever holds it, also who knows whose it is and what there is
    const card = cardSigner(readCard(paper))
    const by = { from: person.identifier, signer: card }
    const vault = createVaultClient(world(), person.vault.url)
    for (const look of [
      () => vault.listAgreements(by),
      () => vault.listEvents(by, first.agreement),
      () => vault.readTrail(by),
      () => vault.readEvidence(by, null, 1),
      () => vault.listStrands(by),
      () => vault.listEntries(by, 'mobility.rides'),
      () => vault.listAsks(by),
      () => vault.listCapabilities(by),
      () => vault.makeStrand(by, ridesStrand),
    ])
      expect(await codeOf(look)).toBe('key-unknown')
    expect(await codeOf(async () => vault.act(await makeAct(world(), 'resume', first.agreement, card)))).toBe(
      'not-found',
    )
    expect(await may()).toEqual([403, 403])
    const another = await makeCard(world(), { passport: person.identifier, node: 'EE/node/tallinn', control: card })
    expect(await codeOf(() => vault.makeCapability(another.capability))).toBe('not-entitled')
    await expect(
      consent(
        world(),
        { ...person, by },
        insurer,
        await offerOf(world(), insurer, [ridesTerm('more', ['rides_per_week'])]),
        ['more'],
      ),
    ).rejects.toMatchObject({ code: 'not-entitled' })

    // she resumes by her own key; one agreement, all with one requester, then everything
    await first.act('resume')
    await second.act('resume')
    expect(await may()).toEqual([200, 200])
    const address = person.vault.url
    const nothing = await useCard(world(), address, paper, 'revoke', { requester: 'IN/requester/rides' })
    expect(Object.keys(nothing)).toEqual(Object.keys(paused))
    expect(await may()).toEqual([200, 200])
    await useCard(world(), address, paper, 'pause', { agreement: first.agreement })
    expect(await may()).toEqual([403, 200])
    await byHandle.revoke()
    const revoked = await useCard(world(), address, paper, 'revoke', { all: true })
    expect(revoked.effective_after).toBeLessThan(5_000)
    expect(await may()).toEqual([404, 404])
    await expect(first.act('resume')).rejects.toMatchObject({ code: 'not-active' })
    expect((await useCard(world(), address, paper, 'revoke', { all: true })).kind).toBe('revoke')

    // the requester sees that it ended and when; not by which key, and nothing that two agreements share
    const events = (agreement: string) => eventsOf(world(), insurer, address, agreement)
    const [ownKey, stopped, other] = await Promise.all([byHandle, first, second].map((one) => events(one.agreement)))
    const last = (entries: Events) => entries.findLast(({ entry }) => entry.outcome === 'revoke')?.entry
    expect(Object.keys(last(stopped ?? []) ?? {})).toEqual(Object.keys(last(ownKey ?? []) ?? {}))
    expect(last(stopped ?? [])).toMatchObject({ kind: 'act', outcome: 'revoke', answer: null, passport: null })
    expect(last(stopped ?? [])?.request).not.toBe(last(other ?? [])?.request)
    const seen = JSON.stringify([ownKey, stopped, other])
    for (const hidden of [person.identifier, card.key, card.kid, 'narrow', 'stop', idOf(made.capability)])
      expect(seen).not.toContain(hidden)

    // she sees it all, and which key it was
    const { lines } = await person.vault.readTrail(person.by, { limit: 256 })
    const told = lines.map(({ entry, about }) => [entry.kind, entry.outcome, about.join('; ')])
    expect(told).toContainEqual(['act', 'revoke', `everything; by the key ${card.kid}, of right narrow`])
    expect(told).toContainEqual(['act', 'revoke', `by the key ${card.kid}, of right narrow`])
    expect(told).toContainEqual(['act', 'revoke', ''])

    // found again, it is ended: then it is as a card that never was
    const end = await makeCapabilityEnd(world(), person.identifier, card.key, person.by.signer)
    await person.vault.endCapability(end)
    await person.vault.endCapability(end)
    expect(await codeOf(() => person.vault.makeCapability(made.capability))).toBe('admitted')
    expect((await person.vault.listCapabilities(person.by)).capabilities.map(({ ended }) => ended)).toEqual([true])
    const never = another.text
    for (const text of [paper, never]) {
      expect(await codeOf(() => useCard(world(), address, text, 'revoke'))).toBe('not-found')
    }
    expect(await codeOf(async () => vault.act(await makeAct(world(), 'revoke', first.agreement, card)))).toBe(
      'not-found',
    )
  },
}

type Events = Awaited<ReturnType<typeof eventsOf>>

async function eventsOf(world: World, { record, keys }: CastRequester, url: string, agreement: string) {
  const [signer] = keys
  if (!signer) throw new Error('the requester has no key')
  const by = { from: record.payload.name, signer }
  return (await createVaultClient(world, url).listEvents(by, agreement)).entries
}

function idOf({ payload }: Signed): string {
  return recordIdOf(fromBase64Url(payload))
}
