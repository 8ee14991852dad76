import { canonicalBytes } from '@dcann/protocol/canonical'
import { readEvidencePackage } from '@dcann/sdk/evidence-package'
import { hold, type Target, textIn, vectorsOf } from '../target.ts'

const input = (noun: string): unknown => vectorsOf(noun)[0]?.input
// `as`: vectors of this noun have this form
const { head, body } = input('request-signature') as { head: unknown; body: string }

const resolution = {
  v: 1,
  zone: 'EE',
  name: 'EE/node/tallinn',
  statement: input('statement'),
  records: [input('node')],
}

const made = {
  v: 1,
  request: { head, body: Buffer.from(body).toString('base64url') },
  offer: input('offer'),
  grant: input('agreement'),
  assertion: input('assertion'),
  chain: { root: [input('root')], resolutions: [resolution, resolution, resolution, resolution] },
  at: '2026-11-23T12:00:00Z',
}

/** An evidence package, which comes from whoever wants to prove something: what is taken is its own canonical form. */
export const evidence: Target = {
  name: 'evidence-package',
  form: 'json',
  seeds: [canonicalBytes(made)],
  run(bytes) {
    const read = readEvidencePackage(bytes)
    hold(
      Buffer.compare(canonicalBytes(read), Buffer.from(textIn(bytes))) === 0,
      'a package is not written as it was read',
    )
  },
}
