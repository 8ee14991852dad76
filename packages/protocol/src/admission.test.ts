import { expect, test } from 'vitest'
import { makeCast, makeHolder, signPassport, type Written } from '../../../test/cast.ts'
import { codeOf } from '../../../test/code-of.ts'
import { holding, judged } from '../../../test/holding.ts'
import { admitProposal, nouns, readProposal, recordsNeeded, type ZoneRecord } from './admission.ts'
import { base64Url, utf8 } from './bytes.ts'
import { canonicalText } from './canonical.ts'
import { limits } from './limits.ts'
import { parseTime } from './time.ts'

const now = parseTime('2026-11-23T12:00:00Z')
const cast = await makeCast('admission', now)
const { root, countries, operators, nodes, requesters } = cast
const passport = await signPassport(makeHolder('asha'), 'IN', nodes.pune, now)
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
