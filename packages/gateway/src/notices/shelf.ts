import { formatTime } from '@dcann/protocol/time'
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
