import { parseBounded } from '@dcann/protocol/canonical'
import { ProtocolError } from '@dcann/protocol/errors'
import { rootNoun } from '@dcann/protocol/root'
import { readSigned, type RecordId, type Signed, signedSchema } from '@dcann/protocol/signed'
import { z } from 'zod'
import type { Kept } from './kept.ts'

const placeSchema = z.strictObject({
  root: signedSchema,
  registries: z.array(z.string().max(512)).min(1).max(16),
})

/** Where this page was told to begin: which root to believe, and whom to ask. */
export type Place = {
  readonly pinned: Signed
  /** Record id of the root: what people compare. */
  readonly pin: RecordId
  readonly isTest: boolean
  readonly registries: readonly string[]
  /** The root that this browser pinned when it was here first, where that is another one. */
  readonly before: RecordId | undefined
}

const key = 'pin'

/**
 * Reads the root that whoever serves this page names. The first one is pinned in this browser: when another is served later,
 * that is told, and nothing is believed until a person has decided.
 */
export async function readPlace(kept: Kept): Promise<Place> {
  const answer = await fetch('/place.json', { credentials: 'omit', cache: 'no-store' })
  const text = await answer.text()
  if (!answer.ok) throw new ProtocolError('unavailable', 'reading which root to begin with: this server names none')
  const { data } = placeSchema.safeParse(parseBounded(text))
  if (data === undefined) {
    throw new ProtocolError('answer-invalid', 'reading which root to begin with: what this server names is no root')
  }
  const { id, payload } = readSigned(rootNoun, data.root)
  const before = await kept.read(key)
  if (typeof before !== 'string') await kept.write(key, id)
  return {
    pinned: data.root,
    pin: id,
    isTest: payload.test,
    registries: data.registries,
    before: typeof before === 'string' && before !== id ? before : undefined,
  }
}

/** Takes another root than the one before, because a person said so. */
export async function pinAnew(kept: Kept, pin: RecordId): Promise<void> {
  await kept.write(key, pin)
}
