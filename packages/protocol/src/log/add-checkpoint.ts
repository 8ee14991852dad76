import { base64, equalBytes } from '../bytes.ts'
import { ProtocolError, quote } from '../errors.ts'
import type { ProvedCheckpoint } from './checkpoint.ts'
import { type Hash, hashBytes, type Head } from './merkle.ts'
import { fromBase64, noteLimits } from './note.ts'
import { verifyConsistency } from './proof.ts'

/** Hashes that a submission may carry. */
export const submittedProofMost = 63

/** Bytes of a submission at most. */
export const submissionBytes = 32 + submittedProofMost * 48 + noteLimits.bytes

/** A head handed to a witness (C2SP tlog-witness): the size it saw last, what leads from there, and the checkpoint. */
export type Submission = { readonly old: number; readonly proof: readonly Hash[]; readonly checkpoint: string }

/**
 * Reads a submission: `old` and a size, hashes in base64, a line each, an empty line, the checkpoint. Throws
 * `schema-mismatch`, `malformed-json` or `too-large`. Of the checkpoint nothing is read yet.
 *
 * spec: witness#add-checkpoint
 */
export function parseSubmission(text: string): Submission {
  const refuse = (why: string): never => {
    throw new ProtocolError('schema-mismatch', `reading a submitted checkpoint: ${why}`)
  }
  if (text.length > submissionBytes) {
    throw new ProtocolError('too-large', `reading a submitted checkpoint: more than ${submissionBytes} bytes`)
  }
  const seam = text.indexOf('\n\n')
  if (seam < 0) refuse('no empty line stands before the checkpoint')
  const [first = '', ...lines] = text.slice(0, seam).split('\n')
  const [, size] = /^old (0|[1-9][0-9]{0,15})$/.exec(first) ?? []
  if (size === undefined || !Number.isSafeInteger(Number(size))) {
    refuse(`its first line is ${quote(first)}, expected "old" and a size in plain decimal`)
  }
  if (lines.length > submittedProofMost) refuse(`${lines.length} hashes, at most ${submittedProofMost}`)
  const proof = lines.map(fromBase64)
  if (proof.some((hash) => hash.length !== hashBytes)) refuse(`a hash has not ${hashBytes} bytes`)
  const checkpoint = text.slice(seam + 2)
  if (checkpoint === '') refuse('the checkpoint is missing')
  return { old: Number(size), proof, checkpoint }
}

/** Writes what `parseSubmission` reads back. spec: witness#add-checkpoint */
export function formatSubmission({ old, proof, checkpoint }: Submission): string {
  return `old ${old}\n${proof.map((hash) => `${base64(hash)}\n`).join('')}\n${checkpoint}`
}

/**
 * Judges a submission whose checkpoint is proved against the head that the witness cosigned last, in the order of the
 * text. Throws `schema-mismatch` (400) when it says to be smaller than what went before it, `record-stale` (409) when
 * another size was cosigned last or the same one with another root, `evidence-broken` (422) when the hashes do not lead
 * from the one to the other.
 *
 * spec: witness#add-checkpoint
 */
export function judgeSubmission(
  held: Head | undefined,
  { old, proof }: Pick<Submission, 'old' | 'proof'>,
  { size, root }: Pick<ProvedCheckpoint, 'size' | 'root'>,
): void {
  const known = held?.size ?? 0
  const doing = `judging a checkpoint of ${size} entries`
  if (old > size) throw new ProtocolError('schema-mismatch', `${doing}: it says that ${old} went before`)
  if (old !== known) {
    throw new ProtocolError('record-stale', `${doing}: it goes on from ${old}, cosigned last was ${known}`, {
      size: known,
    })
  }
  if (held !== undefined && known === size && !equalBytes(held.root, root)) {
    throw new ProtocolError(
      'record-stale',
      `${doing}: another one of that size was cosigned; keep both and show them`,
      {
        size: known,
      },
    )
  }
  if (held === undefined || known === 0 || known === size) {
    if (proof.length > 0)
      throw new ProtocolError('evidence-broken', `${doing}: expected no hashes, got ${proof.length}`)
    return
  }
  verifyConsistency({ from: { size: known, root: held.root }, to: { size, root }, proof })
}
