import { base64Url } from '@dcann/protocol/bytes'
import type { ErrorCode } from '@dcann/protocol/errors'
import { formatSubmission } from '@dcann/protocol/log/add-checkpoint'
import { signCheckpoint } from '@dcann/protocol/log/checkpoint'
import type { Hash } from '@dcann/protocol/log/merkle'
import { consistencyProof } from '@dcann/protocol/log/proof'
import { log, origin, readHash, rootAt, stranger } from './log-of-300.ts'
import { type NamedVector, vectorsOf } from './vector.ts'

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
