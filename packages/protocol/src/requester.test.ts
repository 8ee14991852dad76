import { expect, test } from 'vitest'
import { makeCast, signAfter, type Written, write } from '../../../test/cast.ts'
import { judged } from '../../../test/holding.ts'
import { keyDigest, type Signer, testSigner } from './key.ts'
import { times } from './limits.ts'
import { type RequesterRecord, requesterNoun, requesterSchema } from './requester.ts'
import { formatTime, parseTime } from './time.ts'

const now = parseTime('2026-11-23T12:00:00Z')
const later = now + 1000
const cast = await makeCast('requester', now)
const country = cast.countries.EE
const { record, keys } = cast.requesters.insurer
const { control, uses } = record.payload
const own = [keys[0]!]
const both = [...country.keys, ...own]
const after = async (
  change: Partial<RequesterRecord>,
  signers: readonly Signer[],
  before = record,
): Promise<Written<RequesterRecord>> => await signAfter(requesterNoun, before, change, signers, later)
const judge = async (change: Partial<RequesterRecord>, signers: readonly Signer[], before = record): Promise<string> =>
  await judged([country.record, before], await after(change, signers, before), later)

test('admitRequester needs the registrar and the acceptance of the requester', async () => {
  expect(await judged([country.record], record, now)).toBe('admitted')
  for (const signers of [country.keys, keys, [country.keys[0]!, ...keys]])
    expect(await judged([country.record], await write(requesterNoun, record.payload, signers), now)).toBe(
      'not-entitled',
    )
})

const epoch = { ...control, epoch: 2, as_of: formatTime(later) }
test.each<[string, Partial<RequesterRecord>]>([
  ['ending', { status: 'ended' }],
  ['suspending', { status: 'suspended' }],
  ['lapsing', { status: 'lapsed' }],
  ['dropping uses', { uses: [] }],
  ['dropping a key', { keys: record.payload.keys.slice(0, 1) }],
  ['a new control epoch', { control: epoch }],
  ['a new owner, with the epoch', { control: { ...epoch, exception: 'no-known-person' } }],
])('admitRequester: %s is for either alone', async (_, change) => {
  expect(await judge(change, own)).toBe('admitted')
  expect(await judge(change, country.keys)).toBe('admitted')
  expect(await judge(change, [country.keys[0]!])).toBe('not-entitled')
  expect(await judge({ ...change, legal_name: 'Another' }, own)).toBe('not-entitled')
})

test.each<[string, Partial<RequesterRecord>, Partial<RequesterRecord>]>([
  ['out of suspension', { status: 'suspended' }, { status: 'active' }],
  ['out of the end', { status: 'ended' }, { status: 'active' }],
  ['from suspended to lapsed', { status: 'suspended' }, { status: 'lapsed' }],
  ['a use again', { uses: [] }, { uses }],
  ['a key again', { keys: record.payload.keys.slice(0, 1) }, { keys: record.payload.keys }],
])('admitRequester: %s needs both', async (_, tightening, loosening) => {
  const tightened = await after(tightening, own)
  expect(await judge(loosening, own, tightened)).toBe('not-entitled')
  expect(await judge(loosening, country.keys, tightened)).toBe('not-entitled')
  expect(await judge(loosening, both, tightened)).toBe('admitted')
})

test('admitRequester: a wider use needs both', async () => {
  const wider = uses.map((use) => ({ ...use, categories: [...use.categories, 'pd:Health'] }))
  expect(await judge({ uses: wider }, own)).toBe('not-entitled')
  expect(await judge({ uses: wider }, both)).toBe('admitted')
})

test('admitRequester: control goes forward, and a change of it bumps the epoch', async () => {
  const bumped = await after({ control: epoch }, own)
  expect(await judge({ control }, both, bumped)).toBe('rule-broken')
  expect(await judge({ control: { ...epoch, epoch: control.epoch } }, both, bumped)).toBe('rule-broken')
  expect(await judge({ control: { ...epoch, as_of: control.as_of } }, both, bumped)).toBe('rule-broken')
  expect(await judge({ control: { ...control, exception: 'public-body' } }, both)).toBe('rule-broken')
  const parent = '5493001KJTIIGC8Y1R12'
  expect(await judge({ control: { ...control, exception: null, parent } }, both)).toBe('rule-broken')
  expect(await judge({ control: { ...epoch, exception: null, parent } }, own)).toBe('admitted')
})

test('admitRequester: nobody freshens as_of alone, nor into the future', async () => {
  const fresh = { ...control, as_of: formatTime(later) }
  expect(await judge({ control: fresh }, own)).toBe('not-entitled')
  expect(await judge({ control: fresh }, country.keys)).toBe('not-entitled')
  expect(await judge({ control: fresh }, both)).toBe('admitted')
  const ahead = (seconds: number): RequesterRecord['control'] => ({ ...epoch, as_of: formatTime(later + seconds) })
  expect(await judge({ control: ahead(times.nodeSkew) }, both)).toBe('admitted')
  expect(await judge({ control: ahead(times.nodeSkew + 1) }, both)).toBe('time-invalid')
})

test('admitRequester keeps keys continuous', async () => {
  const fresh = testSigner('fresh')
  const announced = testSigner('requester/EE/requester/insurer/next')
  expect(record.payload.next).toContain(keyDigest(announced.key))
  expect(await judge({ keys: [fresh.key] }, [...country.keys, fresh])).toBe('not-entitled')
  expect(await judge({ keys: [fresh.key] }, [...country.keys, fresh, ...own])).toBe('admitted')
  expect(await judge({ keys: [announced.key] }, [...country.keys, announced])).toBe('admitted')
  expect(await judge({ keys: [announced.key] }, [announced])).toBe('not-entitled')
})

test('requesterSchema wants a parent or an exception, words of the vocabulary, and an LEI that holds', () => {
  const { payload } = record
  expect(requesterSchema.safeParse(payload).success).toBe(true)
  const wrong: unknown[] = [
    { ...payload, control: { ...control, exception: null } },
    { ...payload, control: { ...control, parent: '5493001KJTIIGC8Y1R12' } },
    { ...payload, uses: [{ ...uses[0], purpose: 'dpv:Mischief' }] },
    { ...payload, uses: [{ ...uses[0], categories: ['pd:Mischief'] }] },
    { ...payload, lei: '5493001KJTIIGC8Y1R13' },
    { ...payload, name: 'EE/node/insurer' },
    { ...payload, offers: 'http://insurer.example/offers' },
    { ...payload, more: 1 },
  ]
  for (const one of wrong) expect(requesterSchema.safeParse(one).success).toBe(false)
})
