import { actKinds, actNoun, type ActKind } from '@dcann/protocol/act'
import { type Grant, grantNoun } from '@dcann/protocol/agreement'
import { base64Url } from '@dcann/protocol/bytes'
import type { ErrorCode } from '@dcann/protocol/errors'
import { handleOf } from '@dcann/protocol/handle'
import { type Signer, testSigner } from '@dcann/protocol/key'
import { type Offer, offerNoun, type Term } from '@dcann/protocol/offer'
import { requesterNoun } from '@dcann/protocol/requester'
import { formatTime, parseTime } from '@dcann/protocol/time'
import { type Federation, keys, nth, sealingKey } from './federation.ts'
import { at, changed, day, type NamedVector, now, salt, signAny, vectorsOf, write, type Written } from './vector.ts'

type Change = Readonly<Record<string, unknown>>
const handleKey = testSigner('vectors/handle-key')

export const rides: Term = {
  id: 'rides',
  optional: false,
  strand: 'mobility.rides',
  claims: ['rides_per_week'],
  category: 'pd:TravelHistory',
  purpose: 'dpv:PersonalisedBenefits',
  purpose_text: { en: 'To offer you a price that fits how you travel' },
  processing: ['dpv:Use'],
  legal_basis: 'eu-gdpr:A6-1-a',
  mode: 'view',
  fetch: 'periodic',
  frequency: { max: 4, per: 'month' },
  data_range: { last: 'P90D' },
  data_life: 'P30D',
  tags: [],
  moments: [],
  about_others: false,
  min_assurance: 'self',
  goes_to: [],
  used_by: ['pricing'],
  combine: 'never',
}
export const age: Term = {
  ...rides,
  id: 'age',
  optional: true,
  strand: 'profile.person',
  claims: ['age_over_18'],
  category: 'pd:Age',
  data_range: null,
}
const offer: Offer = {
  v: 1,
  requester: 'EE/requester/insurer',
  at,
  expires: formatTime(now + 7 * day),
  lasts: 'P365D',
  terms: [rides, age],
  value: {
    gives: [{ kind: 'discount', amount: '5.00', currency: 'EUR', per: 'period', terms: ['rides'] }],
    settle_by: 'P30D',
  },
  refusal_detriment: 'none',
  jurisdiction: 'EE',
  authority: 'Data protection inspectorate (made up)',
  notice: { url: 'https://insurer.example/notice', digest: null, language: 'en' },
  sealing_key: null,
  ring_fence: 'admitted',
  template: null,
  nonce: salt(7),
}
const grant: Omit<Grant, 'offer'> = {
  v: 1,
  terms: ['rides', 'age'],
  handle: handleOf(handleKey.key),
  key: handleKey.key,
  control: { epoch: 1, parent: null },
  at,
  until: formatTime(now + 90 * day),
  prior: null,
  ring_fence: false,
}

/** An offer against the requester's record in `given.requester`. */
export async function offerVectors({ requester }: Federation): Promise<NamedVector[]> {
  const { valid, invalid } = vectorsOf('offer')
  const key = nth(keys.requester, 0)
  const given = { requester: requester.signed }
  const sign = async (change: Change, by: Signer = key): Promise<unknown> =>
    await signAny(offerNoun.typ, changed(offer, change), [by])
  const termed = async (change: Change, more: Change = {}): Promise<unknown> =>
    await sign({ terms: [{ ...rides, ...change }], ...more })
  const wrong = (name: string, about: string, input: unknown, code: ErrorCode, more: object = {}): NamedVector =>
    invalid(name, about, { given, input, ...more }, code)
  const suspended = await write(requesterNoun, { ...requester.payload, status: 'suspended' }, [key])
  const right = await write(offerNoun, offer, [key])
  const sealing = await write(offerNoun, { ...offer, sealing_key: sealingKey }, [key])
  const [use] = requester.payload.uses
  const uses = use ? [{ ...use, categories: [...use.categories, 'pd:Health'] }] : []
  const healthy = await write(requesterNoun, { ...requester.payload, uses }, [key])
  const expires = parseTime(offer.expires)
  return [
    valid(
      'inside-a-registered-use',
      'Two terms, one of them optional.',
      { given, input: right.signed },
      { id: right.id },
    ),
    valid(
      'last-second',
      'The second before it expires.',
      { given, input: right.signed, now: expires - 1 },
      { id: right.id },
    ),
    wrong('expired', 'The second at which it expires.', right.signed, 'expired', { now: expires }),
    wrong('expires-before-it-is-made', 'It never stood open.', await sign({ at: formatTime(expires) }), 'rule-broken'),
    wrong('signed-by-a-stranger', 'No key of the requester.', await sign({}, nth(keys.stranger, 0)), 'key-unknown'),
    wrong(
      'of-another-requester',
      'It names another requester.',
      await sign({ requester: 'EE/requester/other' }),
      'not-entitled',
    ),
    wrong('requester-suspended', 'A suspended requester offers nothing.', right.signed, 'not-active', {
      given: { requester: suspended.signed },
    }),
    wrong(
      'purpose-not-registered',
      'A purpose that no use has.',
      await termed({ purpose: 'dpv:Marketing' }),
      'over-asking',
    ),
    wrong(
      'category-not-registered',
      'A category that the use does not have.',
      await termed({ category: 'pd:Health' }, { sealing_key: sealingKey }),
      'over-asking',
    ),
    valid('sealing-key', 'Answers are to be sealed.', { given, input: sealing.signed }, { id: sealing.id }),
    wrong(
      'sealing-key-of-low-order',
      'Answers would be open to everybody.',
      await sign({ sealing_key: base64Url(new Uint8Array(32)) }),
      'key-inadmissible',
    ),
    wrong(
      'special-category-in-the-clear',
      'A special category without a sealing key.',
      (await write(offerNoun, { ...offer, terms: [{ ...rides, category: 'pd:Health' }] }, [key])).signed,
      'rule-broken',
      { given: { requester: healthy.signed } },
    ),
    wrong(
      'user-not-registered',
      'Somebody uses it whom the use does not name.',
      await termed({ used_by: ['resale'] }),
      'over-asking',
    ),
    wrong(
      'source-not-registered',
      'It is combined with what the use does not name.',
      await termed({ combine: ['bought profiles'] }),
      'over-asking',
    ),
    wrong(
      'two-terms-of-one-id',
      'A grant could not tell them apart.',
      await sign({ terms: [rides, { ...age, id: 'rides' }] }),
      'rule-broken',
    ),
    wrong(
      'gives-for-no-term',
      'Value for a term that is not there.',
      await sign({ terms: [{ ...rides, id: 'other' }] }),
      'rule-broken',
    ),
    wrong(
      'claim-of-another-strand',
      'A derived claim on a strand that it does not derive from.',
      await termed({ strand: 'profile.person' }),
      'rule-broken',
    ),
    wrong(
      'claim-looks-back-further',
      'A derived claim of 90 days in a term of 30.',
      await termed({ data_range: { last: 'P30D' } }),
      'rule-broken',
    ),
    wrong(
      'detriment',
      'Saying no costs something.',
      await sign({ refusal_detriment: 'a higher price' }),
      'schema-mismatch',
    ),
    wrong('no-ring-fence', 'It does not admit a ring fence.', await sign({ ring_fence: 'refused' }), 'schema-mismatch'),
    wrong(
      'amount-as-a-number',
      'An amount that is no text.',
      await sign({
        value: {
          gives: [{ kind: 'money', amount: 5, currency: 'EUR', per: 'once', terms: ['rides'] }],
          settle_by: 'P30D',
        },
      }),
      'schema-mismatch',
    ),
  ]
}

/** A grant of the offer in `given.offer`, against the requester's record: the pair, and whether it may become active. */
export async function agreementVectors({ requester }: Federation): Promise<NamedVector[]> {
  const { valid, invalid } = vectorsOf('agreement')
  const first = await write(offerNoun, offer, [nth(keys.requester, 0)])
  const given = { offer: first.signed, requester: requester.signed }
  const granting = async (change: Change, by: readonly Signer[] = [handleKey]): Promise<Written<Grant>> =>
    await write(grantNoun, { ...grant, offer: first.id, ...change }, by)
  const right = (
    name: string,
    about: string,
    { signed, id, payload }: Written<Grant>,
    due: number,
    more: object = {},
  ): NamedVector =>
    valid(
      name,
      about,
      { given, input: signed, ...more },
      { agreement: id, handle: payload.handle, terms: payload.terms, until: payload.until, due },
    )
  const wrong = (
    name: string,
    about: string,
    { signed }: Written<Grant>,
    code: ErrorCode,
    more: object = {},
  ): NamedVector => invalid(name, about, { given, input: signed, ...more }, code)
  const sold = await write(
    requesterNoun,
    { ...requester.payload, control: { ...requester.payload.control, epoch: 2 } },
    keys.country,
  )
  const expires = parseTime(offer.expires)
  const late = { at: formatTime(expires), until: formatTime(expires + day) }
  const until = (seconds: number): Change => ({ until: formatTime(now + 365 * day + seconds) })
  return [
    right('all-terms', 'Every term was taken.', await granting({}), 1),
    right('required-terms', 'Only what is required was taken.', await granting({ terms: ['rides'] }), 1),
    right('longest', 'As long as was offered.', await granting(until(0)), 1),
    right(
      'successor',
      'A successor is bound by no expiry of the offer.',
      await granting({ ...late, prior: 'A'.repeat(43) }),
      1,
      { now: expires },
    ),
    wrong(
      'required-term-left-out',
      'A required term was not taken.',
      await granting({ terms: ['age'] }),
      'rule-broken',
    ),
    wrong(
      'term-not-offered',
      'A term that the offer does not have.',
      await granting({ terms: ['rides', 'income'] }),
      'rule-broken',
    ),
    wrong('term-twice', 'One term taken twice.', await granting({ terms: ['rides', 'rides'] }), 'rule-broken'),
    wrong('of-another-offer', 'It names another offer.', await granting({ offer: 'A'.repeat(43) }), 'rule-broken'),
    wrong(
      'handle-of-another-key',
      'The handle is not that of the key.',
      await granting({ handle: handleOf(nth(keys.stranger, 0).key) }),
      'rule-broken',
    ),
    wrong(
      'not-by-the-handle-key',
      'A control key signs in place of the handle key.',
      await granting({}, keys.control.slice(0, 1)),
      'key-unknown',
    ),
    wrong(
      'not-by-the-handle-key-alone',
      'A control key signs beside the handle key and so joins the two.',
      await granting({}, [handleKey, nth(keys.control, 0)]),
      'key-unknown',
    ),
    wrong('longer-than-offered', 'A second longer than was offered.', await granting(until(1)), 'rule-broken'),
    wrong('ends-before-it-begins', 'It would never stand.', await granting({ until: at }), 'rule-broken'),
    wrong('offer-expired', 'A first grant when the offer has expired.', await granting(late), 'expired', {
      now: expires,
    }),
    wrong('dated-elsewhen', 'A grant dated more than five minutes ago.', await granting({}), 'time-invalid', {
      now: now + 301,
    }),
    wrong('pinned-to-another-epoch', 'The requester was sold since.', await granting({}), 'not-active', {
      given: { ...given, requester: sold.signed },
    }),
  ]
}

/** An act in the state `given.state`, signed by a key of `given.holder` (handle and control keys) or `given.requester`. */
export async function actVectors(): Promise<NamedVector[]> {
  const { valid, invalid } = vectorsOf('act')
  const [control, company] = [nth(keys.control, 0), nth(keys.requester, 0)]
  const given = (state: string): object => ({
    state,
    handle_key: handleKey.key,
    control_keys: [control.key],
    requester_keys: [company.key],
  })
  const act = async (kind: string, by: Signer, change: Change = {}): Promise<unknown> =>
    await signAny(actNoun.typ, changed({ v: 1, agreement: 'A'.repeat(43), kind, at, nonce: salt(9) }, change), [by])
  const right = async (
    name: string,
    about: string,
    state: string,
    kind: ActKind,
    by: Signer,
    after: string,
  ): Promise<NamedVector> => valid(name, about, { given: given(state), input: await act(kind, by) }, { state: after })
  const wrong = async (
    name: string,
    about: string,
    state: string,
    kind: string,
    by: Signer,
    code: ErrorCode,
    change: Change = {},
  ): Promise<NamedVector> => invalid(name, about, { given: given(state), input: await act(kind, by, change) }, code)
  return [
    await right('pause', 'The holder pauses.', 'active', 'pause', handleKey, 'paused'),
    await right('resume', 'The holder resumes.', 'paused', 'resume', handleKey, 'active'),
    await right('revoke', 'The holder revokes.', 'active', 'revoke', handleKey, 'revoked'),
    await right('revoke-while-paused', 'A pause does not stand in the way.', 'paused', 'revoke', handleKey, 'revoked'),
    await right(
      'revoke-by-a-control-key',
      'A control key of the holder may too.',
      'active',
      'revoke',
      control,
      'revoked',
    ),
    await right('revoke-twice', 'An end absorbs what follows.', 'revoked', 'revoke', handleKey, 'revoked'),
    await right('retire', 'The requester retires.', 'active', 'retire', company, 'retired'),
    await right('retire-after-revoke', 'What was revoked stays revoked.', 'revoked', 'retire', company, 'revoked'),
    await right(
      'complaint-after-the-end',
      'A complaint is heard after the end, and changes nothing.',
      'retired',
      'complaint',
      handleKey,
      'retired',
    ),
    await wrong('resume-after-revoke', 'Nothing resumes what has ended.', 'revoked', 'resume', handleKey, 'not-active'),
    await wrong(
      'resume-after-supersede',
      'Nothing resumes what was superseded.',
      'superseded',
      'resume',
      handleKey,
      'not-active',
    ),
    await wrong('requester-revokes', 'Revoking is for the holder.', 'active', 'revoke', company, 'key-unknown'),
    await wrong('requester-resumes', 'Resuming is for the holder.', 'paused', 'resume', company, 'key-unknown'),
    await wrong('holder-retires', 'Retiring is for the requester.', 'active', 'retire', handleKey, 'key-unknown'),
    await wrong('stranger-revokes', 'A stranger signs.', 'active', 'revoke', nth(keys.stranger, 0), 'key-unknown'),
    await wrong(
      'unknown-kind',
      `There is none beside ${actKinds.join(', ')}.`,
      'active',
      'forget',
      handleKey,
      'schema-mismatch',
    ),
    await wrong(
      'names-a-predecessor',
      'Acts name no predecessor, so they never conflict.',
      'active',
      'revoke',
      handleKey,
      'schema-mismatch',
      { prev: 'A'.repeat(43) },
    ),
  ]
}

/** A query against `given.terms` of an agreement and the requester's record: which term lets out what, of which times. */
export function coverVectors({ requester }: Federation): NamedVector[] {
  const { valid, invalid } = vectorsOf('cover')
  const whole: Term = { ...rides, id: 'entries', claims: null }
  const purpose = rides.purpose
  const ago = (seconds: number): string => formatTime(now - seconds)
  const given = (...terms: readonly Term[]): object => ({ terms, requester: requester.signed })
  const item = { strand: 'mobility.rides', claims: ['rides_per_week'] }
  const right = (name: string, about: string, terms: readonly Term[], asked: object, result: object): NamedVector =>
    valid(name, about, { given: given(...terms), input: { purpose, items: [asked] } }, { items: [result] })
  const wrong = (
    name: string,
    about: string,
    terms: readonly Term[],
    asked: object,
    code: ErrorCode,
    wanted = purpose,
  ): NamedVector => invalid(name, about, { given: given(...terms), input: { purpose: wanted, items: [asked] } }, code)
  const range = { from: ago(90 * day), to: formatTime(now + 1) }
  const driven: Term = { ...whole, moments: [{ driver: 'intent' }] }
  const tagged: Term = { ...whole, tags: ['mobility.ride', 'usage.weekly'] }
  return [
    right('a-claim', 'A claim that was agreed, over the whole range.', [rides, age], item, { term: 'rides', ...range }),
    right(
      'part-of-the-range',
      'Less time than was agreed.',
      [rides],
      { ...item, from: ago(day), to: at },
      { term: 'rides', from: ago(day), to: at },
    ),
    right(
      'whole-entries',
      'Whole entries that were agreed.',
      [whole],
      { strand: 'mobility.rides' },
      { term: 'entries', ...range },
    ),
    right(
      'members-of-whole-entries',
      'Less than whole entries.',
      [whole],
      { strand: 'mobility.rides', claims: ['fare'] },
      { term: 'entries', ...range },
    ),
    right(
      'a-narrower-moment',
      'Intent online, where intent was agreed.',
      [driven],
      { strand: 'mobility.rides', moments: [{ driver: 'intent', channel: 'online' }] },
      { term: 'entries', ...range },
    ),
    right(
      'one-tag-of-two',
      'One of the tags agreed.',
      [tagged],
      { strand: 'mobility.rides', tags: ['usage.weekly'] },
      { term: 'entries', ...range },
    ),
    right(
      'the-term-that-reaches',
      'Of two terms that fit, the one that reaches far enough.',
      [{ ...whole, id: 'near', data_range: { last: 'P7D' } }, whole],
      { strand: 'mobility.rides', from: ago(30 * day) },
      { term: 'entries', from: ago(30 * day), to: range.to },
    ),
    right(
      'before-1970',
      'A term without a range reaches as far as times do.',
      [age],
      { strand: 'profile.person', claims: ['age_over_18'], from: '1948-05-04T00:00:00Z' },
      { term: 'age', from: '1948-05-04T00:00:00Z', to: range.to },
    ),
    wrong('another-purpose', 'A purpose that was not agreed.', [rides], item, 'purpose-mismatch', 'dpv:Marketing'),
    wrong('another-strand', 'A strand that was not agreed.', [rides], { strand: 'finance.income' }, 'over-asking'),
    wrong(
      'one-claim-more',
      'A claim beside those agreed.',
      [rides],
      { ...item, claims: ['rides_per_week', 'home_address'] },
      'over-asking',
    ),
    wrong(
      'whole-entries-for-a-claim',
      'Whole entries where a claim was agreed.',
      [rides],
      { strand: 'mobility.rides' },
      'over-asking',
    ),
    wrong('a-claim-for-whole-entries', 'A derived claim where entries were agreed.', [whole], item, 'over-asking'),
    wrong(
      'two-terms-in-one-item',
      'Each item fits one term whole.',
      [
        { ...rides, claims: ['fare'] },
        { ...rides, id: 'other', claims: ['place'] },
      ],
      { ...item, claims: ['fare', 'place'] },
      'over-asking',
    ),
    wrong('no-tags', 'Everything, where tags were agreed.', [tagged], { strand: 'mobility.rides' }, 'over-asking'),
    wrong(
      'a-wider-moment',
      'Any moment, where intent was agreed.',
      [driven],
      { strand: 'mobility.rides', moments: [{}] },
      'over-asking',
    ),
    wrong(
      'a-term-that-writes',
      'Under a term of mode write nothing goes out.',
      [{ ...rides, mode: 'write' }],
      item,
      'over-asking',
    ),
    wrong(
      'a-use-registered-no-more',
      'The agreement has it, the registry does not.',
      [{ ...rides, category: 'pd:Location' }],
      item,
      'over-asking',
    ),
    wrong(
      'a-second-too-far',
      'A second beyond the range agreed.',
      [rides],
      { ...item, from: ago(90 * day + 1) },
      'bound-crossed',
    ),
    wrong(
      'empty-time',
      'Times that hold nothing.',
      [rides],
      { ...item, from: ago(day), to: ago(day) },
      'schema-mismatch',
    ),
  ]
}
