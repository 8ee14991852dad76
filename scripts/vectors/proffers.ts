import { type Acceptance, acceptanceNoun } from '@dcann/protocol/acceptance'
import { type Grant, grantNoun } from '@dcann/protocol/agreement'
import { base64Url, fromHex } from '@dcann/protocol/bytes'
import type { ErrorCode } from '@dcann/protocol/errors'
import { handleOf } from '@dcann/protocol/handle'
import { type Signer, signerFromSeed, testSigner } from '@dcann/protocol/key'
import { type Proffer, profferNoun } from '@dcann/protocol/proffer'
import { requesterNoun } from '@dcann/protocol/requester'
import { formatTime, parseTime } from '@dcann/protocol/time'
import { age, rides } from './agreements.ts'
import { type Federation, keys, nth, sealingKey } from './federation.ts'
import { at, changed, day, type NamedVector, now, salt, signAny, vectorsOf, write, type Written } from './vector.ts'

type Change = Readonly<Record<string, unknown>>
const handleKey = testSigner('vectors/proffer-handle-key')

const proffer: Proffer = {
  v: 1,
  for: { requester: 'EE/requester/insurer' },
  handle: handleOf(handleKey.key),
  key: handleKey.key,
  at,
  expires: formatTime(now + 7 * day),
  lasts: 'P90D',
  terms: [{ ...rides, used_by: [] }, age],
  value: {
    gives: [{ kind: 'money', amount: '2.00', currency: 'EUR', per: 'answer', terms: ['rides'] }],
    settle_by: 'P30D',
  },
  prior: null,
  nonce: salt(11),
}
const anybody = { kind: null, zone: null, authority: null }
const acceptance: Omit<Acceptance, 'proffer'> = {
  v: 1,
  requester: 'EE/requester/insurer',
  terms: ['rides', 'age'],
  control: { epoch: 1, parent: null },
  at,
  until: formatTime(now + 30 * day),
  sealing_key: null,
  refusal_detriment: 'none',
  jurisdiction: 'EE',
  authority: 'Data protection inspectorate (made up)',
  notice: { url: 'https://insurer.example/notice', digest: null, language: 'en' },
  ring_fence: 'admitted',
  nonce: salt(12),
}

/** A proffer by itself. */
export async function profferVectors(): Promise<NamedVector[]> {
  const { valid, invalid } = vectorsOf('proffer')
  const sign = async (change: Change, by: readonly Signer[] = [handleKey]): Promise<unknown> =>
    await signAny(profferNoun.typ, changed(proffer, change), by)
  const right = async (name: string, about: string, change: Partial<Proffer>, when = now): Promise<NamedVector> => {
    const { signed, id, payload } = await write(profferNoun, { ...proffer, ...change }, [handleKey])
    return valid(name, about, { input: signed, now: when }, { id, handle: payload.handle })
  }
  const wrong = (name: string, about: string, input: unknown, code: ErrorCode, when = now): NamedVector =>
    invalid(name, about, { input, now: when }, code)
  const expires = parseTime(proffer.expires)
  // a key that a standard prints: everybody can sign under it
  const published = signerFromSeed(fromHex('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60'))
  const ofPublished = { key: published.key, handle: handleOf(published.key) }
  return [
    await right('to-one-requester', 'To a requester by name.', {}),
    await right('to-anybody', 'To any requester that is registered.', { for: anybody }),
    await right('to-a-kind-in-a-country', 'To any authority of EE.', {
      for: { kind: 'authority', zone: 'EE', authority: null },
    }),
    await right('last-second', 'The second before it expires.', {}, expires - 1),
    await right('in-place-of-an-agreement', 'It names the agreement it is to succeed.', { prior: 'A'.repeat(43) }),
    wrong('expired', 'The second at which it expires.', await sign({}), 'expired', expires),
    wrong('expires-before-it-is-made', 'It never stood open.', await sign({ expires: at }), 'rule-broken'),
    wrong('dated-in-the-future', 'It is made in six minutes.', await sign({}), 'time-invalid', now - 360),
    wrong(
      'not-by-the-handle-key',
      'A control key signs in place of the handle key.',
      await sign({}, keys.control.slice(0, 1)),
      'key-unknown',
    ),
    wrong(
      'not-by-the-handle-key-alone',
      'A control key signs beside the handle key and so joins the two.',
      await sign({}, [handleKey, nth(keys.control, 0)]),
      'key-unknown',
    ),
    wrong(
      'handle-of-another-key',
      'The handle is not that of the key.',
      await sign({ handle: handleOf(nth(keys.stranger, 0).key) }),
      'rule-broken',
    ),
    wrong(
      'under-a-published-key',
      'Everybody could sign under it.',
      await sign(ofPublished, [published]),
      'key-inadmissible',
    ),
    wrong('two-terms-of-one-id', 'Nobody could tell them apart.', await sign({ terms: [rides, rides] }), 'rule-broken'),
    wrong(
      'wants-for-no-term',
      'Value for a term that is not there.',
      await sign({ terms: [{ ...rides, id: 'other' }] }),
      'rule-broken',
    ),
    wrong(
      'claim-of-another-strand',
      'A derived claim on a strand that it does not derive from.',
      await sign({ terms: [{ ...rides, strand: 'profile.person' }] }),
      'rule-broken',
    ),
    wrong(
      'in-place-of-whose-agreement',
      'It succeeds an agreement and names nobody.',
      await sign({ for: anybody, prior: 'A'.repeat(43) }),
      'rule-broken',
    ),
    wrong(
      'one-and-any',
      'It names one requester and any.',
      await sign({ for: { requester: 'EE/requester/insurer', ...anybody } }),
      'schema-mismatch',
    ),
    wrong('with-a-cap', 'What is counted over siblings stands in none.', await sign({ cap: 3 }), 'schema-mismatch'),
    wrong(
      'names-the-passport',
      'A proffer names nobody who makes it.',
      await sign({ passport: 'EE…' }),
      'schema-mismatch',
    ),
  ]
}

/** An acceptance of the proffer in `given.proffer`, against the requester's record: the pair, and whether it may stand. */
export async function acceptanceVectors({ requester }: Federation): Promise<NamedVector[]> {
  const { valid, invalid } = vectorsOf('acceptance')
  const key = nth(keys.requester, 0)
  const profferTo = async (change: Partial<Proffer> = {}): Promise<Written<Proffer>> =>
    await write(profferNoun, { ...proffer, ...change }, [handleKey])
  const first = await profferTo()
  const given = { proffer: first.signed, requester: requester.signed }
  const accepting = async (change: Change = {}, to = first, by: readonly Signer[] = [key]): Promise<unknown> =>
    await signAny(acceptanceNoun.typ, changed({ ...acceptance, proffer: to.id }, change), by)
  const right = async (
    name: string,
    about: string,
    change: Partial<Acceptance>,
    due: number,
    to = first,
    record: Written<unknown> = requester,
  ): Promise<NamedVector> => {
    const { signed, id, payload } = await write(acceptanceNoun, { ...acceptance, proffer: to.id, ...change }, [key])
    return valid(
      name,
      about,
      { given: { proffer: to.signed, requester: record.signed }, input: signed },
      { agreement: id, handle: to.payload.handle, terms: payload.terms, until: payload.until, due },
    )
  }
  const wrong = (name: string, about: string, input: unknown, code: ErrorCode, more: object = {}): NamedVector =>
    invalid(name, about, { given, input, ...more }, code)
  const toOthers = await profferTo({ for: { requester: 'EE/requester/other' } })
  const toAuthorities = await profferTo({ for: { ...anybody, kind: 'authority' } })
  const toAnybody = await profferTo({ for: anybody })
  const toSupervised = await profferTo({
    for: { kind: 'company', zone: 'EE', authority: requester.payload.authority },
  })
  const marketing = await profferTo({ terms: [{ ...rides, purpose: 'dpv:Marketing' }] })
  const health = await profferTo({ terms: [{ ...rides, category: 'pd:Health' }] })
  const [use] = requester.payload.uses
  const uses = use ? [{ ...use, categories: [...use.categories, 'pd:Health'] }] : []
  const healthy = await write(requesterNoun, { ...requester.payload, uses }, [key])
  const sold = await write(
    requesterNoun,
    { ...requester.payload, control: { ...requester.payload.control, epoch: 2 } },
    keys.country,
  )
  const suspended = await write(requesterNoun, { ...requester.payload, status: 'suspended' }, [key])
  const expires = parseTime(proffer.expires)
  const grant: Grant = {
    v: 1,
    offer: first.id,
    terms: ['rides'],
    handle: handleOf(handleKey.key),
    key: handleKey.key,
    control: { epoch: 1, parent: null },
    at,
    until: acceptance.until,
    prior: null,
    ring_fence: false,
  }
  return [
    await right('all-terms', 'Every term is taken.', {}, 1),
    await right('required-terms', 'Only what is required is taken.', { terms: ['rides'] }, 1),
    await right('longest', 'As long as was proffered.', { until: formatTime(now + 90 * day) }, 1),
    await right('any-requester', 'The proffer names nobody.', {}, 1, toAnybody),
    await right('of-the-kind-meant', 'A company of EE under that authority.', {}, 1, toSupervised),
    await right(
      'sealed',
      'A special category, and what answers are sealed to.',
      { terms: ['rides'], sealing_key: sealingKey },
      0,
      await profferTo({ terms: health.payload.terms, value: { gives: [], settle_by: 'P30D' } }),
      healthy,
    ),
    wrong(
      'required-term-left-out',
      'A required term is not taken.',
      await accepting({ terms: ['age'] }),
      'rule-broken',
    ),
    wrong(
      'term-not-proffered',
      'A term that the proffer does not have.',
      await accepting({ terms: ['rides', 'income'] }),
      'rule-broken',
    ),
    wrong('term-twice', 'One term taken twice.', await accepting({ terms: ['rides', 'rides'] }), 'rule-broken'),
    wrong(
      'longer-than-proffered',
      'A second longer than was proffered.',
      await accepting({ until: formatTime(now + 90 * day + 1) }),
      'rule-broken',
    ),
    wrong('ends-before-it-begins', 'It would never stand.', await accepting({ until: at }), 'rule-broken'),
    wrong(
      'of-another-proffer',
      'It names another proffer.',
      await accepting({ proffer: 'A'.repeat(43) }),
      'rule-broken',
    ),
    wrong(
      'signed-by-a-stranger',
      'No key of the requester.',
      await accepting({}, first, keys.stranger.slice(0, 1)),
      'key-unknown',
    ),
    wrong('by-the-holder', 'The holder accepts in its place.', await accepting({}, first, [handleKey]), 'key-unknown'),
    wrong(
      'of-another-requester',
      'It names another requester.',
      await accepting({ requester: 'EE/requester/other' }),
      'not-entitled',
    ),
    wrong(
      'proffered-to-another',
      'The proffer names another requester.',
      await accepting({}, toOthers),
      'not-entitled',
      { given: { ...given, proffer: toOthers.signed } },
    ),
    wrong(
      'not-of-the-kind-meant',
      'A company accepts what is for authorities.',
      await accepting({}, toAuthorities),
      'not-entitled',
      { given: { ...given, proffer: toAuthorities.signed } },
    ),
    wrong('requester-suspended', 'A suspended requester accepts nothing.', await accepting(), 'not-active', {
      given: { ...given, requester: suspended.signed },
    }),
    wrong('pinned-to-another-epoch', 'The requester was sold since.', await accepting(), 'not-active', {
      given: { ...given, requester: sold.signed },
    }),
    wrong(
      'proffer-expired',
      'The second at which the proffer expires.',
      await accepting({ at: proffer.expires, until: formatTime(expires + day) }),
      'expired',
      { now: expires },
    ),
    wrong('dated-elsewhen', 'An acceptance dated more than five minutes ago.', await accepting(), 'time-invalid', {
      now: now + 301,
    }),
    wrong(
      'purpose-not-registered',
      'The holder may proffer it, the registry does not let it be used.',
      await accepting({ terms: ['rides'] }, marketing),
      'over-asking',
      { given: { ...given, proffer: marketing.signed } },
    ),
    wrong(
      'special-category-in-the-clear',
      'A special category without a sealing key.',
      await accepting({ terms: ['rides'] }, health),
      'rule-broken',
      { given: { proffer: health.signed, requester: healthy.signed } },
    ),
    wrong(
      'sealing-key-of-low-order',
      'Answers would be open to everybody.',
      await accepting({ sealing_key: base64Url(new Uint8Array(32)) }),
      'key-inadmissible',
    ),
    wrong(
      'detriment',
      'Saying no costs something.',
      await accepting({ refusal_detriment: 'a higher price' }),
      'schema-mismatch',
    ),
    wrong(
      'no-ring-fence',
      'It does not admit a ring fence.',
      await accepting({ ring_fence: 'refused' }),
      'schema-mismatch',
    ),
    wrong(
      'a-grant',
      'Another noun, which passes for nothing else.',
      (await write(grantNoun, grant, [handleKey])).signed,
      'schema-mismatch',
    ),
  ]
}
