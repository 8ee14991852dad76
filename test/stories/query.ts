import { textOf } from '@dcann/protocol/bytes'
import type { Strand } from '@dcann/protocol/strand'
import { proveAgreement } from '@dcann/sdk/agreement-pair'
import { evidenceChain } from '@dcann/sdk/evidence-chain'
import { makeEvidencePackage } from '@dcann/sdk/evidence-package'
import { query } from '@dcann/sdk/query'
import { createVaultClient } from '@dcann/sdk/vault-client'
import { verifyEvidence } from '@dcann/sdk/verify-evidence'
import { expect } from 'vitest'
import { codeOf } from '../code-of.ts'
import {
  consent,
  dailyRides,
  offerOf,
  ridesPerWeek,
  ridesStrand,
  ridesTerm,
  send,
  settlePerson,
  signQuery,
} from '../consented.ts'
import type { Story } from './setting.ts'

/** Story 6. */
export const consentedQuery: Story = {
  claims:
    'the vault checks request ⊆ agreement ⊆ registered use, logs first, answers with a signed assertion that proves itself offline',
  async tell({ cast, world, resolver, settle, label }) {
    const { insurer } = cast.requesters
    const person = await settlePerson(world(), `query/${label}`, 'IN', cast.nodes.tallinn)
    await person.vault.makeStrand(person.by, ridesStrand)
    // an hour inside the window, which moves on while the story is told
    await person.vault.addEntries(person.by, 'mobility.rides', dailyRides(Math.floor(world().now()) + 3_600, 120))
    await person.vault.makeStrand(person.by, profileStrand)
    await person.vault.addEntries(person.by, 'profile.person', [
      {
        at: '2026-01-01T00:00:00Z',
        body: { birth_date: '1990-02-28' },
        tags: [],
        source: 'test',
        assurance: 'self',
        about: 'holder',
      },
    ])
    const offer = await offerOf(world(), insurer, [
      ridesTerm('age', ['age_over_18'], {
        strand: 'profile.person',
        category: 'pd:Age',
        optional: true,
        data_range: null,
      }),
      ridesTerm('rate', ['rides_per_week'], { frequency: { max: 4, per: 'day' } }),
      ridesTerm('places', ['begin_address'], { optional: true }),
    ])
    const agreed = await consent(world(), person, insurer, offer, ['rate', 'age'])
    const [signer] = insurer.keys
    if (!signer) throw new Error('the insurer has no key')
    const by = { from: insurer.record.payload.name, signer }

    const anyone = await resolver()
    const { node } = await anyone.resolveHome('EE/node/tallinn')
    const grant = (await person.vault.listAgreements(person.by)).agreements[0]?.grant
    if (!grant) throw new Error('the vault lists no agreement')
    const pair = await proveAgreement({ offer: offer.signed, grant }, insurer.record.payload.keys)
    const asking = { by, requester: insurer.record.payload, node: node.payload, pair }
    const answered = await query(world(), asking, { purpose: 'dpv:PersonalisedBenefits', items: ridesPerWeek })
    const [item] = answered.assertion.payload.items
    expect(item?.derived?.['rides_per_week']).toMatchObject({ value: '7.0', of: 90, assurance: 'self' })
    expect(item?.entries).toBe(undefined)
    expect(answered.assertion.payload.complete).toBe(true)

    const grown = await query(world(), asking, {
      purpose: 'dpv:PersonalisedBenefits',
      items: [{ strand: 'profile.person', claims: ['age_over_18'] }],
    })
    expect(grown.assertion.payload.items[0]?.derived?.['age_over_18']).toMatchObject({ value: true, of: 1 })

    // refused before it leaves, and refused by the vault when it leaves all the same
    const places = [{ strand: 'mobility.rides', claims: ['begin_address'] }]
    expect(await codeOf(() => query(world(), asking, { purpose: 'dpv:PersonalisedBenefits', items: places }))).toBe(
      'over-asking',
    )
    const refused = await send(world(), await signQuery(world(), agreed, places))
    expect([refused.status, refused.body.type]).toEqual([403, 'urn:dcann:error:over-asking'])
    expect(refused.body['refusal']).toBeDefined()
    const purpose = await send(world(), await signQuery(world(), agreed, ridesPerWeek, { purpose: 'dpv:Marketing' }))
    expect([purpose.status, purpose.body.type]).toEqual([403, 'urn:dcann:error:purpose-mismatch'])
    const bound = await send(
      world(),
      await signQuery(world(), agreed, [
        { strand: 'mobility.rides', claims: ['rides_per_week'], from: '2020-01-01T00:00:00Z' },
      ]),
    )
    expect([bound.status, bound.body['bound']]).toEqual([412, 'data_range'])

    // another company holding the same words gets nothing
    const other = await send(
      world(),
      await signQuery(world(), { ...agreed, requester: cast.requesters.rides }, ridesPerWeek),
    )
    expect(other.status).toBe(404)

    for (let i = 0; i < 3; i++)
      expect((await send(world(), await signQuery(world(), agreed, ridesPerWeek))).status).toBe(200)
    const often = await send(world(), await signQuery(world(), agreed, ridesPerWeek))
    expect([often.status, often.body.type]).toEqual([429, 'urn:dcann:error:frequency-exceeded'])

    await settle()
    const requesterVault = createVaultClient(world(), node.payload.url)
    const { agreement, n } = answered.assertion.payload
    const opened = await requesterVault.readEvidence(by, agreement, n)
    const file = makeEvidencePackage({
      answered,
      chain: await evidenceChain(anyone, 'EE/node/tallinn', by.from),
      opened,
    })
    const verified = await verifyEvidence(file, cast.root.id)
    expect(verified.verdict).toBe('provisional')
    expect(verified.links.map(({ link }) => link)).toEqual(
      expect.arrayContaining(['root', 'offer', 'grant', 'assertion', 'inclusion']),
    )
    const changed = new TextEncoder().encode(textOf(file).replace('"outcome":"answered"', '"outcome":"anchored"'))
    const broken = await verifyEvidence(changed, cast.root.id).catch((error: unknown) => error)
    expect(broken).toMatchObject({ code: 'evidence-broken' })

    const { lines } = await person.vault.readTrail(person.by)
    const outcomes = lines.map(({ entry }) => entry.outcome)
    for (const outcome of [
      'added',
      'activated',
      'answered',
      'over-asking',
      'purpose-mismatch',
      'bound-crossed',
      'frequency-exceeded',
    ])
      expect(outcomes).toContain(outcome)
  },
}

/** A record, not a stream: what is newest stands. */
const profileStrand: Strand = {
  name: 'profile.person',
  kind: 'record',
  schema: 'urn:dcann:schema:profile.person:1',
  category: 'pd:Age',
  special: false,
  tags: [],
  custody: 'node',
}
