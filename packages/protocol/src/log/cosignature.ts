import { concatenate, fromBase64Url, utf8 } from '../bytes.ts'
import { ProtocolError, quote } from '../errors.ts'
import type { Signer } from '../key.ts'
import type { Instant } from '../time.ts'
import { verifyStrict } from '../verify-strict.ts'
import {
  checkName,
  formatSignatureLine,
  keyHash,
  type Note,
  type NoteSignature,
  signaturesBy,
  signatureTypes,
  type Verifier,
} from './note.ts'

const timeBytes = 8
const signatureBytes = 64

declare const proved: unique symbol

/** That a witness had seen no greater head of the log than this one at `time`. Only `proveCosignatures` makes one. */
export type Cosignature<W extends Verifier = Verifier> = {
  readonly witness: W
  readonly time: Instant
  readonly [proved]: true
}

/**
 * Signs a checkpoint as its witness under `name` (C2SP tlog-cosignature, v1). What it says is the signer's to answer
 * for: that it knows every head before to lead to this one. Throws `schema-mismatch` for a time or name without form.
 *
 * spec: log#cosignature
 */
export async function cosign(note: Note, signer: Signer, name: string, time: Instant): Promise<NoteSignature> {
  checkName(name, 'cosigning a checkpoint')
  if (!Number.isSafeInteger(time) || time < 0) {
    throw new ProtocolError('schema-mismatch', `cosigning a checkpoint: the time is ${time}, expected whole seconds`)
  }
  const stamp = new Uint8Array(timeBytes)
  new DataView(stamp.buffer).setBigUint64(0, BigInt(time))
  const signature = concatenate(stamp, await signer.sign(cosignedBytes(time, note.text)))
  return { name, keyHash: keyHash(name, signatureTypes.cosignature, signer.key), signature }
}

/** A note with lines added, those that it has already left out. */
export function withSignatures(note: Note, lines: readonly NoteSignature[]): Note {
  const held = new Set(note.signatures.map(formatSignatureLine))
  return { ...note, signatures: [...note.signatures, ...lines.filter((line) => !held.has(formatSignatureLine(line)))] }
}

/**
 * Proves the cosignatures under a note by these witnesses; lines of others are passed over. A witness has as many as it
 * has lines. Throws `record-signature-invalid` when one under a known name and key does not verify: a note with a forged
 * line is nobody's.
 *
 * spec: log#cosignature
 */
export async function proveCosignatures<W extends Verifier>(
  note: Note,
  witnesses: readonly W[],
): Promise<Cosignature<W>[]> {
  const found: Cosignature<W>[] = []
  for (const witness of witnesses) {
    for (const bytes of signaturesBy(note, witness, signatureTypes.cosignature)) {
      const time = await timeOf(bytes, note.text, witness)
      // the one place that vouches: the witness has signed this text at this time
      found.push({ witness, time } as Cosignature<W>)
    }
  }
  return found
}

async function timeOf(bytes: Uint8Array, text: string, { name, key }: Verifier): Promise<Instant> {
  if (bytes.length === timeBytes + signatureBytes) {
    const stamp = new DataView(bytes.buffer, bytes.byteOffset, timeBytes).getBigUint64(0)
    const time = Number(stamp)
    if (
      Number.isSafeInteger(time) &&
      (await verifyStrict(fromBase64Url(key), cosignedBytes(time, text), bytes.subarray(timeBytes)))
    )
      return time
  }
  throw new ProtocolError('record-signature-invalid', `proving a cosignature: a line by ${quote(name)} does not verify`)
}

function cosignedBytes(time: Instant, text: string): Uint8Array {
  return utf8(`cosignature/v1\ntime ${time}\n${text}`)
}
