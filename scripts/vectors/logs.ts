import { base64, base64Url, concatenate, fromBase64Url, utf8 } from '@dcann/protocol/bytes'
import { canonicalText } from '@dcann/protocol/canonical'
import type { ErrorCode } from '@dcann/protocol/errors'
import { type Signer, testSigner } from '@dcann/protocol/key'
import { formatSubmission } from '@dcann/protocol/log/add-checkpoint'
import { formatBundle } from '@dcann/protocol/log/bundle'
import { formatCheckpoint, signCheckpoint } from '@dcann/protocol/log/checkpoint'
import { cosign, withSignatures } from '@dcann/protocol/log/cosignature'
import { emptyRoot, type Hash, leafHash, rootOf } from '@dcann/protocol/log/merkle'
import { formatNote, keyHash, type Note, parseNote, signatureTypes } from '@dcann/protocol/log/note'
import { consistencyProof, inclusionProof, type ReadHash } from '@dcann/protocol/log/proof'
import { mapKey, mapLeaf, mapNodeHash } from '@dcann/protocol/map/node'
import { type MapProof, proveInMap } from '@dcann/protocol/map/proof'
import type { MapPage } from '@dcann/protocol/map/page'
import { emptyMap, updateMap } from '@dcann/protocol/map/tree'
import { recordIdOf } from '@dcann/protocol/signed'
import { formatTime } from '@dcann/protocol/time'
import { tombstoneId } from '@dcann/protocol/tombstone'
import { type NamedVector, now, vectorsOf } from './vector.ts'

const origin = 'ee.dcann.example'
const log = testSigner('vectors/log')
const witness = testSigner('vectors/witness')
const witnessName = 'in.dcann.example/witness'
const stranger = testSigner('vectors/stranger')
const leaves = Array.from({ length: 300 }, (_, i) => leafHash(utf8(`entry ${i}`)))
const rootAt = (size: number): Hash => rootOf(leaves.slice(0, size))
const readHash: ReadHash = (level, index) => rootOf(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level))

/** A text with one line by a key, of whatever form the text is. */
async function noteOver(text: string, by: Signer = log, name = origin): Promise<string> {
  const signature = await by.sign(utf8(text))
  return formatNote({ text, signatures: [{ name, keyHash: keyHash(name, signatureTypes.ed25519, by.key), signature }] })
}

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

/** The age of a head by its cosignatures. */
export async function quorumVectors(): Promise<NamedVector[]> {
  const { valid, invalid } = vectorsOf('quorum')
  const voices = ['root', 'IN', 'EE', 'press', 'court']
  const signerOf = (by: string): Signer => testSigner(`vectors/witness/${by}`)
  const nameOf = (by: string): string => `${by.toLowerCase()}.dcann.example/witness`
  const note = parseNote(await signCheckpoint({ origin, size: 300, root: rootAt(300) }, log))
  const root = (bys: readonly string[], quorum: number, test = false) => ({
    zone: 'EE',
    test,
    witness: { quorum, witnesses: bys.map((by) => ({ name: nameOf(by), key: signerOf(by).key, by })) },
  })
  const heads = async (...lines: (readonly [by: string, ago: number])[]): Promise<unknown> => {
    const made = await Promise.all(lines.map(([by, ago]) => cosign(note, signerOf(by), nameOf(by), now - ago)))
    return { note: formatNote(withSignatures(note, made)) }
  }
  const two = root(voices, 2)
  const timed = async (
    name: string,
    about: string,
    given: unknown,
    lines: (readonly [string, number])[],
    ago: number | null,
  ) => valid(name, about, { given, input: await heads(...lines) }, { time: ago === null ? null : now - ago })
  const wrong = async (name: string, about: string, given: unknown): Promise<NamedVector> =>
    invalid(name, about, { given, input: await heads(['root', 1], ['IN', 2], ['press', 3]) }, 'root-invalid')
  return [
    await timed(
      'oldest-of-the-freshest',
      'Two voices, the second 40 seconds old; a third is older.',
      two,
      [
        ['IN', 10],
        ['press', 40],
        ['root', 9000],
      ],
      40,
    ),
    await timed(
      'one-signs-again',
      'One witness signs an old head again and again: it grows no younger.',
      two,
      [
        ['IN', 5000],
        ['press', 60],
        ['press', 45],
        ['press', 1],
      ],
      5000,
    ),
    await timed(
      'own-witness',
      "The zone's own witness does not count.",
      two,
      [
        ['EE', 1],
        ['IN', 2],
      ],
      null,
    ),
    await timed(
      'from-the-future',
      'A line more than five minutes ahead does not count.',
      two,
      [
        ['IN', -301],
        ['press', 5],
      ],
      null,
    ),
    await timed('too-few', 'One voice is no quorum of two.', two, [['press', 5]], null),
    await timed('test-root', 'Under a test root one of two is enough.', root(['root', 'IN'], 1, true), [['IN', 7]], 7),
    await wrong('quorum-of-one', 'A quorum of one under a root that is no test.', root(voices, 1)),
    await wrong('all-must', 'A quorum of all: one that is down stops the zone.', root(['root', 'IN', 'press'], 3)),
    await wrong(
      'two-candidates',
      'Two witnesses that others run, where three are needed.',
      root(['root', 'IN', 'EE'], 2),
    ),
    await wrong(
      'test-root-with-one',
      'One witness that another runs, where two are needed.',
      root(['IN', 'EE'], 1, true),
    ),
    await wrong('quorum-above', 'More voices are demanded than there are.', root(voices, 9)),
    invalid(
      'forged-line',
      'One line under the name and key of a witness does not verify.',
      {
        given: two,
        input: {
          note: formatNote(
            withSignatures(note, [
              { ...(await cosign(note, signerOf('IN'), nameOf('IN'), now)), signature: new Uint8Array(72) },
            ]),
          ),
        },
      },
      'record-signature-invalid',
    ),
  ]
}

/** RFC 6962 inclusion. */
export function inclusionVectors(): NamedVector[] {
  const { valid, invalid } = vectorsOf('inclusion')
  const claim = (index: number, size: number) => ({
    leaf: base64Url(leaves[index] ?? emptyRoot()),
    index,
    size,
    root: base64Url(rootAt(size)),
    proof: inclusionProof(index, size, readHash).map(base64Url),
  })
  const right = (name: string, about: string, index: number, size: number): NamedVector =>
    valid(name, about, { input: claim(index, size) })
  const wrong = (
    name: string,
    about: string,
    change: object,
    code: 'evidence-broken' | 'schema-mismatch' = 'evidence-broken',
  ) => invalid(name, about, { input: { ...claim(5, 7), ...change } }, code)
  const { proof } = claim(5, 7)
  return [
    right('only-one', 'The only leaf is the root.', 0, 1),
    right('sixth-of-seven', 'Three hashes, nearest to the leaf first.', 5, 7),
    right('last-of-seven', 'Two hashes: the last leaf sits higher.', 6, 7),
    right('last-of-300', 'Across two tiles.', 299, 300),
    wrong('another-index', 'The leaf stands elsewhere.', { index: 4 }),
    wrong('another-leaf', 'Another leaf stands there.', { leaf: base64Url(leaves[4] ?? emptyRoot()) }),
    wrong('another-root', 'The root is that of another size.', { root: base64Url(rootAt(8)) }),
    wrong('too-short', 'The last hash is missing.', { proof: proof.slice(0, -1) }),
    wrong('too-long', 'A hash too many.', { proof: [...proof, base64Url(emptyRoot())] }),
    wrong('from-the-root-down', 'The hashes come in the other order.', { proof: proof.toReversed() }),
    wrong('outside', 'The index is the size.', { index: 7 }, 'schema-mismatch'),
  ]
}

/** RFC 6962 consistency. */
export function consistencyVectors(): NamedVector[] {
  const { valid, invalid } = vectorsOf('consistency')
  const head = (size: number) => ({ size, root: base64Url(rootAt(size)) })
  const claim = (from: number, to: number) => ({
    from: head(from),
    to: head(to),
    proof: consistencyProof(from, to, readHash).map(base64Url),
  })
  const right = (name: string, about: string, from: number, to: number): NamedVector =>
    valid(name, about, { input: claim(from, to) })
  const wrong = (
    name: string,
    about: string,
    change: object,
    code: 'evidence-broken' | 'schema-mismatch' = 'evidence-broken',
  ) => invalid(name, about, { input: { ...claim(6, 7), ...change } }, code)
  const { proof } = claim(6, 7)
  return [
    right('from-none', 'Every log begins with the empty one.', 0, 7),
    right('the-same', 'A head begins itself.', 7, 7),
    right('three-to-seven', 'The seam lies inside a subtree.', 3, 7),
    right('four-to-seven', 'The seam is at the left edge, where the verifier has its hash.', 4, 7),
    right('256-to-300', 'A full tile and what follows.', 256, 300),
    wrong('two-pasts', 'Another tree of the earlier size.', { from: { size: 6, root: base64Url(rootAt(5)) } }),
    wrong('another-future', 'Another tree of the later size.', { to: { size: 7, root: base64Url(rootAt(8)) } }),
    wrong('equal-sizes-two-roots', 'Two heads of one size.', {
      from: head(7),
      to: { size: 7, root: base64Url(rootAt(6)) },
      proof: [],
    }),
    wrong('too-short', 'The first hash is missing.', { proof: proof.slice(1) }),
    wrong('too-long', 'A hash too many.', { proof: [...proof, base64Url(emptyRoot())] }),
    wrong('backwards', 'The later comes first.', { from: head(7), to: head(6) }, 'schema-mismatch'),
  ]
}

/** C2SP paths of tiles and bundles. */
export function tileVectors(): NamedVector[] {
  const { valid, invalid } = vectorsOf('tile')
  const right = (name: string, about: string, path: string, result: object): NamedVector =>
    valid(name, about, { input: { path } }, result)
  const wrong = (name: string, about: string, path: string): NamedVector =>
    invalid(name, about, { input: { path } }, 'schema-mismatch')
  return [
    right('full', 'A full tile of leaf hashes.', 'tile/0/000', { level: 0, index: 0, width: 256 }),
    right('groups-of-three', 'All groups but the last stand behind an x.', 'tile/1/x001/x234/067', {
      level: 1,
      index: 1_234_067,
      width: 256,
    }),
    right('partial-bundle', 'Entries of the right edge.', 'tile/entries/x001/000.p/255', {
      level: 'entries',
      index: 1000,
      width: 255,
    }),
    wrong('width-256', 'A full tile written as a partial one.', 'tile/0/000.p/256'),
    wrong('width-0', 'A tile of nothing.', 'tile/0/000.p/0'),
    wrong('level-64', 'More levels than any log has.', 'tile/64/000'),
    wrong('level-with-zero', 'A zero in front of the level.', 'tile/00/000'),
    wrong('group-without-x', 'The first of two groups lacks its x.', 'tile/0/001/234'),
    wrong('group-too-many', 'A group of zeros in front.', 'tile/0/x000/001'),
    wrong('two-digits', 'A group of two digits.', 'tile/0/01'),
    wrong('a-way-out', 'Two dots name no tile.', 'tile/0/../000'),
  ]
}

/** C2SP bundles of entries. */
export function bundleVectors(): NamedVector[] {
  const { valid, invalid } = vectorsOf('bundle')
  const bytes = formatBundle([utf8('one'), new Uint8Array(0), utf8('three')])
  const input = (some: Uint8Array, width = 3) => ({ input: { bytes: base64Url(some), width } })
  return [
    valid('three', 'Each behind its length in two bytes.', input(bytes), {
      entries: [utf8('one'), new Uint8Array(0), utf8('three')].map(base64Url),
    }),
    valid('none', 'No bytes hold no entries.', input(new Uint8Array(0), 0), { entries: [] }),
    invalid('cut-short', 'The last entry lacks a byte.', input(bytes.slice(0, -1)), 'evidence-broken'),
    invalid(
      'length-cut-short',
      'A length has one byte.',
      input(concatenate(bytes, Uint8Array.of(0)), 4),
      'evidence-broken',
    ),
    invalid('too-few', 'One entry less than its name says.', input(bytes, 4), 'evidence-broken'),
    invalid('too-many', 'One entry more than its name says.', input(bytes, 2), 'evidence-broken'),
  ]
}

const record = recordIdOf(utf8('a record'))

/** Entries of a zone's log. */
export function logEntryVectors(): NamedVector[] {
  const { valid, invalid } = vectorsOf('log-entry')
  const act = { key: base64Url(mapKey('EE', 'EE/node/tallinn')), record, type: 'node' }
  const map = { map: record, names: 7, time: '2026-11-23T12:00:00Z' }
  const wrong = (
    name: string,
    about: string,
    text: string,
    code: 'schema-mismatch' | 'not-canonical' = 'schema-mismatch',
  ) => invalid(name, about, { input: { text } }, code)
  return [
    valid('act', 'A record came to stand under a name.', { input: { text: canonicalText(act) } }, { is: 'act' }),
    valid(
      'tombstone',
      'A passport was erased.',
      { input: { text: canonicalText({ ...act, record: tombstoneId, type: 'tombstone' }) } },
      { is: 'act' },
    ),
    valid('map', 'What the map has come to.', { input: { text: canonicalText(map) } }, { is: 'map' }),
    wrong('white-space', 'A space between members.', canonicalText(act).replace(',', ', '), 'not-canonical'),
    wrong('with-a-name', 'A log holds no names.', canonicalText({ ...act, name: 'EE/node/tallinn' })),
    wrong('unknown-type', 'A kind of name that there is none of.', canonicalText({ ...act, type: 'person' })),
    wrong(
      'tombstone-as-a-record',
      'The tombstone under the type of a record.',
      canonicalText({ ...act, record: tombstoneId, type: 'passport' }),
    ),
    wrong('another-tombstone', 'A tombstone of its own.', canonicalText({ ...act, type: 'tombstone' })),
    wrong('map-without-time', 'A map entry without its time.', canonicalText({ ...map, time: undefined })),
    wrong('act-with-a-map', 'An entry is one or the other.', canonicalText({ ...act, ...map })),
  ]
}

/** What stands under a name in a map of forty names. */
export function mapProofVectors(): NamedVector[] {
  const { valid, invalid } = vectorsOf('map-proof')
  const names = Array.from({ length: 40 }, (_, i) => `EE/node/n${i}`)
  const all = names.map((name, i) => mapLeaf('EE', name, recordIdOf(utf8(`record ${i}`))))
  const { state, writes } = updateMap(emptyMap, all, 1, () => undefined)
  const pages = new Map<string, MapPage>(writes.map(({ address, page }) => [address.path, page]))
  const prove = (name: string): MapProof => {
    const found = proveInMap(state, mapKey('EE', name), ({ path }) => pages.get(path))
    if ('lacking' in found) throw new Error('making vectors: a page of the map is lacking')
    return found.proof
  }
  const given = { root: base64Url(state.root) }
  const absent = Array.from({ length: 99 }, (_, i) => `EE/node/nobody-${i}`)
  const beside = absent.find((name) => prove(name).leaf !== null) ?? ''
  const empty = absent.find((name) => prove(name).leaf === null) ?? ''
  const [name = '', other = ''] = names
  const proof = prove(name)
  const stands = recordIdOf(utf8('record 0'))
  const right = (title: string, about: string, asked: string, found: string | null): NamedVector =>
    valid(title, about, { given, input: { zone: 'EE', name: asked, proof: prove(asked) } }, { record: found })
  const wrong = (title: string, about: string, change: object, asked = name, on = prove(asked)): NamedVector =>
    invalid(title, about, { given, input: { zone: 'EE', name: asked, proof: { ...on, ...change } } }, 'evidence-broken')
  const only = mapLeaf('EE', name, stands)
  const alone = { depth: 0, bitmap: '', siblings: '', leaf: { key: base64Url(only.key), record: stands } }
  const rootOnly = base64Url(updateMap(emptyMap, [only], 1, () => undefined).state.root)
  const left = ((only.key[0] ?? 0) & 0x80) === 0
  const leafRoot = updateMap(emptyMap, [only], 1, () => undefined).state.root
  const zeros = new Uint8Array(32)
  const crooked = base64Url(left ? mapNodeHash(leafRoot, zeros) : mapNodeHash(zeros, leafRoot))
  const nothing = { depth: 0, bitmap: '', siblings: '', leaf: null }
  return [
    right('presence', 'The record stands under the name.', name, stands),
    right('absence-beside-another', 'The only name on the way is another.', beside, null),
    right('absence-in-the-empty', 'Nothing lies where the way ends.', empty, null),
    valid(
      'only-name',
      'The only name of a map is its root.',
      { given: { root: rootOnly }, input: { zone: 'EE', name, proof: alone } },
      { record: stands },
    ),
    valid(
      'no-names',
      'A map without names has 32 zero bytes as its root.',
      { given: { root: base64Url(zeros) }, input: { zone: 'EE', name, proof: nothing } },
      { record: null },
    ),
    wrong('absence-of-what-is-there', 'The way is cut where the leaf is.', { leaf: null }),
    wrong('another-record', 'Another record is shown.', { leaf: { ...proof.leaf, record } }),
    wrong('proof-of-another-name', 'A proof of another name that stands.', {}, name, prove(other)),
    wrong('leaf-off-the-way', 'The leaf shown lies elsewhere in the map.', { leaf: prove(other).leaf }, beside),
    wrong('too-shallow', 'A turn is left out.', { depth: proof.depth - 1 }),
    wrong('bitmap-too-long', 'Bits for turns that are none.', { bitmap: `${proof.bitmap}AA`.slice(0, 43) }),
    wrong('sibling-missing', 'A hash less than the bitmap says.', {
      siblings: base64Url(fromBase64Url(proof.siblings).slice(0, -32)),
    }),
    invalid(
      'of-another-root',
      'The proof is of a map before.',
      { given: { root: rootOnly }, input: { zone: 'EE', name, proof } },
      'evidence-broken',
    ),
    invalid(
      'of-another-zone',
      'The same name in another zone has another key.',
      { given, input: { zone: 'IN', name, proof } },
      'evidence-broken',
    ),
    invalid(
      'ends-higher-up',
      'A leaf below the depth that tells it apart, in a map so made.',
      { given: { root: crooked }, input: { zone: 'EE', name, proof: { ...alone, depth: 1, bitmap: 'AA' } } },
      'evidence-broken',
    ),
    invalid(
      'zeros-for-a-hash',
      'A sibling is given that is empty.',
      {
        given: { root: crooked },
        input: { zone: 'EE', name, proof: { ...alone, depth: 1, bitmap: 'gA', siblings: base64Url(zeros) } },
      },
      'evidence-broken',
    ),
  ]
}

/** C2SP submissions to a witness: what it cosigned last is given. */
export async function submissionVectors(): Promise<NamedVector[]> {
  const { valid, invalid } = vectorsOf('submission')
  const checkpoint = await signCheckpoint({ origin, size: 300, root: rootAt(300) }, log)
  const given = (size: number, root = rootAt(size)): unknown => ({
    log: { name: origin, key: log.key },
    held: size === 0 ? null : { size, root: base64Url(root) },
  })
  const text = (old: number, proof = consistencyProof(old, 300, readHash)): string =>
    formatSubmission({ old, proof, checkpoint })
  const right = (name: string, about: string, old: number, proof?: Hash[]): NamedVector =>
    valid(name, about, { given: given(old), input: { text: text(old, proof) } })
  const wrong = (name: string, about: string, input: string, code: ErrorCode, held = given(100)): NamedVector =>
    invalid(name, about, { given: held, input: { text: input } }, code)
  const proof = consistencyProof(100, 300, readHash)
  return [
    right('first', 'Nothing was cosigned before, so nothing has to lead here.', 0, []),
    right('further', 'Hashes lead from the head cosigned last.', 100),
    right('again', 'The head cosigned last once more, as an idle log shows it.', 300, []),
    wrong('behind', 'The witness has cosigned more than the log knows of.', text(99), 'record-stale'),
    wrong('ahead', 'The witness has cosigned less.', text(101), 'record-stale'),
    wrong(
      'same-size-another-root',
      'Of this size another head was cosigned.',
      text(300, []),
      'record-stale',
      given(300, rootAt(299)),
    ),
    wrong(
      'smaller',
      'What went before is greater than the checkpoint.',
      text(301, []),
      'schema-mismatch',
      given(301, rootAt(300)),
    ),
    wrong('hash-missing', 'One hash is left out.', text(100, proof.slice(1)), 'evidence-broken'),
    wrong('hash-too-many', 'One hash more than needed.', text(100, [...proof, rootAt(3)]), 'evidence-broken'),
    wrong(
      'hashes-at-the-first',
      'Hashes where nothing went before.',
      text(0, [rootAt(3)]),
      'evidence-broken',
      given(0),
    ),
    wrong(
      'leads-elsewhere',
      'The head before is of another log.',
      text(100),
      'evidence-broken',
      given(100, rootAt(99)),
    ),
    wrong(
      'leading-zero',
      'The size before has a zero in front.',
      text(100).replace('old 100', 'old 0100'),
      'schema-mismatch',
    ),
    wrong('without-old', 'The first line is missing.', text(100).replace('old 100\n', ''), 'schema-mismatch'),
    wrong('without-checkpoint', 'Nothing follows the empty line.', 'old 100\n\n', 'schema-mismatch'),
    wrong('short-hash', 'A hash has 31 bytes.', text(100, [...proof.slice(1), rootAt(3).slice(1)]), 'schema-mismatch'),
    wrong('hash-in-base64url', 'A hash has no padding.', text(100).replace('=\n', '\n'), 'malformed-json'),
    wrong(
      'of-another-log',
      'The checkpoint is of another log.',
      formatSubmission({
        old: 100,
        proof,
        checkpoint: await signCheckpoint({ origin: 'in.dcann.example', size: 300, root: rootAt(300) }, log, origin),
      }),
      'evidence-broken',
    ),
    wrong(
      'by-another-key',
      'The checkpoint is by another key.',
      formatSubmission({
        old: 100,
        proof,
        checkpoint: await signCheckpoint({ origin, size: 300, root: rootAt(300) }, stranger),
      }),
      'key-unknown',
    ),
  ]
}

/** Which log may sign a head: the one that the acts under it name. */
export function speakerVectors(): NamedVector[] {
  const { valid, invalid } = vectorsOf('speaker')
  const [first, second, third] = ['ee', 'ee-2', 'ee-3'].map((name) => ({
    origin: `${name}.dcann.example`,
    key: testSigner(`vectors/log/${name}`).key,
  }))
  const speakers = [
    { ...first, from: 0 },
    { ...second, from: 120 },
    { ...third, from: 200 },
  ]
  const of = (size: number, by: unknown, given: unknown = { speakers }) => ({ given, input: { size, by } })
  const wrong = (name: string, about: string, size: number, by: unknown): NamedVector =>
    invalid(name, about, of(size, by), 'key-unknown')
  return [
    valid('before-any-change', 'The first log signs what was there before the second was named.', of(119, first), {}),
    valid('at-the-change', 'The second signs the head of the very batch that names it.', of(120, second), {}),
    valid('between', 'It signs until another is named.', of(199, second), {}),
    valid('after-the-last', 'The newest signs all that comes.', of(5_000, third), {}),
    wrong('old-at-the-change', 'The first signs the head of the batch that replaced it.', 120, first),
    wrong('old-after', 'It goes on as if nothing had been.', 300, first),
    wrong('new-before', 'The second signs a head without the act that names it.', 119, second),
    wrong('old-after-two', 'The second goes on after the third was named.', 200, second),
    wrong('never-named', 'A log that no act names.', 300, { origin: 'ee-4.dcann.example', key: first?.key }),
    wrong('key-under-another-origin', 'The newest key under the origin of before.', 300, {
      origin: second?.origin,
      key: third?.key,
    }),
    wrong('origin-under-another-key', 'The newest origin, and the key of before.', 300, {
      origin: third?.origin,
      key: second?.key,
    }),
    invalid('nobody-named', 'No delegation is there yet.', of(3, first, { speakers: [] }), 'key-unknown'),
  ]
}

/** What a new log begins with: all that the one before had when it was frozen. */
export function frozenVectors(): NamedVector[] {
  const { valid, invalid } = vectorsOf('frozen')
  const frozen = (size: number, root = rootAt(size)): unknown => ({ size, root: base64Url(root) })
  const of = (input: unknown, size: number) => ({
    given: { size, roots: [0, 7, 120, 300].map((at) => ({ size: at, root: base64Url(rootAt(at)) })) },
    input: { frozen: input },
  })
  return [
    valid('first-log', 'A first log has nothing before it.', of(null, 300), {}),
    valid('goes-on', 'The log went on between the draft and the act.', of(frozen(120), 300), {}),
    valid('at-its-end', 'Nothing came in between.', of(frozen(120), 120), {}),
    invalid('cut', 'The new log is shorter than the one before was.', of(frozen(120), 119), 'rollback'),
    invalid('another-past', 'The new log has other entries.', of(frozen(120, rootAt(119)), 300), 'forked'),
    invalid('of-no-size', 'An empty log has one root alone.', of(frozen(0, rootAt(7)), 300), 'forked'),
  ]
}

/** What may happen under the name of a passport on its way out. */
export function endingVectors(): NamedVector[] {
  const { valid, invalid } = vectorsOf('ending')
  const fortnight = 14 * 86_400
  const of = (is: string | null, ago: number, input: unknown) => ({
    given: { ending: is === null ? null : { is, at: formatTime(now - ago) } },
    input,
  })
  const grave = { act: 'tombstone' }
  const passed = (isBuried: boolean) => ({ act: 'withheld', buried: isBuried })
  const stands = { act: 'record' }
  return [
    valid('buried-after-its-end', 'A passport ended 14 days before.', of('ended', fortnight, grave), {}),
    valid('buried-after-withheld', 'Its last acts came without their records.', of('withheld', fortnight, grave), {}),
    valid('withheld-of-one-buried', 'A tombstone follows further on.', of(null, 0, passed(true)), {}),
    valid('withheld-again', 'Another act of the same.', of('withheld', 0, passed(true)), {}),
    valid('lives', 'A record under a name that has not gone.', of(null, 0, stands), {}),
    invalid('too-early', 'A second before the 14 days are over.', of('ended', fortnight - 1, grave), 'rule-broken'),
    invalid(
      'withheld-too-early',
      'The last act without its record is younger.',
      of('withheld', fortnight - 1, grave),
      'rule-broken',
    ),
    invalid('nothing-ended', 'Whoever holds the log buries a passport that lives.', of(null, 0, grave), 'rule-broken'),
    invalid('buried-twice', 'One name has one tombstone.', of('gone', fortnight, grave), 'rule-broken'),
    invalid(
      'withheld-and-not-buried',
      'A record is kept back of a passport that lives.',
      of(null, 0, passed(false)),
      'evidence-broken',
    ),
    invalid('withheld-after-the-end', 'Nothing follows an end.', of('ended', 0, passed(true)), 'evidence-broken'),
    invalid(
      'withheld-after-the-tombstone',
      'Nothing follows a tombstone.',
      of('gone', 0, passed(true)),
      'evidence-broken',
    ),
    invalid(
      'registered-again',
      'A name that is gone is given to nobody.',
      of('gone', fortnight, stands),
      'rule-broken',
    ),
  ]
}
