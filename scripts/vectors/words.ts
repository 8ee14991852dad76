import { readAloud } from '@dcann/protocol/read-aloud'
import { base64Url, sha256, utf8 } from '@dcann/protocol/bytes'
import { type NamedVector, vectorsOf } from './vector.ts'

/** Digests and what somebody heard of them. */
export function readAloudVectors(): NamedVector[] {
  const { valid, invalid } = vectorsOf('read-aloud')
  const digest = base64Url(sha256(utf8('dcann')))
  const words = readAloud(digest)
  const said = words.split(' ')
  const given = { digest }
  const heard = (text: string) => ({ given, input: { heard: text } })
  const swapped = [said[1], said[0], ...said.slice(2)].join(' ')
  return [
    valid('as-said', 'Twelve words.', heard(words), { words }),
    valid('shouted', 'Capitals, commas and a full stop.', heard(`${words.toUpperCase().replaceAll(' ', ', ')}.`), {
      words,
    }),
    valid(
      'zero',
      'The digest of nothing but zeros.',
      { given: { digest: 'A'.repeat(43) }, input: { heard: 'baba '.repeat(12) } },
      {
        words: 'baba '.repeat(12).trim(),
      },
    ),
    invalid(
      'of-another-digest',
      'The words of another text.',
      heard(readAloud(base64Url(sha256(utf8('other'))))),
      'digest-mismatch',
    ),
    invalid('two-words-changed-places', 'The order counts.', heard(swapped), 'digest-mismatch'),
    invalid(
      'last-word-another',
      'All but the last word.',
      heard([...said.slice(0, 11), said[11] === 'baba' ? 'bade' : 'baba'].join(' ')),
      'digest-mismatch',
    ),
    invalid('one-word-short', 'Eleven words.', heard(said.slice(1).join(' ')), 'malformed-request'),
    invalid(
      'no-such-word',
      'A word with a vowel that there is not.',
      heard(['bubu', ...said.slice(1)].join(' ')),
      'malformed-request',
    ),
    invalid('run-together', 'No space between.', heard(said.join('')), 'malformed-request'),
    invalid('nothing', 'Nothing was heard.', heard(''), 'malformed-request'),
  ]
}
