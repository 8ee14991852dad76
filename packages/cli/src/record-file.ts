import { resolve } from 'node:path'
import { nouns, readProposal, type RecordOf } from '@dcann/protocol/admission'
import { parseBounded } from '@dcann/protocol/canonical'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import type { Draft, DraftKind } from '@dcann/protocol/hands'
import { parseName } from '@dcann/protocol/name'
import { type Noun, parseSchema, type Signed, type Submitted } from '@dcann/protocol/signed'
import { readNamed, writeWhole } from './folder.ts'

/** A record as it goes from hand to hand: a draft as any JSON text, and from the first signature on the signed record. */
export type RecordFile = {
  readonly file: string
  readonly draft: Draft
  readonly noun: Noun<RecordOf[DraftKind]>
  /** Absent as long as nobody has signed. */
  readonly submitted?: Submitted<RecordOf[DraftKind]>
}

/** Reads such a file. Throws `file-unreadable`, `malformed-json`, `schema-mismatch`, naming the member that is wrong. */
export async function readRecordFile(file: string): Promise<RecordFile> {
  const value = parseBounded(await readNamed(file, 'the record'))
  if (typeof value !== 'object' || value === null || !('payload' in value)) return { file, ...readDraft(value) }
  const { kind, submitted } = readProposal(value)
  const signedKind = requireDraftKind(kind, submitted.payload.name)
  return {
    file,
    draft: draftOf(signedKind, submitted.payload),
    noun: nounOf(signedKind),
    // `as`: a passport was just refused
    submitted: submitted as Submitted<RecordOf[DraftKind]>,
  }
}

/** Writes what was signed where the draft was. */
export async function writeRecordFile(file: string, signed: Signed): Promise<void> {
  await writeWhole(resolve(file), `${JSON.stringify(signed)}\n`, 0o644)
}

/** Reads a draft out of any value. */
export function readDraft(value: unknown): Pick<RecordFile, 'draft' | 'noun'> {
  const name = typeof value === 'object' && value !== null && 'name' in value ? value.name : undefined
  if (typeof name !== 'string') throw new ProtocolError('schema-mismatch', 'reading a record: it has no name')
  const kind = requireDraftKind(parseName(name).kind, name)
  const noun = nounOf(kind)
  return { noun, draft: draftOf(kind, parseSchema(noun.schema, value, `reading ${quote(name)}`)) }
}

function requireDraftKind(kind: keyof RecordOf, name: string): DraftKind {
  if (kind !== 'passport') return kind
  throw new ProtocolError(
    'schema-mismatch',
    `reading ${quote(name)}: it is a passport, whose wallet signs it; make one with: dcann passport create`,
  )
}

function nounOf(kind: DraftKind): Noun<RecordOf[DraftKind]> {
  return nouns[kind]
}

function draftOf(kind: DraftKind, payload: RecordOf[keyof RecordOf]): Draft {
  // `as`: the payload was read by the noun of this kind
  return { kind, payload } as Draft
}
