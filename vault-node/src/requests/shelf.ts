import { json, shelf, text } from '@dcann/store/shelf'
import type { Write } from '@dcann/store/store'
import type { SignatureClaims } from '@dcann/protocol/request-signature'
import { recordIdSchema } from '@dcann/protocol/signed'
import { times } from '@dcann/protocol/limits'
import type { Instant } from '@dcann/protocol/time'
import { answerBody } from '@dcann/protocol/vault-api'
import { z } from 'zod'
import { padded } from '../evidence/shelf.ts'
import { segmentOf } from '../agreements/shelf.ts'

/** Nonces that were spent, by when their signature ends: the same request always has the same place. */
export const nonces = shelf('nonces', text)

export function noncePlace({ expires, kid, nonce }: SignatureClaims): ReturnType<typeof nonces.at> {
  return nonces.at(padded(expires), kid, nonce)
}

/**
 * Nonces of signatures that ended before this are forgotten, and such signatures are taken no more, whatever the clock
 * reads by then: one that is set back would bring their window back, and with it every request of that time.
 */
export function forgottenBefore(highest: Instant): Instant {
  return Math.max(0, highest - times.signatureSkew - times.nodeSkew)
}

/** The place of a nonce that can be forgotten, and all before it. */
export function forgettableBefore(highest: Instant): string {
  return `nonces/${padded(forgottenBefore(highest))}`
}

export function spend(claims: SignatureClaims): Write {
  return noncePlace(claims).put('', 'absent')
}

/** The stored answer of a request, sealed where it left sealed, for those who ask the same again under a new nonce. */
const repeatSchema = z.strictObject({
  digest: recordIdSchema,
  agreement: recordIdSchema,
  answer: answerBody,
  until: z.int(),
})
export const repeats = shelf(
  'requests/repeats',
  json((value) => repeatSchema.parse(value)),
)

export function repeatPlace(from: string, id: string): ReturnType<typeof repeats.at> {
  return repeats.at(segmentOf(from), id)
}

/** When stored answers may be forgotten. */
export const repeatsDue = shelf('requests/repeats-due', text)
