import { expect, test } from 'vitest'
import { makeCast } from '../../../test/cast.ts'
import { codeOf } from '../../../test/code-of.ts'
import { handleKey, makeGrant, makeOffer } from '../../../test/pair.ts'
import { makeAcceptance, makeProffer } from '../../../test/proffered.ts'
import { allowanceOf, type Grant } from './agreement.ts'
import { handleOf } from './handle.ts'
import { type Signer, testSigner } from './key.ts'
import { claimedBy, pairIn, proveDocuments, type SignedPair, signedPairSchema } from './pair.ts'
import type { Proffer } from './proffer.ts'
import { formatTime, parseTime } from './time.ts'

const now = parseTime('2026-11-23T12:00:00Z')
const { insurer, rides } = (await makeCast('pair', now)).requesters
const keys = insurer.keys.map(({ key }) => key)
const offer = await makeOffer(insurer, now)
const grant = await makeGrant(offer, insurer, now)
const proffer = await makeProffer(now)
const acceptance = await makeAcceptance(proffer, insurer, now)
const anew = async (change: Partial<Grant> = {}) =>
  await makeGrant(offer, insurer, now, { offer: acceptance.id, prior: acceptance.id, ...change })
const accepted = { proffer: proffer.signed, acceptance: acceptance.signed }

const kinds: readonly [string, SignedPair][] = [
  ['offer and grant', { offer: offer.signed, grant: grant.signed }],
  ['proffer and acceptance', accepted],
  ['a grant anew over an acceptance', { ...accepted, grant: (await anew()).signed }],
]

test.each(kinds)('claimedBy says what allowanceOf then proves: %s', async (_, pair) => {
  const allowance = allowanceOf(await proveDocuments(pair, keys))
  const claimed = claimedBy(pair)
  expect({ ...allowance, terms: allowance.terms.map(({ id }) => id) }).toMatchObject({
    agreement: claimed.agreement,
    requester: claimed.requester,
    handle: claimed.handle,
    terms: claimed.terms,
    control: claimed.control,
    from: parseTime(claimed.at),
    until: parseTime(claimed.until),
    prior: claimed.prior,
  })
  expect(allowance.key).toBe(handleKey.key)
})

test.each(kinds)('proveDocuments takes the keys of the requester alone: %s', async (_, pair) => {
  expect(
    await codeOf(() =>
      proveDocuments(
        pair,
        rides.keys.map(({ key }) => key),
      ),
    ),
  ).toBe('key-unknown')
})

test.each(kinds)('pairIn takes the documents out of what stands beside them: %s', (_, pair) => {
  const listed = { ...pair, standing: 'active' }
  expect(pairIn(listed)).toEqual(pair)
  expect(signedPairSchema.safeParse(listed).success).toBe(false)
})

test('allowanceOf: an accepted proffer is under its own handle, and its handle key alone signed it', async () => {
  const other = testSigner('pair/other-handle')
  const taken = async (change: Partial<Proffer>, signers: readonly Signer[] = [handleKey]): Promise<string> => {
    const changed = await makeProffer(now, change, signers)
    const accepting = await makeAcceptance(changed, insurer, now)
    return await codeOf(() => allowanceOf({ proffer: changed, acceptance: accepting }))
  }
  expect(await taken({})).toBe('admitted')
  expect(await taken({ handle: handleOf(other.key) })).toBe('rule-broken')
  expect(await taken({}, [other])).toBe('rule-broken')
  expect(await taken({}, [handleKey, other])).toBe('rule-broken')
})

test('claimedBy refuses documents that do not belong together', async () => {
  const other = await makeProffer(now, { nonce: 'CCCCCCCCCCCCCCCCCCCCCA' })
  for (const pair of [
    { ...accepted, proffer: other.signed },
    { ...accepted, grant: grant.signed },
    { offer: offer.signed, grant: (await anew()).signed },
  ])
    expect(await codeOf(() => claimedBy(pair))).toBe('rule-broken')
})

test('allowanceOf: a grant anew over an acceptance takes no more than was accepted', async () => {
  const narrow = await makeAcceptance(proffer, insurer, now, { terms: ['rides'] })
  const of = async (change: Partial<Grant>, to = acceptance): Promise<string> => {
    const again = await anew({ offer: to.id, ...change })
    return await codeOf(() => allowanceOf({ proffer, acceptance: to, grant: again }))
  }
  expect(await of({})).toBe('admitted')
  expect(await of({ terms: ['rides'] })).toBe('admitted')
  expect(await of({}, narrow)).toBe('rule-broken')
  expect(await of({ prior: null })).toBe('rule-broken')
  expect(await of({ offer: proffer.id })).toBe('rule-broken')
  expect(await of({ until: formatTime(now + 90 * 86_400) })).toBe('admitted')
  expect(await of({ until: formatTime(now + 90 * 86_400 + 1) })).toBe('rule-broken')
})

test('allowanceOf: what is due is due for the terms that were taken', async () => {
  const some = await makeAcceptance(proffer, insurer, now, { terms: ['rides'] })
  expect(allowanceOf({ proffer, acceptance }).due).toHaveLength(1)
  expect(allowanceOf({ proffer, acceptance: some }).due).toEqual([])
})
