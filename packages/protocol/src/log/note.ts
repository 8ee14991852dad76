import { base64, base64Url, concatenate, equalBytes, fromBase64Url, fromHex, hex, sha256, utf8 } from '../bytes.ts'
import { ProtocolError, quote } from '../errors.ts'
import { admitKey, type PublicKey } from '../key.ts'
import { verifyStrict } from '../verify-strict.ts'

/** What one note may hold. */
export const noteLimits = { signatures: 100, bytes: 128 * 1024 } as const

/** How a signature line was made, as the byte that its key hash covers (C2SP signed-note). spec: log#note */
export const signatureTypes = { ed25519: 0x01, cosignature: 0x04 } as const
export type SignatureType = (typeof signatureTypes)[keyof typeof signatureTypes]

/** A key under the name that its signature lines carry. */
export type Verifier = { readonly name: string; readonly key: PublicKey }

/** One signature line: `keyHash` is 4 bytes, `signature` what follows it, in the form of its type. */
export type NoteSignature = { readonly name: string; readonly keyHash: Uint8Array; readonly signature: Uint8Array }

/** A note's form: the text that is signed, with its last newline, and the lines below. Nothing is proved. */
export type Note = { readonly text: string; readonly signatures: readonly NoteSignature[] }

/**
 * Reads a note's form (C2SP signed-note): text, an empty line, one or more signature lines. Throws `too-large` beyond
 * `noteLimits`, `schema-mismatch` for anything out of form, `malformed-json` for base64 that is not.
 *
 * spec: log#note
 */
export function parseNote(input: string): Note {
  if (input.length > noteLimits.bytes || utf8(input).length > noteLimits.bytes) {
    throw new ProtocolError('too-large', `reading a note: more than ${noteLimits.bytes} bytes`)
  }
  refuseUnclean(input, 'reading a note')
  const seam = input.lastIndexOf('\n\n')
  if (seam < 0) throw new ProtocolError('schema-mismatch', 'reading a note: no empty line parts text from signatures')
  const lines = input.slice(seam + 2).split('\n')
  if (lines.pop() !== '' || lines.length === 0) {
    throw new ProtocolError('schema-mismatch', 'reading a note: it does not end in a signature line and a newline')
  }
  if (lines.length > noteLimits.signatures) {
    throw new ProtocolError('too-large', `reading a note: ${lines.length} signatures, at most ${noteLimits.signatures}`)
  }
  return { text: input.slice(0, seam + 1), signatures: lines.map(parseSignatureLine) }
}

function parseSignatureLine(line: string): NoteSignature {
  const [, name = '', encoded = ''] = /^\u2014 ([^ ]+) ([^ ]+)$/u.exec(line) ?? []
  checkName(name, `reading the signature line ${quote(line)}`)
  const bytes = fromBase64(encoded)
  if (bytes.length <= 4) {
    throw new ProtocolError(
      'schema-mismatch',
      `reading a signature line of ${quote(name)}: ${bytes.length} bytes, expected a key hash of 4 and a signature`,
    )
  }
  return { name, keyHash: bytes.slice(0, 4), signature: bytes.slice(4) }
}

/**
 * Writes what `parseNote` reads back. Throws `schema-mismatch` or `too-large` for what it would refuse.
 *
 * spec: log#note
 */
export function formatNote({ text, signatures }: Note): string {
  const note = `${text}\n${signatures.map(formatSignatureLine).join('')}`
  if (parseNote(note).text !== text) {
    throw new ProtocolError('schema-mismatch', 'writing a note: the text does not end in a newline of its own')
  }
  return note
}

/** A signature line with its newline, as it stands under a note and as a witness gives it. spec: log#note */
export function formatSignatureLine({ name, keyHash, signature }: NoteSignature): string {
  return `\u2014 ${name} ${base64(concatenate(keyHash, signature))}\n`
}

/** Reads lines that stand under notes. Throws as `parseNote` does. spec: log#note */
export function parseSignatureLines(text: string): NoteSignature[] {
  return parseNote(`-\n\n${text}`).signatures.slice()
}

/**
 * The signatures under a note by one key for one type, in the order of their lines; lines of other names, keys and
 * types are passed over. Their bytes are unproved.
 *
 * spec: log#note
 */
export function signaturesBy(note: Note, { name, key }: Verifier, type: SignatureType): Uint8Array[] {
  const expected = keyHash(name, type, key)
  return note.signatures
    .filter((line) => line.name === name && equalBytes(line.keyHash, expected))
    .map(({ signature }) => signature)
}

/**
 * Proves that a key has signed a note's text with plain Ed25519. Throws `key-unknown` when none of the lines is by the
 * key, `record-signature-invalid` when any that is does not verify.
 *
 * spec: log#note
 */
export async function proveNote(note: Note, verifier: Verifier): Promise<void> {
  const signatures = signaturesBy(note, verifier, signatureTypes.ed25519)
  if (signatures.length === 0) {
    throw new ProtocolError('key-unknown', `proving a note: no line is by the key of ${quote(verifier.name)}`)
  }
  for (const signature of signatures) {
    if (!(await verifyStrict(fromBase64Url(verifier.key), utf8(note.text), signature))) {
      throw new ProtocolError(
        'record-signature-invalid',
        `proving a note: a signature by ${quote(verifier.name)} does not verify`,
      )
    }
  }
}

/** What names a key on its lines: the first 4 bytes of SHA-256(name ‖ "\n" ‖ type ‖ key). spec: log#note */
export function keyHash(name: string, type: SignatureType, key: PublicKey): Uint8Array {
  return sha256(concatenate(utf8(`${name}\n`), Uint8Array.of(type), fromBase64Url(key))).slice(0, 4)
}

/** A key with its name and type as one word, `name+hash+base64(type ‖ key)`, the hash in hexadecimal. spec: log#vkey */
export function formatVkey({ name, key }: Verifier, type: SignatureType = signatureTypes.ed25519): string {
  checkName(name, 'writing a vkey')
  const encoded = base64(concatenate(Uint8Array.of(type), fromBase64Url(key)))
  return `${name}+${hex(keyHash(name, type, key))}+${encoded}`
}

/**
 * Reads a vkey of the type that the caller expects. Throws `schema-mismatch` for another type, form or hash,
 * `malformed-json` for base64 that is not, `key-inadmissible` for a key that `admitKey` refuses.
 *
 * spec: log#vkey
 */
export function parseVkey(vkey: string, type: SignatureType = signatureTypes.ed25519): Verifier {
  const doing = `reading the vkey ${quote(vkey)}`
  const [, name = '', hash = '', encoded = ''] = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/u.exec(vkey) ?? []
  checkName(name, doing)
  const [found, ...key] = fromBase64(encoded)
  if (found !== type) {
    throw new ProtocolError('schema-mismatch', `${doing}: its signature type is ${found ?? 'none'}, expected ${type}`)
  }
  const verifier = { name, key: base64Url(Uint8Array.from(key)) }
  admitKey(verifier.key)
  if (!equalBytes(fromHex(hash), keyHash(name, type, verifier.key))) {
    throw new ProtocolError('schema-mismatch', `${doing}: the key hash is not that of the name and the key`)
  }
  return verifier
}

/** Refuses a key's name that is empty or holds a plus sign, white space or a control character: `schema-mismatch`. */
export function checkName(name: string, doing: string): void {
  refuseUnclean(name, doing)
  if (!/^[^\s\p{White_Space}+]+$/u.test(name)) {
    throw new ProtocolError(
      'schema-mismatch',
      `${doing}: expected a name without white space or plus sign, as its first word`,
    )
  }
}

function refuseUnclean(text: string, doing: string): void {
  if (!text.isWellFormed()) throw new ProtocolError('schema-mismatch', `${doing}: a surrogate stands alone`)
  if (/[\u0000-\u0009\u000b-\u001f]/.test(text)) {
    throw new ProtocolError('schema-mismatch', `${doing}: it holds a control character other than newline`)
  }
}

/** The bytes of padded base64 that re-encodes to itself; throws `malformed-json` on any other text. */
export function fromBase64(text: string): Uint8Array {
  const bytes = fromBase64Url(
    text
      .replace(/={0,2}$/, '')
      .replaceAll('+', '-')
      .replaceAll('/', '_'),
  )
  if (base64(bytes) !== text) {
    throw new ProtocolError(
      'malformed-json',
      `reading base64 ${quote(text)}: not the padded form that re-encodes to itself`,
    )
  }
  return bytes
}
