import { canonicalBytes } from '@dcann/protocol/canonical'
import { type Cast, makeHolder, signPassport } from '../cast.ts'
import { postOf, type Wire } from './load.ts'

/** A passport about to be born: its identifier, and the call that admits it. */
export type Birth = { readonly identifier: string; readonly body: Uint8Array; readonly wire: Wire }

/** Signatures on a birth: its holder's and its home's. */
export const birthSignatures = 2

/** Births in IN, at home in EE. The same label and number make the same passport. */
export async function makeBirths(cast: Cast, label: string, count: number): Promise<Birth[]> {
  const now = Math.floor(Date.now() / 1000)
  const births: Birth[] = []
  for (let i = 0; i < count; i++) {
    const { signed, payload } = await signPassport(makeHolder(`${label}/${i}`), 'IN', cast.nodes.tallinn, now)
    const body = canonicalBytes(signed)
    births.push({ identifier: payload.name, body, wire: postOf('/v1/records', body) })
  }
  return births
}
