import { base64Url, sha256, utf8 } from '@dcann/protocol/bytes'
import { canonicalText, parseBounded } from '@dcann/protocol/canonical'
import { ProtocolError } from '@dcann/protocol/errors'
import { readAloud } from '@dcann/protocol/read-aloud'
import { rootNoun, rootSchema } from '@dcann/protocol/root'
import {
  parseSchema,
  readSigned,
  recordIdOf,
  recordIdSchema,
  type RecordId,
  signedSchema,
} from '@dcann/protocol/signed'
import { timeSchema } from '@dcann/protocol/time'
import { z } from 'zod'
import { CommandError } from './failure.ts'
import { readNamed, writeWhole } from './folder.ts'
import { writeNew } from './key-file.ts'
import type { RecordFile } from './record-file.ts'
import type { Standing } from './standing.ts'

const lineSchema = z.strictObject({
  n: z.int().min(1),
  prev: recordIdSchema.nullable(),
  at: timeSchema,
  said: z.string().max(2000),
})
type Line = z.infer<typeof lineSchema>

const ceremonySchema = z.strictObject({
  v: z.literal(1),
  /** The text that everybody signs. */
  text: rootSchema,
  /** The version that stands, which names who may sign besides; none at the beginning of a root. */
  before: signedSchema.nullable(),
  signed: signedSchema.nullable(),
  closed: z.boolean(),
  transcript: z.array(lineSchema).max(1000),
})
/** A ceremony as its file has it: one file, written whole at each step, so that it goes on where it was left. */
export type Ceremony = z.infer<typeof ceremonySchema>

/** Reads a ceremony's file; its transcript must be the chain that it claims to be. Throws `chain-broken`. */
export async function readCeremony(file: string): Promise<Ceremony> {
  const value = parseBounded(await readNamed(file, 'the ceremony'))
  const ceremony = parseSchema(ceremonySchema, value, 'reading the ceremony')
  let prev: RecordId | null = null
  for (const [i, line] of ceremony.transcript.entries()) {
    if (line.n !== i + 1 || line.prev !== prev) {
      throw new ProtocolError('chain-broken', `reading the transcript: line ${i + 1} does not follow the one before`)
    }
    prev = digestOf(line)
  }
  return ceremony
}

/** Begins one, where none has begun. Throws `file-exists`. */
export async function beginCeremony(file: string, ceremony: Ceremony): Promise<void> {
  await writeNew(file, written(ceremony), 0o644)
}

export async function keepCeremony(file: string, ceremony: Ceremony): Promise<void> {
  await writeWhole(file, written(ceremony), 0o644)
}

function written(ceremony: Ceremony): string {
  return `${JSON.stringify(ceremony, null, 1)}\n`
}

/** One line more: what was done, after everything before. */
export function noted(ceremony: Ceremony, at: string, said: string): Ceremony {
  const last = ceremony.transcript.at(-1)
  const line = { n: ceremony.transcript.length + 1, prev: last ? digestOf(last) : null, at, said }
  return { ...ceremony, transcript: [...ceremony.transcript, line] }
}

/** The digest of the last line, which holds all those before it. */
export function transcriptDigest({ transcript }: Ceremony): RecordId {
  const last = transcript.at(-1)
  if (!last) throw new CommandError('file-unreadable', 'reading the transcript: nothing has been done')
  return digestOf(last)
}

function digestOf(line: Line): RecordId {
  return base64Url(sha256(utf8(`dcann/ceremony-line/1\n${canonicalText(line)}`)))
}

/** The record id of the text, and the words that it is read aloud as. */
export function textOf({ text }: Ceremony): { readonly id: RecordId; readonly words: string } {
  const id = recordIdOf(utf8(canonicalText(text)))
  return { id, words: readAloud(id) }
}

/** The record as every other command has it, with the signatures that there are. */
export function recordIn({ text, signed }: Pick<Ceremony, 'text' | 'signed'>, file: string): RecordFile {
  const submitted = signed && readSigned(rootNoun, signed)
  return {
    file,
    draft: { kind: 'root', payload: text },
    noun: rootNoun,
    ...(submitted ? { submitted } : {}),
  }
}

/** What stands before the text. It is what the ceremony's file says, so its record id is for the signers to know. */
export function standingBefore({ before }: Pick<Ceremony, 'before'>, now: number): Standing {
  const held = before ? readSigned(rootNoun, before) : undefined
  // `as`: the one record that is held is a root, and nothing else is asked for
  return { held: ((kind) => (kind === 'root' ? held : undefined)) as Standing['held'], now }
}
