import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { base64Url } from '@dcann/protocol/bytes'
import { canonicalBytes } from '@dcann/protocol/canonical'
import type { Term } from '@dcann/protocol/offer'
import { headersOf, signHead } from '@dcann/protocol/request-signature'
import type { Strand } from '@dcann/protocol/strand'
import { formatTime } from '@dcann/protocol/time'
import { createVaultClient } from '@dcann/sdk/vault-client'
import { controlSigner } from '@dcann/sdk/wallet-keys'
import { shows } from '../../test/shows.ts'
import { call } from '../federation/call.ts'
import { type Act, insist, root, seedOf, type Stage } from './stage.ts'

const words = 'woke at four again'

/** A health authority asks for what nobody in between may read. */
export const sealed: Act = async (stage) => {
  const { federation, folder, left, dcann, console: ask } = stage
  const by = { from: left.identifier, signer: controlSigner(seedOf(federation)) }
  const vault = createVaultClient(federation.world(), federation.tallinn.url)
  await vault.makeStrand(by, mood)
  const at = formatTime(Math.floor(Date.now() / 1000) - 3_600)
  const note = { at, body: { note: words }, tags: [], source: 'story' }
  await vault.addEntries(by, mood.name, [{ ...note, assurance: 'self', about: 'holder' }])
  const made = await ask(
    '/v1/asks',
    { terms: [term], value: { gives: [], settle_by: 'P30D' }, lasts: 'P30D' },
    'health',
  )
  insist(made.body['sealed'] === true, `the health authority made no sealed ask: ${made.text}`)
  const granted = await dcann('agree', String(made.body['link']), '--yes')
  left.sealed = String(granted['agreement'])
  const question = { agreement: left.sealed, purpose: term.purpose, items: [{ strand: mood.name }] }
  const file = `${folder}/check/sealed-question.json`
  writeFileSync(join(root, file), `${JSON.stringify(question, null, 2)}\n`)

  const wire = await onTheWire(stage, { ...question, to: String(granted['address']).split('@')[0] })
  insist(wire.includes('"sealed"') && !shows(wire, words), 'the answer on the wire can be read')
  writeFileSync(join(root, folder, 'check/sealed.json'), wire)
  const answered = await ask('/v1/queries', question, 'health')
  insist(answered.text.includes(words), `the health authority cannot read its answer: ${answered.text}`)
  const { url } = federation.consoles.health
  return {
    claim: 'A health authority asks how she sleeps: what nobody between may read is sealed to its key.',
    proof: [`on the wire ${wire.length} bytes, whatever she wrote · with the authority’s key: "${words}"`],
    check: {
      command: `curl -s ${url}/v1/queries -d @${file} \\\n      -H content-type:application/json -H "authorization: Bearer $(cat ${folder}/health/token)"`,
      expect: new RegExp(words),
      byOthers: true,
    },
  }
}

/** The vault's answer as it travels, to a request that the authority's own key signs. */
async function onTheWire({ federation }: Stage, query: object): Promise<string> {
  const { record, keys } = federation.cast.requesters.health
  const [signer] = keys
  insist(signer !== undefined, 'the health authority has no key')
  const world = federation.world()
  const url = `${federation.tallinn.url}/v1/requests`
  const body = canonicalBytes({ ...query, id: base64Url(world.random(16)), from: record.payload.name })
  const head = await signHead(signer, url, body, Math.floor(world.now()), base64Url(world.random(16)))
  // the bytes were made here and are no shared memory
  const { text } = await call(url, {
    method: 'POST',
    headers: headersOf(head),
    body: body as Uint8Array<ArrayBuffer>,
  })
  return text
}

const mood: Strand = {
  name: 'wellbeing.mood',
  kind: 'stream',
  schema: 'urn:dcann:schema:wellbeing.mood:1',
  category: 'pd:MentalHealth',
  special: true,
  tags: [],
  custody: 'node',
}

const term: Term = {
  id: 'sleep',
  optional: false,
  strand: mood.name,
  claims: null,
  category: mood.category,
  purpose: 'dpv:PublicBenefit',
  purpose_text: { en: 'To learn how people sleep, for better advice to all' },
  processing: ['dpv:Use'],
  legal_basis: 'eu-gdpr:A9-2-a',
  mode: 'query',
  fetch: 'periodic',
  frequency: { max: 10, per: 'day' },
  data_range: { last: 'P30D' },
  data_life: 'P7D',
  tags: [],
  moments: [],
  about_others: false,
  min_assurance: 'self',
  goes_to: ['EE'],
  used_by: [],
  combine: 'never',
}
