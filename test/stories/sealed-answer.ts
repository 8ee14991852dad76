import { fromBase64Url } from '@dcann/protocol/bytes'
import { testOpener } from '@dcann/protocol/sealing-key'
import type { Strand } from '@dcann/protocol/strand'
import { formatTime } from '@dcann/protocol/time'
import { proveAgreement } from '@dcann/sdk/agreement-pair'
import { evidenceChain } from '@dcann/sdk/evidence-chain'
import { makeEvidencePackage } from '@dcann/sdk/evidence-package'
import { query, queryBatch } from '@dcann/sdk/query'
import { createVaultClient } from '@dcann/sdk/vault-client'
import { verifyEvidence } from '@dcann/sdk/verify-evidence'
import type { World } from '@dcann/sdk/world'
import { expect } from 'vitest'
import { codeOf } from '../code-of.ts'
import { consent, offerOf, ridesTerm, settlePerson, signQuery } from '../consented.ts'
import { shows } from '../shows.ts'
import type { Story } from './setting.ts'

/** Nothing else says it, so whoever shows it has read the entry. */
const canary = 'slept badly since the zephyr of quartz'

/** Story 6, of what nobody in between may read. */
export const sealedAnswer: Story = {
  claims:
    'a special category is agreed with a sealing key alone, and its answers are read by whoever has that key, and nobody on the way',
  async tell({ cast, world, resolver, settle, label }) {
    const { insurer } = cast.requesters
    const opener = testOpener(`${cast.seed}/${insurer.record.payload.name}/sealing`)
    const person = await settlePerson(world(), `sealed/${label}`, 'IN', cast.nodes.tallinn)
    await person.vault.makeStrand(person.by, moodStrand)
    await person.vault.addEntries(person.by, moodStrand.name, [
      {
        at: formatTime(Math.floor(world().now()) - 86_400),
        body: { note: canary },
        tags: [],
        source: 'test',
        assurance: 'self',
        about: 'holder',
      },
    ])

    const terms = [ridesTerm('mood', null, { strand: moodStrand.name, category: 'pd:MentalHealth' })]
    expect(await codeOf(() => offerOf(world(), insurer, terms))).toBe('rule-broken')
    const open = { sealing_key: 'A'.repeat(43) }
    expect(await codeOf(() => offerOf(world(), insurer, terms, open))).toBe('key-inadmissible')
    const offer = await offerOf(world(), insurer, terms, { sealing_key: opener.key })
    const agreed = await consent(world(), person, insurer, offer, ['mood'])

    const [signer] = insurer.keys
    const grant = (await person.vault.listAgreements(person.by)).agreements[0]?.grant
    if (!signer || !grant) throw new Error('the insurer has no key, or the vault lists no agreement')
    const by = { from: insurer.record.payload.name, signer }
    const anyone = await resolver()
    const { node } = await anyone.resolveHome('EE/node/tallinn')
    const pair = await proveAgreement({ offer: offer.signed, grant }, insurer.record.payload.keys)
    const asking = { by, requester: insurer.record.payload, node: node.payload, pair }
    const question = { purpose: 'dpv:PersonalisedBenefits', items: [{ strand: moodStrand.name }] }

    // whoever carries it sees neither text nor how long it is
    const wire = listening(world())
    const answered = await query(wire.world, { ...asking, opener }, question)
    expect(answered.assertion.payload.items[0]?.entries?.[0]?.body).toEqual({ note: canary })
    expect(shows(JSON.stringify(answered.assertion.signed), canary)).toBe(true)
    const [batched] = await queryBatch(wire.world, { ...asking, opener }, [question])
    expect(batched).toMatchObject({ assertion: { payload: { items: [{ entries: [{ body: { note: canary } }] }] } } })
    expect(wire.heard).toHaveLength(2)
    for (const heard of wire.heard) {
      expect(heard).toContain('"sealed"')
      expect(shows(heard, canary) || shows(heard, agreed.handle)).toBe(false)
      for (const [, ct = ''] of heard.matchAll(/"ct":"([^"]+)"/g))
        expect(Math.log2(fromBase64Url(ct).length - 16) % 1).toBe(0)
    }

    // the same request again gets the very same bytes
    const raw = async (id: string): Promise<string> => {
      const { url, headers, body } = await signQuery(world(), agreed, question.items, { id })
      // the bytes were made here and are no shared memory
      const answer = await world().fetch(url, { method: 'POST', headers, body: body as Uint8Array<ArrayBuffer> })
      expect(answer.status).toBe(200)
      return await answer.text()
    }
    const once = await raw('sealed-answer-once')
    expect(await raw('sealed-answer-once')).toBe(once)
    expect(await raw('sealed-answer-other')).not.toBe(once)

    // without the key nothing is asked
    expect(await codeOf(() => query(world(), asking, question))).toBe('key-unknown')
    expect(await codeOf(() => query(world(), { ...asking, opener: testOpener('other') }, question))).toBe('key-unknown')

    // what was opened proves itself like any other answer
    await settle()
    const { agreement, n } = answered.assertion.payload
    const opened = await createVaultClient(world(), node.payload.url).readEvidence(by, agreement, n)
    const chain = await evidenceChain(anyone, 'EE/node/tallinn', by.from)
    const verified = await verifyEvidence(makeEvidencePackage({ answered, chain, opened }), cast.root.id)
    expect(verified.verdict).toBe('provisional')
    expect(verified.links.map(({ link }) => link)).toEqual(expect.arrayContaining(['assertion', 'inclusion']))
  },
}

/** A world whose answers to questions are overheard. */
function listening(world: World): { readonly world: World; readonly heard: string[] } {
  const heard: string[] = []
  return {
    heard,
    world: {
      ...world,
      fetch: async (url, init) => {
        const answer = await world.fetch(url, init)
        heard.push(await answer.clone().text())
        return answer
      },
    },
  }
}

const moodStrand: Strand = {
  name: 'wellbeing.mood',
  kind: 'stream',
  schema: 'urn:dcann:schema:wellbeing.mood:1',
  category: 'pd:MentalHealth',
  special: true,
  tags: [],
  custody: 'node',
}
