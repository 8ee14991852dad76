import { ProtocolError, quote } from '@dcann/protocol/errors'
import type { Signed } from '@dcann/protocol/signed'
import { readInvite } from '@dcann/sdk/invite-link'
import type { Home } from '@dcann/sdk/resolved'
import type { Resolver } from '@dcann/sdk/resolver'
import type { Caller } from '@dcann/sdk/signed-call'
import type { VaultClient } from '@dcann/sdk/vault-client'
import { UsageError } from './failure.ts'

/** Where a requester's offer goes: the node, and how it is delivered there. */
export type Delivery = {
  readonly home: Home
  readonly propose: (vault: VaultClient, by: Caller, offer: Signed) => ReturnType<VaultClient['propose']>
}

/** By an address, or by an invite that a holder gave out. Throws `UsageError` for both or neither. */
export async function findDelivery(
  resolver: Resolver,
  { to, invite }: { readonly to?: string; readonly invite?: string },
): Promise<Delivery> {
  if ((to === undefined) === (invite === undefined)) throw new UsageError('expected either --to or --invite')
  if (invite !== undefined) {
    const given = readInvite(invite)
    return {
      home: await resolver.resolveHome(given.node),
      propose: async (vault, by, offer) => await vault.proposeByInvite(by, given.invite, offer),
    }
  }
  const found = await findAddressee(resolver, to ?? '')
  return { home: found.home, propose: async (vault, by, offer) => await vault.propose(by, found.to, offer) }
}

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
