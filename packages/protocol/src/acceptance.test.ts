import { expect, test } from 'vitest'
import { makeCast, signAfter } from '../../../test/cast.ts'
import { codeOf } from '../../../test/code-of.ts'
import { handleKey } from '../../../test/pair.ts'
import { makeAcceptance, makeProffer } from '../../../test/proffered.ts'
import { type Acceptance, judgeAcceptance } from './acceptance.ts'
import type { Proffer } from './proffer.ts'
import { type RequesterRecord, requesterNoun } from './requester.ts'
import { formatTime, parseTime } from './time.ts'

const now = parseTime('2026-11-23T12:00:00Z')
const cast = await makeCast('acceptance', now)
const { insurer, rides } = cast.requesters
const judge = async (
  change: Partial<Acceptance>,
  {
    at = now,
    record = insurer.record.payload,
    to = {},
  }: { at?: number; record?: RequesterRecord; to?: Partial<Proffer> } = {},
): Promise<string> => {
  const proffer = await makeProffer(now, to)
  const acceptance = await makeAcceptance(proffer, insurer, now, change)
  return await codeOf(() => judgeAcceptance(proffer, acceptance, record, at))
}

test('judgeAcceptance: only the requester itself accepts, and only what is for it', async () => {
  expect(await judge({})).toBe('admitted')
  expect(await judge({}, { record: rides.record.payload })).toBe('not-entitled')
  expect(await judge({}, { to: { for: { requester: 'IN/requester/rides' } } })).toBe('not-entitled')
  const proffer = await makeProffer(now)
  for (const signers of [cast.countries.EE.keys, [handleKey]]) {
    const forged = await makeAcceptance(proffer, insurer, now, {}, signers)
    expect(await codeOf(() => judgeAcceptance(proffer, forged, insurer.record.payload, now))).toBe('not-entitled')
  }
})

test('judgeAcceptance: before the proffer expires, dated now', async () => {
  const expires = now + 100
  const to = { expires: formatTime(expires) }
  expect(await judge({}, { to, at: expires - 1 })).toBe('admitted')
  expect(await judge({}, { to, at: expires })).toBe('expired')
  expect(await judge({}, { at: now + 301 })).toBe('time-invalid')
})

test('judgeAcceptance: pinned to who owns the requester now', async () => {
  expect(await judge({ control: { epoch: 2, parent: null } })).toBe('not-active')
  const { payload: lapsed } = await signAfter(requesterNoun, insurer.record, { status: 'lapsed' }, insurer.keys, now)
  expect(await judge({}, { record: lapsed })).toBe('not-active')
})

test('judgeAcceptance: what the holder lets out is used only as the registry has it', async () => {
  const { terms } = (await makeProffer(now)).payload
  const [term] = terms
  if (!term) throw new Error('the proffer has a term')
  const to = (change: object): { to: Partial<Proffer> } => ({
    to: { terms: [{ ...term, ...change }], value: { gives: [], settle_by: 'P30D' } },
  })
  expect(await judge({ terms: ['rides'] }, to({ purpose: 'dpv:Marketing' }))).toBe('over-asking')
  // a term that it leaves is nothing that it uses
  const other = { ...term, id: 'other', optional: true, purpose: 'dpv:Marketing' }
  expect(await judge({ terms: ['rides'] }, { to: { ...to({}).to, terms: [term, other] } })).toBe('admitted')
  const special = to({ category: 'pd:MentalHealth' })
  expect(await judge({ terms: ['rides'] }, special)).toBe('rule-broken')
  expect(await judge({ terms: ['rides'], sealing_key: cast.nodes.pune.sealing.key }, special)).toBe('admitted')
})
