import { base64, equalBytes, utf8 } from '../bytes.ts'
import { ProtocolError, quote } from '../errors.ts'
import type { Signer } from '../key.ts'
import { checkHash, checkSize, emptyRoot, type Hash, hashBytes, type Head } from './merkle.ts'
import {
  checkName,
  formatNote,
  fromBase64,
  keyHash,
  type Note,
  parseNote,
  proveNote,
  signatureTypes,
  type Verifier,
} from './note.ts'

/** A log's head under the log's own name, `origin`: one line. Extension lines are opaque, and best absent. */
export type Checkpoint = Head & { readonly origin: string; readonly extensions?: readonly string[] }

declare const proved: unique symbol

/**
 * A checkpoint that the log's key has signed, and the note it came in, for what else is signed there. Only
 * `openCheckpoint` makes one.
 */
export type ProvedCheckpoint = Required<Checkpoint> & { readonly note: Note; readonly [proved]: true }

/**
 * Signs a checkpoint by the log's key and gives the note. The signer answers for never signing two heads of which one
 * does not extend the other. Throws `schema-mismatch` for what has no form.
 *
 * spec: log#checkpoint
 */
export async function signCheckpoint(
  checkpoint: Checkpoint,
  signer: Signer,
  name = checkpoint.origin,
): Promise<string> {
  checkName(name, 'signing a checkpoint')
  const text = formatCheckpoint(checkpoint)
  const signature = await signer.sign(utf8(text))
  return formatNote({
    text,
    signatures: [{ name, keyHash: keyHash(name, signatureTypes.ed25519, signer.key), signature }],
  })
}

/**
 * The text that a checkpoint's signatures cover: origin, size, root in base64, extensions; a line each.
 *
 * spec: log#checkpoint
 */
export function formatCheckpoint({ origin, size, root, extensions = [] }: Checkpoint): string {
  checkSize(size, 'writing a checkpoint')
  checkHash(root, 'writing a checkpoint')
  const text = [origin, size, base64(root), ...extensions].map((line) => `${line}\n`).join('')
  // a newline inside a line makes more lines, whatever else it makes
  if (parseCheckpoint(text).extensions.length !== extensions.length) {
    throw new ProtocolError('schema-mismatch', 'writing a checkpoint: the origin or an extension is not one line')
  }
  return text
}

/**
 * Opens a checkpoint as it is served: reads the note, proves every line by the log's key and then reads the text. Lines
 * by anybody else are ignored. `origin` is the log that the caller asks about; a key that signs for several must not
 * let one pass for another.
 *
 * Throws `too-large`, `schema-mismatch` or `malformed-json` for what is out of form, `key-unknown` when the key has not
 * signed, `record-signature-invalid` when any line under its name does not verify, `evidence-broken` for another log's
 * checkpoint.
 *
 * spec: log#checkpoint
 */
export async function openCheckpoint(
  text: string,
  verifier: Verifier,
  origin = verifier.name,
): Promise<ProvedCheckpoint> {
  const note = parseNote(text)
  await proveNote(note, verifier)
  const checkpoint = parseCheckpoint(note.text)
  if (checkpoint.origin !== origin) {
    throw new ProtocolError(
      'evidence-broken',
      `opening a checkpoint of ${quote(origin)}: it is one of ${quote(checkpoint.origin)}`,
    )
  }
  // the one place that vouches: the log's key has signed this text
  return { ...checkpoint, note } as ProvedCheckpoint
}

/**
 * Reads the text of a checkpoint, of which nothing is proved. Throws `schema-mismatch`, or `malformed-json` for base64
 * that is not.
 *
 * spec: log#checkpoint
 */
export function parseCheckpoint(text: string): Required<Checkpoint> {
  const [origin = '', size = '', encoded = '', ...rest] = text.split('\n')
  const last = rest.pop()
  const refuse = (why: string): never => {
    throw new ProtocolError('schema-mismatch', `reading a checkpoint: ${why}`)
  }
  if (last !== '' || origin === '' || rest.includes('')) refuse('expected three lines or more, none empty')
  if (!/^(?:0|[1-9][0-9]{0,15})$/.test(size) || !Number.isSafeInteger(Number(size))) {
    refuse(`the size is ${quote(size)}, expected a safe integer in plain decimal`)
  }
  const root: Hash = fromBase64(encoded)
  if (root.length !== hashBytes) refuse(`the root has ${root.length} bytes, expected ${hashBytes}`)
  if (size === '0' && !equalBytes(root, emptyRoot())) refuse('the root of an empty log is not the hash of no bytes')
  return { origin, size: Number(size), root, extensions: rest }
}
