import { ProtocolError, quote } from '@dcann/protocol/errors'
import type { Home } from '@dcann/sdk/resolved'
import type { Resolver } from '@dcann/sdk/resolver'

/** Whom a requester means and where they live: by handle and node, or by identifier. Throws `not-active` when absent. */
export async function findAddressee(
  resolver: Resolver,
  text: string,
): Promise<{ readonly to: string; readonly home: Home }> {
  const located = await resolver.resolvePassport(text)
  if (located.home === undefined) {
    throw new ProtocolError('not-active', `finding ${quote(text)}: the passport is absent, or has ended`)
  }
  return { to: located.kind === 'handle' ? located.handle : located.identifier, home: located.home }
}
