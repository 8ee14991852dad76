import type { Identifier } from '@dcann/protocol/identifier'
import { type PassportRecord, passportNoun } from '@dcann/protocol/passport'
import { readSigned, type Signed } from '@dcann/protocol/signed'
import { json, shelf } from '@dcann/store/shelf'

/** A passport this node is home of: its record as the registry acknowledged it. */
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
