import { canonicalBytes } from '@dcann/protocol/canonical'
import { ProtocolError } from '@dcann/protocol/errors'
import type { Signer } from '@dcann/protocol/key'
import type { SignedHead } from '@dcann/protocol/request-signature'
import { parseSchema } from '@dcann/protocol/signed'
import type { z } from 'zod'
import { exchange } from './exchange.ts'
import { freshNonce, instantOf, type World } from './world.ts'

export type CallWorld = Pick<World, 'fetch' | 'now' | 'random'>

/** Who calls: a requester by name or a holder by identifier, and a key that stands under it. */
export type Caller = { readonly from: string; readonly signer: Signer }

/** A call that was answered: the very bytes and the head that were sent, as evidence wants them. */
export type Called<A> = { readonly answer: A; readonly body: Uint8Array; readonly head: SignedHead }

/** How often a call leaves when no answer comes to it. */
const attempts = 3

/**
 * Makes an authenticated call: the body gets a fresh `id` and `from`, is written canonically and signed by the one profile.
 * When no answer comes it leaves again with the same `id` and a new nonce, so that whatever reached the node the first time
 * is done once.
 *
 * Throws `schema-mismatch` for a call out of form, before it leaves; else as `exchange` does.
 *
 * spec: request#calls
 */
export async function callSigned<A>(
  world: CallWorld,
  url: string,
  { from, signer }: Caller,
  call: z.ZodType,
  members: Readonly<Record<string, unknown>>,
  answer: z.ZodType<A>,
): Promise<Called<A>> {
  // a fifteenth of what a new person's browser would load before the first page, who makes no such call yet
  const { headersOf, signHead } = await import('@dcann/protocol/request-signature')
  const id = freshNonce(world)
  const body = canonicalBytes(parseSchema(call, { ...members, id, from }, 'making a call'))
  for (let attempt = 1; ; attempt++) {
    const head = await signHead(signer, url, body, instantOf(world), freshNonce(world))
    try {
      return { answer: await exchange(world, { url, answer, body, headers: headersOf(head) }), body, head }
    } catch (error) {
      if (!(error instanceof ProtocolError) || error.code !== 'unreachable' || attempt === attempts) throw error
    }
  }
}

/** Posts records that sign for themselves; sent again as they are when no answer comes, which changes nothing twice. */
export async function postRecord<C, A>(
  world: CallWorld,
  url: string,
  call: z.ZodType<C>,
  members: C,
  answer: z.ZodType<A>,
): Promise<A> {
  const body = canonicalBytes(parseSchema(call, members, 'making a call'))
  const headers = { 'content-type': 'application/json' }
  for (let attempt = 1; ; attempt++) {
    try {
      return await exchange(world, { url, answer, body, headers })
    } catch (error) {
      if (!(error instanceof ProtocolError) || error.code !== 'unreachable' || attempt === attempts) throw error
    }
  }
}
