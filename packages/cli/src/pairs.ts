import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { canonicalText, parseBounded } from '@dcann/protocol/canonical'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import { type SignedPair, signedPairSchema } from '@dcann/protocol/pair'
import { parseSchema, type RecordId, recordIdSchema, type Signed, signedSchema } from '@dcann/protocol/signed'
import { readIfThere, writeWhole } from './folder.ts'

/** Keeps an offer that was made, so that a grant over it can be read later. */
export async function keepOffer(folder: string, id: RecordId, offer: Signed): Promise<void> {
  await keep(join(folder, 'offers'), id, offer)
}

/** Keeps an agreement. */
export async function keepPair(folder: string, id: RecordId, pair: SignedPair): Promise<void> {
  await keep(join(folder, 'agreements'), id, pair)
}

/** The offer of this id, if it was made here. */
export async function findOffer(folder: string, id: RecordId): Promise<Signed | undefined> {
  const text = await readIfThere(join(folder, 'offers', `${id}.json`))
  return text === undefined ? undefined : parseSchema(signedSchema, parseBounded(text), 'reading a kept offer')
}

/** An agreement by its id, as `ask --poll` and `accept` keep it, or out of a file, as `agree --out` writes it. Throws `not-found`. */
export async function readPair(folder: string, agreement: string): Promise<SignedPair> {
  const kept = recordIdSchema.safeParse(agreement).success
    ? await readIfThere(join(folder, 'agreements', `${agreement}.json`))
    : undefined
  const text = kept ?? (await readIfThere(resolve(agreement)))
  if (text === undefined) {
    throw new ProtocolError(
      'not-found',
      `reading the agreement ${quote(agreement, 60)}: its documents are not here; fetch them with dcann ask --poll, or name the file that the holder gave: --agreement <file>`,
    )
  }
  return parseSchema(signedPairSchema, parseBounded(text), 'reading an agreement')
}

async function keep(folder: string, id: RecordId, value: unknown): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await writeWhole(join(folder, `${id}.json`), canonicalText(value))
}
