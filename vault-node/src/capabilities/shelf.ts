import { capabilityNoun, type HeldCapability } from '@dcann/protocol/capability'
import { readSigned, type Signed, signedSchema } from '@dcann/protocol/signed'
import { json, shelf, text } from '@dcann/store/shelf'
import { z } from 'zod'

/** A capability as it was signed, and the record that ended its key. */
export type Kept = HeldCapability & { readonly signed: Signed; readonly end: Signed | null }

const keptForm = json((value) => z.strictObject({ signed: signedSchema, end: signedSchema.nullable() }).parse(value))

/** By passport and thumbprint of the key. */
export const capabilities = shelf('capabilities/of', {
  encode: ({ signed, end }: Kept) => keptForm.encode({ signed, end }),
  decode: (bytes): Kept => {
    const { signed, end } = keptForm.decode(bytes)
    const { payload, id, kids } = readSigned(capabilityNoun, signed)
    return { payload, id, kids, signed, end, ended: end !== null }
  },
})

/** By thumbprint, the passports that a key has a capability for: a card names no passport. */
export const passportsOfKey = shelf('capabilities/by-key', text)
