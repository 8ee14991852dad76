import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fromBase64Url, sha256, utf8 } from '@dcann/protocol/bytes'
import { openerFromSeed, testOpener } from '@dcann/protocol/sealing-key'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { codeOf } from '../../../../test/code-of.ts'
import { type Company, startCompany } from '../../../../test/company.ts'
import { type Person, ridesTerm, settlePerson } from '../../../../test/consented.ts'
import { shows } from '../../../../test/shows.ts'
import { openSealing } from './sealing.ts'
import { makeSeedFile } from './seed-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'gateway-sealing-'))
afterAll(() => rmSync(folder, { recursive: true }))
const example = fileURLToPath(new URL('../../examples/external-opener.mjs', import.meta.url))
const other = openerFromSeed(sha256(utf8('somebody')))

/** A process of a test's own, as a program of a few words. */
function written(name: string, words: string): string[] {
  const file = join(folder, `${name}.mjs`)
  writeFileSync(file, words)
  return [process.execPath, file]
}

describe('openSealing', () => {
  test('opens keys from files, labels and processes; the first goes into offers', async () => {
    const [file, passphraseFile, seedFile] = [join(folder, 'key'), join(folder, 'passphrase'), join(folder, 'seed')]
    writeFileSync(passphraseFile, 'correct horse\n', { mode: 0o600 })
    writeFileSync(seedFile, '07'.repeat(32), { mode: 0o600 })
    const key = await makeSeedFile(file, 'correct horse', 'sealing', 2 ** 14)
    const command = [process.execPath, example, seedFile]
    const sealing = await openSealing([{ file, passphraseFile }, { testKey: 'old' }, { command }], true)
    expect(sealing.key).toBe(key)
    const outside = openerFromSeed(new Uint8Array(32).fill(7)).key
    for (const each of [key, testOpener('old').key, outside]) {
      const opener = await sealing.openerOf(each)
      expect(await opener.agree(fromBase64Url(other.key))).toEqual(await other.agree(fromBase64Url(each)))
    }
    expect(await codeOf(() => sealing.openerOf(other.key))).toBe('unavailable')
    sealing.close()
    expect(await codeOf(() => sealing.openerOf(outside))).toBe('unavailable')
    await expect(openSealing([{ testKey: 'old' }], false)).rejects.toThrow('test roots only')
  })

  test('takes no key for signing, since each key has one use', async () => {
    const file = join(folder, 'signing.key')
    await makeSeedFile(file, 'correct horse', 'signing', 2 ** 14)
    const passphraseFile = join(folder, 'passphrase')
    await expect(openSealing([{ file, passphraseFile }], true)).rejects.toThrow('no key for sealing')
  })

  test('refuses a process that does not have the key it says', async () => {
    const key = Buffer.from(fromBase64Url(testOpener('liar').key)).toString('base64')
    const liar = written(
      'liar',
      `import { createInterface } from 'node:readline'
      console.log('${key}')
      createInterface({ input: process.stdin }).on('line', () => console.log('${key}'))`,
    )
    expect(await codeOf(() => openSealing([{ command: liar }], true))).toBe('unavailable')
    const low = written('low', "console.log(Buffer.alloc(32).toString('base64'))\nsetInterval(() => {}, 1000)")
    expect(await codeOf(() => openSealing([{ command: low }], true))).toBe('key-inadmissible')
  })
})

describe('answers sealed to the company', () => {
  const canary = 'slept badly since the zephyr of quartz'
  const mood = {
    name: 'wellbeing.mood',
    kind: 'stream' as const,
    schema: 'urn:dcann:schema:wellbeing.mood:1',
    category: 'pd:MentalHealth',
    special: true,
    tags: [],
    custody: 'node' as const,
  }
  const ask = {
    terms: [ridesTerm('mood', null, { strand: mood.name, category: mood.category })],
    value: { gives: [], settle_by: 'P30D' },
    lasts: 'P90D',
  }
  const heard: string[] = []
  let company: Company
  let person: Person
  let agreement = ''
  const question = () => ({ agreement, purpose: 'dpv:PersonalisedBenefits', items: [{ strand: mood.name }] })

  beforeAll(async () => {
    company = await startCompany('sealing', {}, (world) => ({
      ...world,
      fetch: async (url, init) => {
        const answer = await world.fetch(url, init)
        if (url.endsWith('/v1/requests')) heard.push(await answer.clone().text())
        return answer
      },
    }))
    const { network } = company
    person = await settlePerson(network.world(), 'sealing', 'IN', network.cast.nodes.tallinn)
    await person.vault.makeStrand(person.by, mood)
    const entry = { tags: [], source: 'test', assurance: 'self' as const, about: 'holder' as const }
    const at = '2026-11-22T12:00:00Z'
    await person.vault.addEntries(person.by, mood.name, [{ ...entry, at, body: { note: canary } }])
  })

  test('are asked for only where there is a key to open them', async () => {
    expect(await company.call('/v1/asks', ask)).toMatchObject({
      status: 403,
      body: { type: 'urn:dcann:error:rule-broken' },
    })
    await company.reopen({ sealing: [{ testKey: 'first' }] })
    const plain = { ...ask, terms: [ridesTerm('rides', ['rides_per_week'])] }
    expect((await company.call('/v1/asks', plain)).body['sealed']).toBe(false)
    expect((await company.call('/v1/asks', { ...plain, sealed: true })).body['sealed']).toBe(true)
    expect((await company.call('/v1/asks', ask)).body['sealed']).toBe(true)
  })

  test('are read by the company and by nobody on the way', async () => {
    agreement = await company.agree(person, ask, 0)
    const { body } = await company.call('/v1/queries', question())
    expect(body).toMatchObject({ sealed: true, answer: [{ entries: [{ body: { note: canary } }] }] })
    expect(heard.at(-1)).toContain('"sealed"')
    expect(shows(heard.join(''), canary)).toBe(false)
    expect(shows(JSON.stringify(body), canary)).toBe(true)
  })

  test('are opened by the key of their day when new offers name another', async () => {
    await company.reopen({ sealing: [{ testKey: 'second' }, { testKey: 'first' }] })
    expect((await company.call('/v1/queries', question())).body).toMatchObject({ sealed: true })
    const later = await company.agree(person, ask, 1)
    expect((await company.call('/v1/queries', { ...question(), agreement: later })).status).toBe(200)
  })

  test('are not asked for once their key is gone, so that nothing is counted', async () => {
    await company.reopen({ sealing: [{ testKey: 'second' }] })
    const before = heard.length
    expect(await company.call('/v1/queries', question())).toMatchObject({
      status: 503,
      body: { type: 'urn:dcann:error:unavailable', cause: 'key-unknown' },
    })
    expect(heard.length).toBe(before)
  })
})
