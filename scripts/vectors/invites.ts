import { fromHex } from '@dcann/protocol/bytes'
import type { ErrorCode } from '@dcann/protocol/errors'
import { formatInvite, inviteDigest, inviteOf } from '@dcann/protocol/invite'
import { formatTime } from '@dcann/protocol/time'
import { at, day, type NamedVector, now, vectorsOf } from './vector.ts'

/** Tokens as they are typed, and what a holder says of one. */
export function inviteVectors(): NamedVector[] {
  const { valid, invalid } = vectorsOf('invite')
  const secret = fromHex('000102030405060708090a0b0c0d0e0f')
  const invite = inviteOf(secret)
  const expires = formatTime(now + day)
  const read = (name: string, about: string, text: string): NamedVector =>
    valid(name, about, { input: { text } }, { invite, digest: inviteDigest(invite) })
  const misread = (name: string, about: string, text: string, code: ErrorCode = 'malformed-request'): NamedVector =>
    invalid(name, about, { input: { text } }, code)
  const stands = (name: string, about: string, held: object, asked: object, result: object): NamedVector =>
    valid(
      name,
      about,
      {
        given: { spent: false, withdrawn: false, terms: { expires }, ...held },
        input: { asked: { ...company, ...asked } },
      },
      result,
    )
  const misstated = (name: string, about: string, terms: object): NamedVector =>
    invalid(
      name,
      about,
      { given: { spent: false, withdrawn: false, terms: { expires, ...terms } }, input: { asked: company } },
      'schema-mismatch',
    )
  return [
    read('machine-form', 'Thirty characters.', invite),
    read('in-groups', 'Six groups of five.', formatInvite(invite)),
    read(
      'typed-by-hand',
      'Small letters, spaces, O for 0 and l for 1.',
      ` ${formatInvite(invite).toLowerCase().replaceAll('0', 'o').replaceAll('1', 'l').replaceAll('-', ' ')}`,
    ),
    stands('open', 'Open, to any company.', {}, {}, { state: 'open', invited: true }),
    stands(
      'over-at-this-moment',
      'The end is outside.',
      { terms: { expires: at } },
      {},
      { state: 'expired', invited: true },
    ),
    stands(
      'spent-and-over',
      'What is spent stays so.',
      { spent: true, terms: { expires: at } },
      {},
      { state: 'spent', invited: true },
    ),
    stands(
      'withdrawn',
      'Withdrawn before it was spent.',
      { withdrawn: true },
      {},
      { state: 'withdrawn', invited: true },
    ),
    stands(
      'for-research',
      'Only for research.',
      { terms: { expires, kind: 'research' } },
      {},
      { state: 'open', invited: false },
    ),
    stands(
      'one-purpose-of-two',
      'Every term has the purpose.',
      { terms: { expires, purpose: 'dpv:ServiceProvision' } },
      { purposes: ['dpv:ServiceProvision', 'dpv:PersonalisedBenefits'] },
      { state: 'open', invited: false },
    ),
    misread('mistyped', 'The last character is another.', `${invite.slice(0, -1)}${invite.endsWith('0') ? '1' : '0'}`),
    misread(
      'swapped',
      'Two characters have changed places.',
      `${invite.slice(0, 3)}${invite[4]}${invite[3]}${invite.slice(5)}`,
    ),
    misread('cut-short', 'One character is missing.', invite.slice(0, -1)),
    misread('doubled', 'One character too many.', `${invite}0`),
    misread('letter-u', 'U is not in the alphabet.', `U${invite.slice(1)}`),
    misread('looks-like-a-letter', 'A full-width A.', `\uff21${invite.slice(1)}`),
    misread(
      'spare-bits-set',
      'The 26th character ends with two zero bits.',
      `${invite.slice(0, 25)}${'0123456789ABCDEFGHJKMNPQRSTVWXYZ'['0123456789ABCDEFGHJKMNPQRSTVWXYZ'.indexOf(invite[25] ?? '') + 1]}${invite.slice(26)}`,
    ),
    misread('an-identifier', 'Another noun.', `IN${'0'.repeat(26)}`),
    misstated('unknown-kind', 'There is no such kind of requester.', { kind: 'anybody' }),
    misstated('unknown-purpose', 'Not in the vocabulary.', { purpose: 'dpv:Anything' }),
    misstated('names-a-requester', 'It is for whoever spends it.', { requester: 'EE/requester/x' }),
    misstated('without-an-end', 'Every invite ends.', { expires: null }),
  ]
}

const company = { kind: 'company', purposes: ['dpv:ServiceProvision'] }
