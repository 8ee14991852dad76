import { checkCharacters, deriveIdentifier, formatIdentifier, parseIdentifier } from '@dcann/protocol/identifier'
import { handleOf } from '@dcann/protocol/handle'
import { testSigner } from '@dcann/protocol/key'
import { type NamedVector, vectorsOf } from './vector.ts'

const genesis = { v: 1, at: '2026-11-23T12:00:00Z', label: 'a genesis without its name' }
const identifier = deriveIdentifier('EE', genesis)

/** Reading: `input.text` yields an identifier. Deriving: `input.country` and `input.genesis` do. */
export function identifierVectors(): NamedVector[] {
  const { valid, invalid } = vectorsOf('identifier')
  const right = (name: string, about: string, text: string, result = identifier): NamedVector =>
    valid(name, about, { input: { text } }, { identifier: parseIdentifier(result) })
  const wrong = (name: string, about: string, text: string): NamedVector =>
    invalid(name, about, { input: { text } }, 'identifier-invalid')
  const differ = identifier.split('').findIndex((c, i) => i > 3 && i < 25 && c !== identifier[i + 1])
  const swapped =
    identifier.slice(0, differ) + identifier[differ + 1] + identifier[differ] + identifier.slice(differ + 2)
  const zero = search((text) => text.slice(2, 26).includes('0') && text.endsWith('0'))
  const one = search((text) => text.slice(2, 26).includes('1'))
  const high = search((text) => text.endsWith('ZC'))
  const israel = search(() => true, 'IL')
  return [
    valid(
      'derived',
      'Country, 120 bits of a hash, two check characters.',
      { input: { country: 'EE', genesis } },
      { identifier },
    ),
    valid(
      'derived-for-another-country',
      'The country is hashed too.',
      { input: { country: 'IN', genesis } },
      { identifier: deriveIdentifier('IN', genesis) },
    ),
    right('machine-form', 'As machines write it.', identifier),
    right('groups-of-four', 'As people read it.', formatIdentifier(identifier)),
    right('uri', 'As a URI, in small letters.', `dcann:${identifier.toLowerCase()}`),
    right('hyphens', 'With hyphens for spaces.', formatIdentifier(identifier).replaceAll(' ', '-')),
    right(
      'letter-o-for-zero',
      'O for 0 in the middle part.',
      zero.slice(0, 26).replaceAll('0', 'O') + zero.slice(26),
      zero,
    ),
    right(
      'letters-i-and-l-for-one',
      'I and L for 1 in the middle part.',
      one.slice(0, 2) + one.slice(2, 26).replace('1', 'I').replaceAll('1', 'l') + one.slice(26),
      one,
    ),
    right('check-number-1272', 'The largest number that check characters write.', high, high),
    right('country-with-an-l', 'L of a country stays L.', israel, israel),
    wrong('letter-o-in-the-check', 'O for 0 where letters and digits both count.', zero.slice(0, 27) + 'O'),
    wrong('check-number-congruent', 'A pair of check characters congruent to the right one.', `${high.slice(0, 26)}01`),
    wrong(
      'one-character-changed',
      'One character is another.',
      identifier.slice(0, 10) + (identifier[10] === '7' ? '8' : '7') + identifier.slice(11),
    ),
    wrong('two-characters-swapped', 'Two characters changed places.', swapped),
    wrong('27-characters', 'One character is missing.', identifier.slice(0, 27)),
    wrong('29-characters', 'One character too many.', `${identifier}0`),
    wrong(
      'arabic-indic-digits',
      'Digits of another script.',
      identifier.replaceAll(/[0-9]/g, (d) => String.fromCharCode(0x660 + Number(d))),
    ),
    wrong(
      'full-width',
      'Letters of full width.',
      identifier.replaceAll(/./g, (c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0)),
    ),
    wrong('dotless-i', 'A letter that becomes I when it is capitalised.', `ı${israel.slice(1)}`),
    wrong('no-break-space', 'A space that is none of ASCII.', identifier.slice(0, 4) + '\u00a0' + identifier.slice(4)),
    wrong(
      'digits-for-a-country',
      'No country has digits, whatever they add up to.',
      withCheck(`12${identifier.slice(2, 26)}`),
    ),
    wrong(
      'u-in-the-middle',
      'U stands for nothing, whatever it adds up to.',
      withCheck(`${identifier.slice(0, 5)}U${identifier.slice(6, 26)}`),
    ),
  ]
}

/** From a key, or a handle as text. */
export function handleVectors(): NamedVector[] {
  const { valid, invalid } = vectorsOf('handle')
  const { key } = testSigner('vectors/handle')
  const handle = handleOf(key)
  const wrong = (name: string, about: string, text: string): NamedVector =>
    invalid(name, about, { input: { handle: text } }, 'schema-mismatch')
  return [
    valid('of-a-key', 'The first 130 bits of the thumbprint.', { input: { key } }, { handle }),
    valid(
      'of-another-key',
      'Another key has another handle.',
      { input: { key: testSigner('vectors/handle/2').key } },
      { handle: handleOf(testSigner('vectors/handle/2').key) },
    ),
    wrong('capitals', 'Handles are in small letters.', handle.toUpperCase()),
    wrong('25-characters', 'One character is missing.', handle.slice(1)),
    wrong('letter-i', 'I is none of the letters.', `i${handle.slice(1)}`),
    wrong('with-a-node', 'The hint where to ask is no part of it.', `${handle}@EE/node/x`),
  ]
}

/** What a name stands for, and the zone that is authoritative for it. */
export function nameVectors(): NamedVector[] {
  const { valid, invalid } = vectorsOf('name')
  const wrong = (name: string, about: string, text: string): NamedVector =>
    invalid(name, about, { input: { name: text } }, 'schema-mismatch')
  return [
    valid(
      'country',
      'A country is a name of the root zone.',
      { input: { name: 'country/EE' } },
      { kind: 'country', zone: 'root' },
    ),
    valid('node', 'A node is a name of its country.', { input: { name: 'EE/node/x-1' } }, { kind: 'node', zone: 'EE' }),
    valid(
      'passport',
      'A passport is a name of the country that assigned it.',
      { input: { name: identifier } },
      { kind: 'passport', zone: 'EE' },
    ),
    wrong('small-country', 'Countries are in capitals.', 'ee/node/x'),
    wrong('hyphen-first', 'An id begins with a letter or digit.', 'EE/node/-x'),
    wrong('path-upwards', 'A name is no path.', 'EE/node/../x'),
    wrong('unknown-kind', 'There is no such kind.', 'EE/vault/x'),
    wrong('41-characters', 'An id has 40 characters at most.', `EE/node/${'x'.repeat(41)}`),
  ]
}

function withCheck(body: string): string {
  return body + checkCharacters(body)
}

function search(wanted: (identifier: string) => boolean, country = 'EE'): string {
  for (let i = 0; ; i++) {
    const found = deriveIdentifier(country, { ...genesis, i })
    if (wanted(found)) return found
  }
}
