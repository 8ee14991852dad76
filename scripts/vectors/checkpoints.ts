import { base64, base64Url, concatenate, utf8 } from '@dcann/protocol/bytes'
import { formatCheckpoint, signCheckpoint } from '@dcann/protocol/log/checkpoint'
import { cosign, withSignatures } from '@dcann/protocol/log/cosignature'
import { formatNote, keyHash, type Note, parseNote, signatureTypes } from '@dcann/protocol/log/note'
import { log, noteOver, origin, rootAt, stranger, witness, witnessName } from './log-of-300.ts'
import { type NamedVector, now, vectorsOf } from './vector.ts'

/** C2SP signed notes: the text is believed when the key that is asked for has signed it. */
export async function noteVectors(): Promise<NamedVector[]> {
  const { valid, invalid } = vectorsOf('note')
  const given = { name: origin, key: log.key }
  const text = 'a first line\n\nand a last\n'
  const note = await noteOver(text)
  const [, line = ''] = note.split('\n\n— ')
  const wrong = (name: string, about: string, bad: string, code: 'schema-mismatch' | 'malformed-json'): NamedVector =>
    invalid(name, about, { given, input: { note: bad } }, code)
  const other = `— ${witnessName} ${base64(new Uint8Array(76).fill(7))}\n`
  return [
    valid('one-line', 'The last empty line parts the text from the signatures.', { given, input: { note } }, { text }),
    valid(
      'line-of-another',
      'A line by a key that is not asked for is passed over.',
      { given, input: { note: note + other } },
      { text },
    ),
    invalid(
      'not-by-the-key',
      'Signed by another key under the name.',
      { given, input: { note: await noteOver(text, stranger) } },
      'key-unknown',
    ),
    invalid(
      'under-another-name',
      'Signed by the key under another name.',
      { given, input: { note: await noteOver(text, log, 'in.dcann.example') } },
      'key-unknown',
    ),
    invalid(
      'text-changed',
      'One letter of the text is another.',
      { given, input: { note: note.replace('first', 'worst') } },
      'record-signature-invalid',
    ),
    invalid(
      'bad-line-beside-a-good-one',
      'A second line by the key is over another text.',
      { given, input: { note: `${note}${(await noteOver('another\n')).split('\n\n')[1]}` } },
      'record-signature-invalid',
    ),
    wrong('without-empty-line', 'Nothing parts the text from the signatures.', `a line\n— ${line}`, 'schema-mismatch'),
    wrong('without-signature', 'No line follows the text.', `${text}\n`, 'schema-mismatch'),
    wrong('hyphen-for-a-dash', 'A signature line begins with a hyphen.', note.replace('—', '-'), 'schema-mismatch'),
    wrong(
      'two-spaces',
      'Two spaces stand between name and signature.',
      note.replace(`${origin} `, `${origin}  `),
      'schema-mismatch',
    ),
    wrong('without-line-end', 'The last line has no end.', note.slice(0, -1), 'schema-mismatch'),
    wrong(
      'carriage-return',
      'A line ends as on other systems.',
      note.replace('a first line\n', 'a first line\r\n'),
      'schema-mismatch',
    ),
    wrong(
      'without-padding',
      'The signature is base64 without its padding.',
      note.replace(/=+\n$/, '\n'),
      'malformed-json',
    ),
  ]
}

/** C2SP checkpoints. */
export async function checkpointVectors(): Promise<NamedVector[]> {
  const { valid, invalid } = vectorsOf('checkpoint')
  const given = { origin, key: log.key }
  const root = base64(rootAt(300))
  const right = async (name: string, about: string, size: number): Promise<NamedVector> => {
    const note = await signCheckpoint({ origin, size, root: rootAt(size) }, log)
    return valid(name, about, { given, input: { note } }, { size, root: base64Url(rootAt(size)) })
  }
  const wrong = async (
    name: string,
    about: string,
    text: string,
    code: 'schema-mismatch' | 'malformed-json' | 'evidence-broken' = 'schema-mismatch',
  ): Promise<NamedVector> => invalid(name, about, { given, input: { note: await noteOver(text) } }, code)
  return [
    await right('of-300', 'Origin, size and root, a line each.', 300),
    await right('of-none', 'A log without entries has the hash of nothing as its root.', 0),
    await wrong('leading-zero', 'The size has a zero in front.', `${origin}\n0300\n${root}\n`),
    await wrong('sign', 'The size has a sign.', `${origin}\n+300\n${root}\n`),
    await wrong('size-beyond-safe', 'The size is more than 2^53 - 1.', `${origin}\n9007199254740992\n${root}\n`),
    await wrong('short-root', 'The root has 31 bytes.', `${origin}\n300\n${base64(rootAt(300).slice(1))}\n`),
    await wrong('without-root', 'There are two lines.', `${origin}\n300\n`),
    await wrong('empty-extension', 'A line after the root is empty.', `${origin}\n300\n${root}\n\nx\n`),
    await wrong('none-with-a-root', 'A log without entries has the root of another.', `${origin}\n0\n${root}\n`),
    await wrong(
      'root-in-base64url',
      'The root has the other alphabet.',
      `${origin}\n300\n${base64Url(rootAt(300))}\n`,
      'malformed-json',
    ),
    await wrong(
      'of-another-log',
      'The key signs for another origin too, which was not asked for.',
      `in.dcann.example\n300\n${root}\n`,
      'evidence-broken',
    ),
    invalid(
      'by-another-key',
      'Not signed by the key of the log.',
      { given, input: { note: await signCheckpoint({ origin, size: 300, root: rootAt(300) }, stranger, origin) } },
      'key-unknown',
    ),
  ]
}

/** C2SP cosignatures, v1. */
export async function cosignatureVectors(): Promise<NamedVector[]> {
  const { valid, invalid } = vectorsOf('cosignature')
  const given = { witnesses: [{ name: witnessName, key: witness.key }] }
  const note = parseNote(await signCheckpoint({ origin, size: 300, root: rootAt(300) }, log))
  const line = await cosign(note, witness, witnessName, now)
  const later = await cosign(note, witness, witnessName, now + 15)
  const signed = (...lines: Note['signatures']) => ({ given, input: { note: formatNote(withSignatures(note, lines)) } })
  const stamped = line.signature.slice()
  stamped[7] = (stamped[7] ?? 0) ^ 1
  const text = formatCheckpoint({ origin, size: 299, root: rootAt(299) })
  const moved = { text, signatures: [line] }
  const plain = { ...line, signature: concatenate(line.signature.slice(0, 8), await witness.sign(utf8(note.text))) }
  const nameless = { ...line, keyHash: keyHash(witnessName, signatureTypes.ed25519, witness.key) }
  const bad = (name: string, about: string, parts: { given: unknown; input: unknown }): NamedVector =>
    invalid(name, about, parts, 'record-signature-invalid')
  return [
    valid('one', 'A witness has seen this head.', signed(line), { times: [now] }),
    valid('again', 'A witness has seen it twice; each line is one statement.', signed(line, later), {
      times: [now, now + 15],
    }),
    valid(
      'by-others',
      'Lines of those who are not asked for are passed over.',
      signed(await cosign(note, stranger, witnessName, now), nameless),
      { times: [] },
    ),
    bad('another-time', 'The time in the line is not the one signed.', signed({ ...line, signature: stamped })),
    bad('another-head', 'The line was given to another head.', { given, input: { note: formatNote(moved) } }),
    bad('plain-signature', 'The text was signed without header and time.', signed(plain)),
    bad('cut-short', 'A byte is missing.', signed({ ...line, signature: line.signature.slice(0, -1) })),
    bad('without-time', 'There is no time in front.', signed({ ...line, signature: line.signature.slice(8) })),
    bad('bad-beside-good', 'One line of two does not verify.', signed(later, { ...line, signature: stamped })),
  ]
}
