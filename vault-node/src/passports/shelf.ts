import type { Identifier } from '@dcann/protocol/identifier'
import { mapKey } from '@dcann/protocol/map/node'
import { base64Url } from '@dcann/protocol/bytes'
import { type PassportRecord, passportNoun } from '@dcann/protocol/passport'
import { happenings } from '@dcann/protocol/residence'
import { readSigned, recordIdSchema, type Signed, signedSchema } from '@dcann/protocol/signed'
import { json, shelf } from '@dcann/store/shelf'
import { z } from 'zod'

/** A passport that is or was at home here: its newest record as its zone showed it. */
export type Hosted = { readonly id: string; readonly record: PassportRecord; readonly signed: Signed }

const signedRecords = json((value) => value)

const passports = shelf('passports', {
  encode: (hosted: Hosted) => signedRecords.encode(hosted.signed),
  decode: (bytes): Hosted => {
    const { payload, id, signed } = readSigned(passportNoun, signedRecords.decode(bytes))
    return { id, record: payload, signed }
  },
})

/** Where a hosted passport stands. */
export function passportPlace(identifier: Identifier): ReturnType<typeof passports.at> {
  return passports.at(identifier)
}

/** What follows from a record taken over and is not done yet. */
const dueSchema = z.strictObject({
  record: recordIdSchema,
  happened: z.enum(happenings),
  revokes: z.union([z.literal('all'), z.array(recordIdSchema)]),
  pauses: z.union([z.literal('all'), z.int(), z.null()]),
  signed: signedSchema,
})
export type Due = z.infer<typeof dueSchema>

/** What decisions go by, so that none of them has to read records. */
const standingSchema = z.strictObject({
  record: recordIdSchema,
  seq: z.int().min(1),
  residence: z.enum(['home', 'away', 'ended']),
  /** Thumbprints of the control keys there ever were and that no recovery voided. */
  former: z.array(recordIdSchema),
  /** When the newest recovery was. */
  recovered: z.int().nullable(),
  due: z.array(dueSchema),
})
export type Standing = z.infer<typeof standingSchema>

/** How a hosted passport stands here, written in the commit that writes its record. */
export const standings = shelf(
  'standings',
  json((value) => standingSchema.parse(value)),
)

/** The key of a passport's name in the map of its zone. */
export function nameKey(identifier: Identifier): string {
  return base64Url(mapKey(identifier.slice(0, 2), identifier))
}

const twoLetters = /^[A-Z]{2}$/

/** The passports hosted here that a zone assigned, after one of them, in the order of their identifiers. */
export function hostedPage(zone: string, after: Identifier | undefined, limit: number) {
  return {
    prefix: `passports/${zone}`,
    limit,
    ...(after === undefined ? {} : { after: passportPlace(after).key }),
  }
}

/** From where on to look for the first passport of the zone after this one; `undefined` after the last there can be. */
export function afterZone(zone: string): string | undefined {
  const first = zone.charCodeAt(0)
  const second = zone.charCodeAt(1)
  const next = second < 90 ? [first, second + 1] : [first + 1, 65]
  const code = String.fromCharCode(...next)
  return twoLetters.test(code) ? code : undefined
}

/** Whose a place on this shelf is. */
export function identifierIn(key: string): Identifier {
  return key.slice('passports/'.length)
}
