import { expect, test } from 'vitest'
import { makeCast, makeHolder, signAfter, signPassport, signPassportAfter, type Written } from '../../../test/cast.ts'
import { codeOf } from '../../../test/code-of.ts'
import { holding, judged } from '../../../test/holding.ts'
import { admitProposal, nouns, readProposal, recordsNeeded, type ZoneRecord } from './admission.ts'
import { base64Url, utf8 } from './bytes.ts'
import { canonicalText } from './canonical.ts'
import { countryNoun } from './country.ts'
import { limits } from './limits.ts'
import { nodeNoun } from './node.ts'
import { operatorNoun } from './operator.ts'
import { requesterNoun } from './requester.ts'
import { parseTime } from './time.ts'

const now = parseTime('2026-11-23T12:00:00Z')
const cast = await makeCast('admission', now)
const { root, countries, operators, nodes, requesters } = cast
const passport = await signPassport(makeHolder('asha'), 'IN', nodes.pune, now)
const mari = makeHolder('mari')
const estonian = await signPassport(mari, 'EE', nodes.tallinn, now)
const records: readonly Written<ZoneRecord>[] = [
  root,
  countries.IN.record,
  countries.EE.record,
  operators.sahyadri.record,
  operators.laht.record,
  nodes.pune.record,
  nodes.tallinn.record,
  requesters.insurer.record,
  requesters.rides.record,
  passport,
]

test('admitProposal takes a whole federation in, root first', async () => {
  for (const [i, record] of records.entries()) {
    const proved = await admitProposal(readProposal(record.signed), holding(...records.slice(0, i)), now)
    expect(proved.id).toBe(record.id)
    expect(proved.signers.length).toBeGreaterThan(0)
  }
})

test('admitProposal asks for no more than recordsNeeded names', async () => {
  for (const record of records) {
    const proposal = readProposal(record.signed)
    const needed = recordsNeeded(proposal)
    expect(needed[0]).toBe(record.payload.name)
    const held = records.filter(({ payload }) => needed.includes(payload.name) && payload.name !== record.payload.name)
    expect(await judged(held, record, now)).toBe('admitted')
  }
})

test('admitProposal refuses a record that is held already', async () => {
  for (const record of records) expect(await judged(records, record, now)).toBe('record-stale')
})

test('admitProposal refuses every record with any one signature dropped or damaged', async () => {
  for (const [i, record] of records.entries()) {
    const before = records.slice(0, i)
    for (const at of record.signed.signatures.keys()) {
      const dropped = record.signed.signatures.filter((_, j) => j !== at)
      const operator = record.payload.name.includes('/operator/')
      const requester = record.payload.name.includes('/requester/')
      // an operator does not sign its genesis, one key of a requester is enough, and the root needs three houses of four
      const spare = operator || requester || record === root
      const code = await judged(before, { signed: { ...record.signed, signatures: dropped } }, now)
      expect(spare || code === 'not-entitled').toBe(true)
      const damaged = record.signed.signatures.map((s, j) =>
        j === at ? { ...s, signature: base64Url(new Uint8Array(64)) } : s,
      )
      expect(await judged(before, { signed: { ...record.signed, signatures: damaged } }, now)).toBe(
        'record-signature-invalid',
      )
    }
  }
})

test('admitProposal: what the houses hold is tightened, and neither made nor loosened', async () => {
  const hold = [operators.laht, nodes.tallinn, requesters.insurer].map(({ record }) => record.payload.name)
  const { EE } = countries
  const held = await signAfter(countryNoun, EE.record, { hold: [...hold, estonian.payload.name] }, EE.keys, now)
  const under = [root, held, operators.laht.record, nodes.tallinn.record, requesters.insurer.record, estonian]
  const node = [...operators.laht.keys, nodes.tallinn.identity, ...EE.keys]
  const company = [...EE.keys, ...requesters.insurer.keys]
  const operator = [...EE.keys, ...operators.laht.keys]
  const proposed: Record<string, Written<ZoneRecord>> = {
    node: await signAfter(nodeNoun, nodes.tallinn.record, { region: 'EE-79' }, node, now),
    company: await signAfter(requesterNoun, requesters.insurer.record, { legal_name: 'Another' }, company, now),
    operator: await signAfter(operatorNoun, operators.laht.record, { legal_name: 'Another' }, operator, now),
    passport: await signPassportAfter(estonian, mari, {}, now),
  }
  for (const record of Object.values(proposed)) {
    expect(await judged(under, record, now)).toBe('held')
    expect(await judged([root, EE.record, ...under.slice(2)], record, now)).toBe('admitted')
    const genesis = records.find(({ payload }) => payload.name === record.payload.name) ?? estonian
    const without = under.filter(({ payload }) => payload.name !== record.payload.name)
    expect(await judged(without, genesis, now)).toBe('held')
  }
  const suspended = { status: 'suspended' as const }
  const tightened: readonly Written<ZoneRecord>[] = [
    await signAfter(nodeNoun, nodes.tallinn.record, suspended, EE.keys, now),
    await signAfter(requesterNoun, requesters.insurer.record, suspended, EE.keys, now),
    await signAfter(operatorNoun, operators.laht.record, suspended, EE.keys, now),
    await signPassportAfter(estonian, mari, { status: 'ended' }, now),
  ]
  for (const record of tightened) expect(await judged(under, record, now)).toBe('admitted')
})

test.each<[string, string, string]>([
  ['no name', '{}', 'schema-mismatch'],
  ['a list', '[]', 'schema-mismatch'],
  ['null', 'null', 'schema-mismatch'],
  ['a text', '"name"', 'schema-mismatch'],
  ['a number', '1', 'schema-mismatch'],
  ['a name that is none', canonicalText({ name: 'EE/vault/x' }), 'schema-mismatch'],
  ['a name of another shape', canonicalText({ name: 1 }), 'schema-mismatch'],
  ['a name without a record', canonicalText({ name: 'EE/node/x' }), 'schema-mismatch'],
  ['members out of order', '{"v":1,"name":"root"}', 'not-canonical'],
  ['too many bytes', JSON.stringify('x'.repeat(limits.zoneRecordBytes)), 'too-large'],
])('readProposal refuses %s', async (_, payload, code) => {
  const [signature] = root.signed.signatures
  const input = { payload: base64Url(utf8(payload)), signatures: [signature] }
  expect(await codeOf(() => readProposal(input))).toBe(code)
})

test('readProposal: no record passes for one of another kind', async () => {
  for (const record of records) {
    const { kind } = readProposal(record.signed)
    for (const [other, noun] of Object.entries(nouns)) {
      const typ = record.signed.signatures.map(({ protected: header }) => Buffer.from(header, 'base64url').toString())
      expect(typ.every((text) => text.includes(noun.typ))).toBe(other === kind)
    }
  }
})

test('readProposal bounds a passport record below the others', async () => {
  const { payload, signed } = passport
  const large = canonicalText({ ...payload, ext: { 'https://example.org': 'x'.repeat(limits.passportRecordBytes) } })
  const input = { ...signed, payload: base64Url(utf8(large)) }
  expect(await codeOf(() => readProposal(input))).toBe('too-large')
})
