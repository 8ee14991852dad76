import { errorCodes } from '@dcann/protocol/errors'
import { type RecordId, recordIdSchema } from '@dcann/protocol/signed'
import { formatTime, timeSchema } from '@dcann/protocol/time'
import { standingSchema } from '@dcann/protocol/vault-api'
import { json, shelf } from '@dcann/store/shelf'
import type { Reader } from '@dcann/store/store'
import { z } from 'zod'

const countSchema = z.strictObject({ count: z.int().min(0), last: z.int().nullable() })

/** How many notices came, and when the last one did, in seconds: nothing of what they say. */
export const notices = shelf(
  'notices',
  json((value) => countSchema.parse(value)),
)

export const noticesAt = notices.at('all')

/** The same, for the company. */
export async function noticed(store: Reader): Promise<{ readonly count: number; readonly last: string | null }> {
  const { count, last } = noticesAt.from(await store.read([noticesAt.key]))?.value ?? { count: 0, last: null }
  return { count, last: last === null ? null : formatTime(last) }
}

/** Agreements whose chains are to be read on, by id: how often that has failed, and not before when it is tried again. */
const unreadSchema = z.strictObject({ failed: z.int().min(0), due: z.int() })
export type Unread = z.infer<typeof unreadSchema>
export const unread = shelf(
  'chains/unread',
  json((value) => unreadSchema.parse(value)),
)

/** One line of a chain that somebody did something by; answers and refusals are evidence, and kept as such. */
export const happenedSchema = z.strictObject({
  n: z.int().min(1),
  /** The kind of act, `activated` or `superseded`. */
  what: z.string().max(40),
  at: timeSchema,
})

const heardSchema = z.strictObject({
  /** The last line that was read, and its leaf. */
  n: z.int().min(0),
  leaf: recordIdSchema.nullable(),
  /** How the vault said that it stood, and when that was. */
  standing: standingSchema,
  read: timeSchema,
  happened: z.array(happenedSchema),
  /** What took its place, taken up by the gateway itself. */
  successor: recordIdSchema.optional(),
  /** Why no further line of this chain is believed. */
  broken: z.enum(errorCodes).optional(),
})
/** What a vault's chain has said so far. */
export type Heard = z.infer<typeof heardSchema>
export const heard = shelf(
  'chains/heard',
  json((value) => heardSchema.parse(value)),
)

/** What was heard of an agreement, for the company; nothing as long as no notice came. */
export const chainSchema = heardSchema.omit({ n: true, leaf: true })

/** The same, out of the store. */
export async function whatHappened(
  store: Reader,
  agreement: RecordId,
): Promise<{ readonly chain?: z.infer<typeof chainSchema> }> {
  const place = heard.at(agreement)
  const found = place.from(await store.read([place.key]))?.value
  if (!found) return {}
  const { n: _, leaf: __, ...chain } = found
  return { chain }
}
