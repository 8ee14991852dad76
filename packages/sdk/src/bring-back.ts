import { canonicalText } from '@dcann/protocol/canonical'
import type { RequesterRecord } from '@dcann/protocol/requester'
import type { Signed } from '@dcann/protocol/signed'
import type { World } from './world.ts'

/** The second document of an agreement, and where the vault is: what a wallet brings back. */
export type Brought = { readonly grant: Signed; readonly handle: string; readonly node: string }

/** Whether it arrived; `kept` when the link leads somewhere else than the requester's own record does. */
export type BroughtBack = 'brought' | 'kept' | 'undelivered'

const deadlineMilliseconds = 10_000

/**
 * Brings an agreement back to whoever asked for it by link. A link is believed in nothing, so it goes only to where the
 * requester's record says that it lives: else a forged one would tell a stranger the handle.
 *
 * spec: first-contact#link
 */
export async function bringBack(
  url: string,
  brought: Brought,
  { offers, inbox }: Pick<RequesterRecord, 'offers' | 'inbox'>,
  { fetch }: Pick<World, 'fetch'>,
): Promise<BroughtBack> {
  if (![offers, inbox].some((own) => new URL(own).origin === new URL(url).origin)) return 'kept'
  try {
    const { ok, body } = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: canonicalText(brought),
      redirect: 'error',
      signal: AbortSignal.timeout(deadlineMilliseconds),
    })
    // what it says besides is not read, and nobody stays for it
    await body?.getReader().cancel()
    return ok ? 'brought' : 'undelivered'
  } catch {
    return 'undelivered'
  }
}
