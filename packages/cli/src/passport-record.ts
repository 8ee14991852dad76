import { ProtocolError, quote } from '@dcann/protocol/errors'
import type { Identifier } from '@dcann/protocol/identifier'
import type { PassportRecord } from '@dcann/protocol/passport'
import type { Signed, Verified } from '@dcann/protocol/signed'
import { askRegistries } from '@dcann/sdk/ask-registries'
import { createRegistryClient } from '@dcann/sdk/registry-client'
import type { Resolver } from '@dcann/sdk/resolver'
import type { VaultClient } from '@dcann/sdk/vault-client'
import type { World } from '@dcann/sdk/world'

/** The passport's newest record, past any cache: what is signed next names it. Throws `not-active` for none and for an ended one. */
export async function newestRecord(resolver: Resolver, passport: Identifier): Promise<Verified<PassportRecord>> {
  const { record } = await resolver.resolveName(passport, { kind: 'passport', fresh: true })
  if (record === undefined || record.payload.status === 'ended') {
    throw new ProtocolError(
      'not-active',
      `changing ${quote(passport)}: it is ${record === undefined ? 'absent' : 'ended, which is for good'}`,
    )
  }
  return record
}

/** Has a passport's record admitted by its zone. Throws what the rule of admission says. */
export async function admitRecord(
  { resolver, world }: { readonly resolver: Resolver; readonly world: World },
  passport: Identifier,
  record: Signed,
): Promise<{ readonly id: string; readonly seq: number }> {
  const { record: country } = await resolver.resolveName(`country/${passport.slice(0, 2)}`, { kind: 'country' })
  const { found } = await askRegistries(
    country?.payload.urls ?? [],
    'changing your passport',
    async (url) => await createRegistryClient(world, url).submit(record),
  )
  return { id: found.id, seq: found.seq }
}

/** Milliseconds between two looks, and how many: a zone shows a record once others have vouched for its head. */
const between = 500
const looks = 40

/** Has the vault go by the record. Returns whether it does; if not it will by itself, within half a minute. */
export async function followRecord(vault: VaultClient, record: Signed, seq: number): Promise<boolean> {
  for (let look = 0; look < looks; look++) {
    try {
      if ((await vault.follow(record)).seq >= seq) return true
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      if (!['unavailable', 'unreachable', 'rate-limited', 'stale'].includes(error.code)) return false
    }
    await new Promise((resolve) => setTimeout(resolve, between))
  }
  return false
}

/** What to say when the vault does not go by it yet. */
export const followsLater = 'The vault does not go by it yet; it looks by itself within half a minute.'
