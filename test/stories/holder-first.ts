import { pairIn } from '@dcann/protocol/pair'
import { signedDocuments } from '@dcann/sdk/agreement-pair'
import { makeStop } from '@dcann/sdk/capability'
import { evidenceChain } from '@dcann/sdk/evidence-chain'
import { makeEvidencePackage } from '@dcann/sdk/evidence-package'
import { makeAcceptance, openProffer } from '@dcann/sdk/proffer'
import { query } from '@dcann/sdk/query'
import { createVaultClient } from '@dcann/sdk/vault-client'
import { verifyEvidence } from '@dcann/sdk/verify-evidence'
import { makeAct } from '@dcann/sdk/wallet-documents'
import { handleSigner } from '@dcann/sdk/wallet-keys'
import { expect } from 'vitest'
import { codeOf } from '../code-of.ts'
import { dailyRides, ridesPerWeek, ridesStrand, settlePerson } from '../consented.ts'
import { callerOf, lay, openAndAccept, profferText } from '../laid.ts'
import type { Story } from './setting.ts'

/** Story 5, the holder first. */
export const holderFirst: Story = {
  claims:
    'the holder speaks first to two companies under one cap; neither can tell that there is another; one accepts, both hold the same signed pair, and its answers prove themselves offline',
  async tell({ cast, world, resolver, settle, label }) {
    const { insurer, rides } = cast.requesters
    const person = await settlePerson(world(), `first/${label}`, 'IN', cast.nodes.tallinn)
    await person.vault.makeStrand(person.by, ridesStrand)
    await person.vault.addEntries(person.by, 'mobility.rides', dailyRides(Math.floor(world().now()) + 3_600, 100))
    const anyone = await resolver()
    const vault = createVaultClient(world(), person.vault.url)
    const purposes = { insurer: 'dpv:PersonalisedBenefits', rides: 'dpv:ServiceProvision' }
    const to = (who: 'insurer' | 'rides') => ({
      for: { requester: cast.requesters[who].record.payload.name },
      text: profferText(world(), purposes[who]),
    })
    const { roster, proffers } = await lay(world(), person, [to('insurer'), to('rides')], 1)
    const [forInsurer, forRides] = proffers.map(({ proffer }) => proffer)
    if (!forInsurer || !forRides) throw new Error('two proffers were laid')

    // each is shown its own, and nothing that the other sees
    const link = (proffer: string) => ({ node: 'EE/node/tallinn', proffer })
    const opened = await openProffer(world(), anyone, link(forRides.id), callerOf(rides))
    expect(opened.proffer.payload.handle).not.toBe(forInsurer.payload.handle)
    expect(await codeOf(() => openProffer(world(), anyone, link(forInsurer.id), callerOf(rides)))).toBe('not-found')
    for (const hidden of [
      person.identifier,
      roster,
      forInsurer.id,
      forInsurer.payload.key,
      'cap',
      insurer.record.payload.name,
    ])
      expect(JSON.stringify(opened.proffer.payload)).not.toContain(hidden)

    // nobody is bound yet; the company takes a part, and then both are
    expect((await person.vault.listAgreements(person.by)).agreements).toEqual([])
    const agreed = await openAndAccept(world(), anyone, person, insurer, forInsurer.id, ['rate'])
    const [listed, ...more] = (await person.vault.listAgreements(person.by)).agreements
    if (!listed) throw new Error('the vault lists no agreement')
    expect(more).toEqual([])
    expect(listed).toMatchObject({
      agreement: agreed.acceptance.id,
      standing: 'active',
      requester: 'EE/requester/insurer',
    })
    expect(pairIn(listed)).toEqual(signedDocuments(agreed))
    expect(await vault.accept(agreed.acceptance.signed)).toEqual(agreed.accepted)

    // the cap is reached: for the other the proffer is as one that never was, and it learns nothing else
    const late = await makeAcceptance(world(), opened.proffer, rides.record.payload, callerOf(rides).signer)
    expect(await codeOf(() => vault.accept(late.acceptance.signed))).toBe('not-found')
    expect(await codeOf(() => openProffer(world(), anyone, link(forRides.id), callerOf(rides)))).toBe('not-found')
    const states = async () =>
      (await person.vault.listProffers(person.by)).rosters.map(({ proffers: laid }) => laid.map(({ state }) => state))
    expect(await states()).toEqual([['accepted', 'closed']])

    // answered like any agreement, within what was taken, and provable like any answer
    const asking = { by: agreed.by, requester: insurer.record.payload, node: agreed.node, pair: agreed }
    const answered = await query(world(), asking, { purpose: purposes.insurer, items: ridesPerWeek })
    expect(answered.assertion.payload.items[0]?.derived?.['rides_per_week']).toMatchObject({ value: '7.0' })
    const places = [{ strand: 'mobility.rides', claims: ['begin_address'] }]
    expect(await codeOf(() => query(world(), asking, { purpose: purposes.insurer, items: places }))).toBe('over-asking')
    await settle()
    const evidence = await vault.readEvidence(agreed.by, agreed.acceptance.id, answered.assertion.payload.n)
    const chain = await evidenceChain(anyone, 'EE/node/tallinn', agreed.by.from)
    const file = makeEvidencePackage({ answered, chain, opened: evidence })
    const verified = await verifyEvidence(file, cast.root.id)
    expect(verified.links.map(({ link: name }) => name)).toEqual(
      expect.arrayContaining(['proffer', 'acceptance', 'agreement', 'assertion', 'inclusion']),
    )

    // taken back by its handle key, like any other
    const handleKey = handleSigner(person.seed, 'EE/requester/insurer', 100)
    const revoked = await vault.act(await makeAct(world(), 'revoke', agreed.acceptance.id, handleKey))
    expect(revoked.standing).toBe('revoked')
    expect(await codeOf(() => query(world(), asking, { purpose: purposes.insurer, items: ridesPerWeek }))).toBe(
      'not-found',
    )
  },
}

/** Story 5, the holder first, and changing their mind. */
export const holderWithdraws: Story = {
  claims:
    'a proffer is taken back until it is accepted, and looks then as if it had never been; one for anybody belongs to the first who opens it; a stop takes all of them back',
  async tell({ cast, world, resolver, label }) {
    const { insurer, rides } = cast.requesters
    const person = await settlePerson(world(), `withdraws/${label}`, 'IN', cast.nodes.tallinn)
    const anyone = await resolver()
    const vault = createVaultClient(world(), person.vault.url)
    const [purpose, other] = ['dpv:PersonalisedBenefits', 'dpv:ServiceProvision']
    const anybody = { kind: null, zone: null, authority: null }
    const toInsurer = { requester: 'EE/requester/insurer' }
    const open = (proffer: string, who = insurer) =>
      openProffer(world(), anyone, { node: 'EE/node/tallinn', proffer }, callerOf(who))

    const first = await lay(world(), person, [{ for: toInsurer, text: profferText(world(), purpose) }], 1)
    const id = first.proffers[0]?.proffer.id ?? ''
    const { proffer } = await open(id)
    const { acceptance } = await makeAcceptance(world(), proffer, insurer.record.payload, callerOf(insurer).signer)
    expect(await person.vault.withdraw(person.by, { proffer: id })).toEqual({ withdrawn: 1 })
    expect(await person.vault.withdraw(person.by, { proffer: id })).toEqual({ withdrawn: 0 })
    expect(await codeOf(() => vault.accept(acceptance.signed))).toBe('not-found')
    expect(await codeOf(() => open(id))).toBe('not-found')
    expect((await person.vault.listAgreements(person.by)).agreements).toEqual([])

    // for anybody: the first who opens it and may use what is in it; nobody else ever sees that handle
    const free = await lay(
      world(),
      person,
      [purpose, other].map((each) => ({ for: anybody, text: profferText(world(), each ?? '') })),
      2,
      110,
    )
    const [forBenefits = '', forService = ''] = free.proffers.map((one) => one.proffer.id)
    expect(await codeOf(() => open(forBenefits, rides))).toBe('not-found')
    expect((await open(forBenefits)).proffer.id).toBe(forBenefits)
    expect((await open(forBenefits)).proffer.id).toBe(forBenefits)
    const accepted = await openAndAccept(world(), anyone, person, rides, forService)
    expect(accepted.allowance.requester).toBe('IN/requester/rides')
    expect(await codeOf(() => open(forService))).toBe('not-found')

    // what lies under one cap is taken back as one; what was accepted stays
    expect(await person.vault.withdraw(person.by, { roster: free.roster })).toEqual({ withdrawn: 1 })
    expect((await person.vault.listAgreements(person.by)).agreements.map(({ standing }) => standing)).toEqual([
      'active',
    ])

    // two under one handle could be joined; a handle of another's or of nobody's makes no proffer
    const again = { for: toInsurer, text: profferText(world(), purpose) }
    expect(await codeOf(() => lay(world(), person, [again], 1))).toBe('rule-broken')
    const neighbour = await settlePerson(world(), `neighbour/${label}`, 'EE', cast.nodes.tallinn)
    const forged = { ...person, identifier: neighbour.identifier }
    expect(await codeOf(() => lay(world(), forged, [again], 1, 120))).toBe('not-entitled')
    expect(await codeOf(() => neighbour.vault.withdraw(neighbour.by, { roster: free.roster }))).toBe('not-found')

    const last = await lay(world(), person, [again], 1, 130)
    const { acceptance: tooLate } = await makeAcceptance(
      world(),
      (await open(last.proffers[0]?.proffer.id ?? '')).proffer,
      insurer.record.payload,
      callerOf(insurer).signer,
    )
    const stop = await makeStop(world(), 'revoke', { all: true }, person.by.signer, person.identifier)
    await person.vault.stop(stop)
    expect(await codeOf(() => vault.accept(tooLate.signed))).toBe('not-found')

    const { lines } = await person.vault.readTrail(person.by, { limit: 256 })
    const told = lines.filter(({ entry }) => entry.kind === 'proffer').map(({ entry }) => entry.outcome)
    for (const [outcome, times] of [
      ['made', 4],
      ['opened', 4],
      ['withdrawn', 3],
    ] as const)
      expect([outcome, told.filter((one) => one === outcome).length]).toEqual([outcome, times])
  },
}
