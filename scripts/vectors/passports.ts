import { countryNoun } from '@dcann/protocol/country'
import type { Signer } from '@dcann/protocol/key'
import { identifierOf, passportNoun, type PassportRecord } from '@dcann/protocol/passport'
import { settlingOf } from '@dcann/protocol/recovery'
import type { Signed } from '@dcann/protocol/signed'
import { formatTime, parseTime } from '@dcann/protocol/time'
import { type Federation, keys, nth } from './federation.ts'
import { judging, zeroKey, type Change } from './judging.ts'
import { at, type NamedVector, now, salt, signAny, write } from './vector.ts'

export async function passportVectors({ country, passport }: Federation): Promise<NamedVector[]> {
  const { admitted, refused, begins, follows, after } = judging(passportNoun, 'passport', [country], passport)
  const [control, announced] = [nth(keys.control, 0), nth(keys.control, 1)]
  const [home, newHome] = [nth(keys.identity, 0), nth(keys.newcomer, 0)]
  const [thief] = [nth(keys.stranger, 0)]
  const first = { held: [country] }
  const fresh = { salt: salt(2) }
  const ended = await after([control], { ...fresh, status: 'ended' })
  const suspended = await write(countryNoun, { ...country.payload, status: 'suspended' }, keys.country)
  const begun = async (change: Partial<PassportRecord>, signers: readonly Signer[]): Promise<Signed> => {
    const { name: _, ...nameless } = { ...passport.payload, ...change }
    return await signAny(passportNoun.typ, { ...nameless, name: identifierOf('EE', nameless) }, signers)
  }
  /** With what the record has to say of settling. */
  const settling = (change: Pick<Partial<PassportRecord>, 'keys' | 'home'>): Change => ({
    ...fresh,
    ...change,
    ...settlingOf({ ...passport.payload, id: passport.id }, { ...passport.payload, ...change }),
  })
  const moved = settling({ home: { node: 'EE/node/tartu', key: newHome.key } })
  return [
    admitted(
      'genesis',
      'The holder and the home node, under the identifier that the payload yields.',
      passport.signed,
      first,
    ),
    admitted('next', 'A control key, and a fresh salt.', await follows([control], fresh)),
    admitted(
      'keys-announced',
      'Keys go to those announced.',
      await follows([announced], settling({ keys: [announced.key] })),
    ),
    admitted(
      'move',
      'The holder and the new home; the old one is not asked.',
      await follows([control, newHome], moved),
    ),
    admitted('end', 'The holder ends it.', await follows([control], { ...fresh, status: 'ended' })),
    refused(
      'identifier-chosen',
      'An identifier that the payload does not yield.',
      await begins([control, home], { at: formatTime(now - 1) }),
      'identifier-invalid',
      first,
    ),
    refused('without-the-holder', 'A node makes no passport.', await begun({}, [home]), 'not-entitled', first),
    refused(
      'without-the-home',
      'A holder is at home nowhere without being taken in.',
      await begun({}, [control]),
      'not-entitled',
      first,
    ),
    refused(
      'not-control-key-0',
      'Another control key signs the genesis.',
      await begun({ keys: [control.key, announced.key] }, [announced, home]),
      'not-entitled',
      first,
    ),
    refused(
      'genesis-that-has-ended',
      'A genesis is active.',
      await begun({ status: 'ended' }, [control, home]),
      'rule-broken',
      first,
    ),
    refused('country-suspended', 'A suspended country assigns nothing.', passport.signed, 'not-active', {
      held: [suspended],
    }),
    refused(
      'home-changes-a-passport',
      'The home node signs for the holder.',
      await follows([home], fresh),
      'not-entitled',
    ),
    refused(
      'keys-taken',
      'A thief brings keys of his own, with the help of the home node.',
      await follows([thief, home], { ...fresh, keys: [thief.key] }),
      'not-entitled',
    ),
    refused(
      'key-added-by-itself',
      'A key adds itself.',
      await follows([thief], { ...fresh, keys: [control.key, thief.key] }),
      'not-entitled',
    ),
    refused('home-unasked', 'A new home that did not sign.', await follows([control], moved), 'not-entitled'),
    refused(
      'salt-again',
      'The salt of the record before.',
      await follows([control], { recovery: zeroKey }),
      'rule-broken',
    ),
    refused(
      'after-the-end',
      'An ended passport comes back.',
      await follows([control], { salt: salt(3), status: 'active' }, ended),
      'rule-broken',
      { held: [country, ended] },
    ),
    refused(
      'prev-of-another',
      'It replaces a record that is not the one held.',
      await follows([control], { ...fresh, prev: zeroKey }),
      'record-stale',
    ),
    refused(
      'dated-before',
      'It is dated before the record it replaces.',
      await follows([control], { ...fresh, at: formatTime(parseTime(at) - 1) }),
      'time-invalid',
    ),
    refused(
      'home-key-of-small-order',
      'The home key is no key.',
      await begun({ home: { node: 'EE/node/tallinn', key: zeroKey } }, [control]),
      'key-inadmissible',
      first,
    ),
    refused(
      'more-than-4-kib',
      'A passport record beyond its size.',
      await begun({ ext: { 'https://example.org': 'x'.repeat(4096) } }, [control, home]),
      'too-large',
      first,
    ),
  ]
}
