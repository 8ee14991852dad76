import { canonicalBytes } from '@dcann/protocol/canonical'
import type { Signed } from '@dcann/protocol/signed'
import type { World as SdkWorld } from '@dcann/sdk/world'

/** What somebody whose address others have named made of a call: all of its answer that counts. */
export type Posted = 'taken' | 'refused' | 'failed'

/** Says "not now", which is no refusal of what was sent. */
const later = [408, 425, 429]

/**
 * Posts a signed record to an address that others have named, through the guarded client. The answer's body is thrown away,
 * and nothing of why a call failed is kept, so that nobody learns through this node what answers where.
 *
 * spec: notice#delivery
 */
export async function postTo(fetch: SdkWorld['fetch'], url: string, signed: Signed): Promise<Posted> {
  try {
    const { ok, status } = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      // a copy over a buffer of its own, which is what the type of a body asks for
      body: Uint8Array.from(canonicalBytes(signed)),
      redirect: 'error',
    })
    if (ok) return 'taken'
    return status >= 400 && status < 500 && !later.includes(status) ? 'refused' : 'failed'
  } catch {
    return 'failed'
  }
}
