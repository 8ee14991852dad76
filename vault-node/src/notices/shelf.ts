import type { RecordId } from '@dcann/protocol/signed'
import { formatTime, type Instant, timeSchema } from '@dcann/protocol/time'
import { json, shelf, text } from '@dcann/store/shelf'
import type { Write } from '@dcann/store/store'
import { z } from 'zod'
import { segmentOf } from '../agreements/shelf.ts'
import { padded } from '../evidence/shelf.ts'

/** A notice that waits: since when, how often its inbox has refused it, and not before when it is sent again. */
const owedSchema = z.strictObject({ at: timeSchema, refused: z.int().min(0), due: z.int() })
export type Owed = z.infer<typeof owedSchema>

/** What requesters are still to be told: by requester, agreement, and the first line to be read. */
export const owed = shelf(
  'notices/owed',
  json((value) => owedSchema.parse(value)),
)

/** Agreements by when their time ends, so that no sweep looks for those that have. */
export const expiring = shelf('notices/expiring', text)

/** Where a holder is to be woken, by passport and what names the address. The key that asked for it has to keep its right. */
const endpointSchema = z.strictObject({ endpoint: z.string(), kid: z.string(), added: timeSchema })
export type Endpoint = z.infer<typeof endpointSchema>
export const endpoints = shelf(
  'notices/endpoints',
  json((value) => endpointSchema.parse(value)),
)
/** Holders to be woken, since when; and what that comes to, address by address. */
export const stirred = shelf('notices/stirred', text)
export const pushes = shelf('notices/pushes', text)

/** What every holder of this node is told, by its place in the order of what happens, and when it was. */
export const everybody = shelf('notices/everybody', text)

/** Tells the requester to read its agreement from line `n` on; for the commit that does what there is to read. */
export function noticeTo(requester: string, agreement: RecordId, n: number, now: Instant): Write {
  return owed.at(segmentOf(requester), agreement, padded(n)).put({ at: formatTime(now), refused: 0, due: 0 })
}

/** Has the requester told when an agreement's time ends; for the commit that begins it. */
export function noticeAtEnd({ agreement, until }: { readonly agreement: RecordId; readonly until: Instant }): Write {
  return expiring.at(padded(until), agreement).put(agreement)
}

/** The name that stands in a key. */
export function requesterIn(segment: string): string {
  return segment.replaceAll('~', '/')
}
