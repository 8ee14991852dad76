import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dispatch } from '@dcann/cli/dispatch'
import { createLogger } from '@dcann/http/log'
import { keyDigest, testSigner } from '@dcann/protocol/key'
import { parseConfig } from '@dcann/registry/config'
import { type Running, start } from '@dcann/registry/main'
import { memoryStore } from '@dcann/store/memory'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePorts } from '../scripts/federation/part.ts'
import { type Cast, castUrls, leiOf, makeCast } from './cast.ts'

const seed = 'by-hand'
const folder = mkdtempSync(join(tmpdir(), 'dcann-by-hand-'))
const at = (name: string): string => join(folder, name)
let cast: Cast
let registry: Running

beforeAll(async () => {
  const [port = 0] = await freePorts(1)
  const url = `http://127.0.0.1:${port}`
  const now = Math.floor(Date.now() / 1000) - 60
  cast = await makeCast(seed, now, { urls: { ...castUrls, registry: url } })
  writeFileSync(at('root.json'), JSON.stringify(cast.root.signed))
  writeFileSync(at('records.json'), JSON.stringify(cast.records.slice(1)))
  const zones = ['root', 'IN', 'EE', 'LV'].map((zone) => ({
    zone,
    testKey: zone === 'root' ? `${seed}/root/log` : `${seed}/country/${zone}/log`,
  }))
  const store = { folder: 'unused' }
  const config = parseConfig(
    { publicUrl: url, port, store, zones, rootFile: 'root.json', recordFiles: ['records.json'] },
    folder,
  )
  registry = await start(config, {
    now: () => Date.now() / 1000,
    logger: createLogger({ name: 'registry', level: 'silent' }),
    store: memoryStore(),
  })
  await done('setup', '--root', at('root.json'), '--registry', url)
}, 30_000)

afterAll(async () => {
  await registry?.stop()
  rmSync(folder, { recursive: true })
})

/** Members that a command's JSON may have, as far as anything here looks. */
type Told = {
  readonly error?: { readonly code: string; readonly message: string }
  readonly missing?: readonly (readonly string[])[]
  readonly wants?: readonly (readonly string[])[]
  readonly seq?: number
  readonly record?: Readonly<Record<string, unknown>>
}

async function dcann(...args: string[]): Promise<{ readonly exit: number; readonly told: Told }> {
  let told: unknown
  const nothing = (): void => {}
  const screen = { interactive: false, print: nothing, tell: nothing, progress: nothing, confirm: async () => false }
  const exit = await dispatch([...args, '--json', '--home', at('state')], {
    ...screen,
    printJson: (value) => void (told = value),
  })
  // `as`: every command gives an object, and each member is looked at by whoever expects it
  return { exit, told: told as Told }
}

async function done(...args: string[]): Promise<Told> {
  const { exit, told } = await dcann(...args)
  expect({ exit, error: told.error }).toEqual({ exit: 0, error: undefined })
  return told
}

/** The code with which a command fails, and its message. */
async function refused(...args: string[]): Promise<string> {
  const { exit, told } = await dcann(...args)
  expect(exit).toBeGreaterThan(0)
  return `${told.error?.code}: ${told.error?.message}`
}

let files = 0
/** Drafts, into a file of its own. */
async function draft(
  noun: string,
  ...args: string[]
): Promise<{ readonly file: string; readonly wants: Told['wants'] }> {
  const file = at(`${noun}-${files++}.json`)
  const { wants } = await done(noun, 'draft', ...args, '--out', file)
  return { file, wants }
}

/** Signs with test keys, by what their labels have behind the seed; gives who is still missing. */
async function sign(file: string, ...labels: string[]): Promise<Told['missing']> {
  return (await done('sign', file, ...labels.flatMap((label) => ['--test-key', `${seed}/${label}`]), '--yes')).missing
}

const nobody = [[]]
const laht = ['EE/operator/laht/0', 'EE/operator/laht/1']
const ee = ['country/EE/0', 'country/EE/1']
const stands = async (name: string): Promise<Readonly<Record<string, unknown>>> =>
  (await done('resolve', name)).record ?? {}

describe('an operator', { timeout: 30_000 }, () => {
  const name = 'EE/operator/laht'

  test('is changed by both, and keeps what is not given', async () => {
    const before = cast.operators.laht.record.payload
    const { file, wants } = await draft('operator', name, '--phone', '+3726000000')
    expect(wants).toEqual([['the country EE', 'the operator']])
    expect(await sign(file, ...laht)).toEqual([['the country EE']])
    expect(await refused('submit', file)).toMatch(/^not-entitled: .*the country EE \(0 of 2\)/)
    expect(await sign(file, ee[0]!)).toEqual([['the country EE']])
    expect(await refused('submit', file)).toMatch(/the country EE \(1 of 2\)/)
    expect(await sign(file, ee[1]!)).toEqual(nobody)
    expect(await done('submit', file)).toMatchObject({ seq: 2, known: false })
    expect(await done('submit', file)).toMatchObject({ seq: 2, known: true })
    expect(await done('check', file)).toMatchObject({ seq: 2, stands: true })
    const { legal_name, lei, keys, valid } = before
    const contacts = { ...before.contacts, phone: '+3726000000' }
    expect(await stands(name)).toMatchObject({ seq: 2, legal_name, lei, keys, valid, contacts })
  })

  test('is suspended by either alone, and comes back by both', async () => {
    const { file, wants } = await draft('operator', name, '--status', 'suspended')
    expect(wants).toEqual([['the country EE'], ['the operator']])
    expect(await sign(file, ...ee)).toEqual(nobody)
    await done('submit', file)
    const back = await draft('operator', name, '--status', 'active')
    expect(await sign(back.file, ...ee)).toEqual([['the operator']])
    await sign(back.file, ...laht)
    await done('submit', back.file)
    expect(await stands(name)).toMatchObject({ seq: 4, status: 'active' })
  })

  test('changes its keys by those before, or by one that was announced', async () => {
    const [fresh, later] = [testSigner(`${seed}/fresh`), testSigner(`${seed}/later`)]
    const rotated = await draft('operator', name, '--key', fresh.key, '--next-digest', keyDigest(later.key))
    expect(rotated.wants).toEqual([
      ['the country EE', 'the operator, with the keys it has', 'the operator, with the keys proposed'],
    ])
    await sign(rotated.file, ...ee, ...laht, 'fresh')
    await done('submit', rotated.file)
    const lost = await draft('operator', name, '--key', later.key, '--next', 'none')
    expect(await sign(lost.file, ...ee, 'later')).toEqual(nobody)
    await done('submit', lost.file)
    expect(await stands(name)).toMatchObject({ seq: 6, keys: [later.key], threshold: 1, next: [] })
  })
})

describe('a node', { timeout: 30_000 }, () => {
  const name = 'IN/node/pune'
  const identity = `${name}/identity`
  const sahyadri = ['IN/operator/sahyadri/0', 'IN/operator/sahyadri/1']

  test('drains by its identity key alone, and takes an announced one when that is lost', async () => {
    const draining = await draft('node', name, '--status', 'draining')
    expect(await sign(draining.file, identity)).toEqual(nobody)
    await done('submit', draining.file)
    const next = testSigner(`${seed}/${identity}/next`)
    const rotated = await draft('node', name, '--identity-key', next.key, '--status', 'active', '--next', 'none')
    expect(await sign(rotated.file, ...sahyadri, `${identity}/next`)).toEqual(nobody)
    await done('submit', rotated.file)
    expect(await stands(name)).toMatchObject({ seq: 3, status: 'active', identity_key: next.key, next: [] })
  })

  test('comes back from a suspension with its country', async () => {
    const suspended = await draft('node', name, '--status', 'suspended')
    await sign(suspended.file, 'country/IN/0', 'country/IN/1')
    await done('submit', suspended.file)
    const back = await draft('node', name, '--status', 'active')
    expect(back.wants).toEqual([['the country IN', 'IN/operator/sahyadri', "the node's identity key"]])
  })
})

describe('a requester', { timeout: 30_000 }, () => {
  const name = 'EE/requester/insurer'

  test('has another owner, which bumps the epoch, and drops a use by itself', async () => {
    const parent = leiOf('a group')
    const bought = await draft('requester', name, '--parent', parent)
    await sign(bought.file, ...ee, `${name}/0`)
    await done('submit', bought.file)
    const same = await draft(
      'requester',
      name,
      '--parent',
      parent,
      '--as-of',
      new Date().toISOString().slice(0, 19) + 'Z',
    )
    expect(JSON.parse(readFileSync(same.file, 'utf8'))).toMatchObject({
      control: { epoch: 2, parent, exception: null },
    })
    writeFileSync(at('no-uses.json'), '[]')
    const dropped = await draft('requester', name, '--uses', at('no-uses.json'))
    expect(await sign(dropped.file, `${name}/1`)).toEqual(nobody)
    await done('submit', dropped.file)
    expect(await stands(name)).toMatchObject({ seq: 3, uses: [] })
  })

  test('is told which member of its uses is wrong', async () => {
    const [use] = cast.requesters.insurer.record.payload.uses
    const uses = async (change: object): Promise<string> => {
      writeFileSync(at('uses.json'), JSON.stringify([use, { ...use, ...change }]))
      return await refused('requester', 'draft', name, '--uses', at('uses.json'))
    }
    expect(await uses({ note: 1 })).toMatch(/^schema-mismatch: .*"1": unknown member "note"$/)
    expect(await uses({ categories: ['pd:Nothing'] })).toMatch(/"1\.categories\.0"/)
    expect(await uses({ notice: undefined })).toMatch(/"1\.notice"/)
  })
})

describe('a country and the root', { timeout: 30_000 }, () => {
  test('a country narrows alone, and moves with the role', async () => {
    const narrow = await draft('country', 'country/IN', '--passports-per-day', '5')
    expect(narrow.wants).toEqual([["the root's country role"], ['the country IN']])
    const { urls } = cast.countries.IN.record.payload
    const moved = await draft('country', 'country/IN', '--url', urls[0]!, '--url', 'https://second.example')
    expect(await sign(moved.file, 'country/IN/0', 'country/IN/1')).toEqual([["the root's country role"]])
    await sign(moved.file, 'root/country/0', 'root/country/1')
    expect(await done('submit', moved.file)).toMatchObject({ seq: 2, waiting: ['https://second.example'] })
  })

  test('a country without a registry of its own has its zone served by another', async () => {
    const [own, log] = [testSigner(`${seed}/lv`), testSigner(`${seed}/country/LV/log`)]
    const { urls } = cast.countries.IN.record.payload
    const zone = await draft('country', 'country/LV', '--key', own.key, '--url', urls[0]!, '--log-key', log.key)
    await sign(zone.file, 'lv', 'root/country/0', 'root/country/1')
    expect(await done('submit', zone.file)).toMatchObject({ seq: 1, zone: 'root', waiting: [] })
    const key = testSigner(`${seed}/lv-operator`).key
    const first = await draft('operator', 'LV/operator/x', '--legal-name', 'X', '--key', key)
    await sign(first.file, 'lv')
    expect(await done('submit', first.file)).toMatchObject({ seq: 1, zone: 'LV' })
  })

  test('a house changes its keys, with two others; citizens are never left out', async () => {
    const house = (name: string): string[] => [`house/${name}/0`, `house/${name}/1`]
    const fresh = testSigner(`${seed}/fresh-companies`)
    const { file } = await draft('root', '--house', `companies=${fresh.key}`, '--expires', '2028-01-01')
    const missing = await sign(file, ...house('companies'), 'fresh-companies', ...house('governments'))
    expect(missing).toEqual([['the house of citizens']])
    expect(await refused('submit', file)).toMatch(/the house of citizens \(0 of 2\)/)
    expect(await sign(file, ...house('citizens'))).toEqual(nobody)
    expect(await done('submit', file)).toMatchObject({ seq: 2, zone: 'root' })
    const role = testSigner(`${seed}/role`)
    const next = await draft('root', '--country-key', role.key, '--quorum', '0')
    expect(JSON.parse(readFileSync(next.file, 'utf8'))).toMatchObject({
      seq: 3,
      expires: '2028-01-01T00:00:00Z',
      roles: { country: { keys: [role.key], threshold: 1 }, log: cast.root.payload.roles.log },
      houses: { companies: { keys: [fresh.key], threshold: 1 } },
    })
  })
})

describe('a house that is silent', { timeout: 30_000 }, () => {
  test('is given notice by the three others, citizens or not, and ends it alone', async () => {
    const houses = (...names: string[]): string[] => names.flatMap((name) => [`house/${name}/0`, `house/${name}/1`])
    const { file } = await draft('root', '--notice', 'citizens')
    expect(await sign(file, ...houses('governments'), 'fresh-companies')).toEqual([['the house of technical']])
    expect(await sign(file, ...houses('technical'))).toEqual(nobody)
    expect(await done('submit', file)).toMatchObject({ zone: 'root' })
    const answer = await draft('root', '--notice', 'none')
    expect(await sign(answer.file, ...houses('citizens'))).toEqual(nobody)
    expect(await done('submit', answer.file)).toMatchObject({ zone: 'root' })
  })
})

test('a text is adopted by the houses, and one of its own by a country', { timeout: 30_000 }, async () => {
  writeFileSync(at('text.md'), 'Nobody asks for more than it needs.')
  const given = ['--title', 'Fair use', '--text', at('text.md'), '--url', 'https://dcann.example/fair-use.md']
  const { file } = await draft('policy', 'policy/fair-use', '--subject', 'fair-use', ...given)
  const hands = ['citizens', 'technical'].flatMap((house) => [`house/${house}/0`, `house/${house}/1`])
  expect(await sign(file, ...hands)).toEqual([['the house of governments'], ['the house of companies']])
  expect(await sign(file, 'house/governments/0', 'house/governments/1')).toEqual(nobody)
  expect(await done('submit', file)).toMatchObject({ seq: 1, zone: 'root' })
  expect(await stands('policy/fair-use')).toMatchObject({ subject: 'fair-use', status: 'adopted' })
  const own = await draft('policy', 'EE/policy/retention', '--subject', 'retention', ...given)
  expect(await sign(own.file, ...ee)).toEqual(nobody)
  expect(await done('submit', own.file)).toMatchObject({ seq: 1, zone: 'EE' })
})

describe('a file in many hands', { timeout: 30_000 }, () => {
  const name = 'IN/operator/sahyadri'
  const own = ['IN/operator/sahyadri/0', 'IN/operator/sahyadri/1']

  test('joins signatures that copies got apart, each once', async () => {
    const { file } = await draft('operator', name, '--email', 'new@example.org')
    const copy = at('copy.json')
    copyFileSync(file, copy)
    await sign(file, ...own)
    expect(await sign(copy, 'country/IN/0', 'country/IN/1')).toEqual([['the operator']])
    expect((await done('sign', file, '--add', copy)).missing).toEqual(nobody)
    expect((await done('sign', file, '--add', copy)).missing).toEqual(nobody)
    expect(await refused('sign', file, '--test-key', `${seed}/${own[0]}`, '--yes')).toMatch(/has signed this already/)
    const other = await draft('operator', name, '--email', 'other@example.org')
    await sign(other.file, ...own)
    expect(await refused('sign', file, '--add', other.file)).toMatch(/not the same record/)
    await done('submit', file)
    expect(await refused('submit', other.file)).toMatch(/^record-stale: /)
    expect(await refused('check', other.file)).toMatch(/^record-stale: /)
  })

  test('is a draft that may be edited until the first signature, and then is not to be changed', async () => {
    const { file } = await draft('operator', name, '--email', 'third@example.org')
    const text = readFileSync(file, 'utf8')
    writeFileSync(file, text.replace('"legal_name"', '"legalname"'))
    expect(await refused('sign', file, '--test-key', `${seed}/${own[0]}`, '--yes')).toMatch(
      /^schema-mismatch: .*"legal_name"/,
    )
    writeFileSync(file, text.replace('third@', 'fourth@'))
    await sign(file, own[0]!)
    const signed = JSON.parse(readFileSync(file, 'utf8')) as { payload: string; signatures: object[] }
    const payload = Buffer.from(signed.payload, 'base64url').toString()
    expect(payload).toContain('fourth@')
    const changed = Buffer.from(payload.replace('fourth@', 'fifths@')).toString('base64url')
    writeFileSync(file, JSON.stringify({ ...signed, payload: changed }))
    expect(await refused('check', file)).toMatch(/^record-signature-invalid: /)
  })

  test('is signed by nobody who may not, and by nobody unasked', async () => {
    const { file } = await draft('operator', name, '--email', 'fifth@example.org')
    const before = readFileSync(file, 'utf8')
    expect(await refused('sign', file, '--test-key', 'somebody', '--yes')).toMatch(
      /^key-unknown: .*the country IN, the operator/,
    )
    expect(await refused('sign', file, '--test-key', `${seed}/${own[0]}`)).toMatch(/^not-confirmed: /)
    expect(await refused('submit', file)).toMatch(/^not-entitled: /)
    expect(readFileSync(file, 'utf8')).toBe(before)
    expect((await dcann('check', file)).exit).toBe(1)
    // nobody looks who may sign where no registry is asked
    await done('sign', file, '--test-key', 'somebody', '--yes', '--offline')
    expect(await refused('check', file)).toMatch(/^key-unknown: /)
  })

  test('takes members from a file, and names one that is none', async () => {
    writeFileSync(at('members.json'), JSON.stringify({ ext: { 'https://example.org/audit': { level: 2 } } }))
    const { file } = await draft('operator', name, '--from', at('members.json'))
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ ext: { 'https://example.org/audit': { level: 2 } } })
    writeFileSync(at('members.json'), JSON.stringify({ owner: 'x' }))
    expect(await refused('operator', 'draft', name, '--from', at('members.json'))).toMatch(/unknown member "owner"$/)
    writeFileSync(at('members.json'), '[1]')
    expect(await refused('operator', 'draft', name, '--from', at('members.json'))).toMatch(/^schema-mismatch: /)
    expect(await refused('operator', 'draft', name, '--out', file)).toMatch(/^file-exists: /)
    const nowhere = ['XA/operator/x', '--legal-name', 'X', '--key', testSigner('x').key]
    expect(await refused('operator', 'draft', ...nowhere)).toMatch(/^wrong-zone: /)
  })
})
