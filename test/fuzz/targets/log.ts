import { base64, sha256, utf8 } from '@dcann/protocol/bytes'
import { ProtocolError } from '@dcann/protocol/errors'
import { testSigner } from '@dcann/protocol/key'
import { formatBundle, parseBundle } from '@dcann/protocol/log/bundle'
import { formatCheckpoint, openCheckpoint, parseCheckpoint, signCheckpoint } from '@dcann/protocol/log/checkpoint'
import { formatNote, formatVkey, parseNote, parseVkey } from '@dcann/protocol/log/note'
import { parseTilePath, tilePath } from '@dcann/protocol/log/tile'
import { hold, seedsOf, type Target, textIn } from '../target.ts'

const signer = testSigner('fuzz/log')
const origin = 'in.dcann.example'
const head = { origin, size: 1234, root: sha256(utf8('root')) }
const signedNote = await signCheckpoint(head, signer)

/** Notes and checkpoints: what is taken is written back as it came, and nothing but the log's own note is proved. */
export const note: Target = {
  name: 'checkpoint',
  form: 'bytes',
  words: ['\u2014 ', origin, ' ', '\n\n', '=', base64(head.root)],
  seeds: [...seedsOf(signedNote, `${signedNote}\u2014 other AAAAAAAA\n`, formatCheckpoint(head), `${origin}\n0\n\n\n`)],
  async run(input) {
    const text = textIn(input)
    const read = parseNote(text)
    hold(formatNote(read) === text, 'a note is not written as it was read')
    const checkpoint = parseCheckpoint(read.text)
    hold(formatCheckpoint(checkpoint) === read.text, 'a checkpoint is not written as it was read')
    const opened = await openCheckpoint(text, { name: origin, key: signer.key })
    hold(formatCheckpoint(opened) === formatCheckpoint(head), 'a checkpoint proves that the log never signed')
  },
}

/** Keys of notes. */
export const vkey: Target = {
  name: 'vkey',
  form: 'bytes',
  words: ['+', origin],
  seeds: seedsOf(formatVkey({ name: origin, key: signer.key }), 'a+00000000+AQ=='),
  run(input) {
    const text = textIn(input)
    hold(formatVkey(parseVkey(text)) === text, 'a vkey is not written as it was read')
  },
}

/** Bundles, the first byte giving their width, and tile paths where it is a letter. */
export const tile: Target = {
  name: 'tile-and-bundle',
  form: 'bytes',
  words: ['tile/', 'entries/', 'x000/', '.p/', '255', '256'],
  seeds: [
    ...seedsOf('tile/0/000', 'tile/entries/x001/234.p/7', 'tile/63/x999/x999/999.p/255'),
    Buffer.concat([Uint8Array.of(3), formatBundle(['', 'entry', 'another entry'].map((text) => utf8(text)))]),
  ],
  run(input) {
    const [width = 0] = input
    if (width === 0x74) {
      const text = textIn(input)
      return hold(tilePath(parseTilePath(text)) === text, 'a tile path is not written as it was read')
    }
    const bytes = input.subarray(1)
    const entries = parseBundle(bytes, width)
    if (entries.length !== width) throw new ProtocolError('evidence-broken', 'fuzzing a bundle: it is short')
    hold(Buffer.compare(formatBundle(entries), bytes) === 0, 'a bundle is not written as it was read')
  },
}
