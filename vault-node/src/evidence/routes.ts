import type { Door, DoorEnv } from '@dcann/http/door'
import { fromBase64Url } from '@dcann/protocol/bytes'
import { ProtocolError } from '@dcann/protocol/errors'
import { readFrontier } from '@dcann/protocol/log/merkle'
import { parseTilePath } from '@dcann/protocol/log/tile'
import { pairIn, type SignedPair } from '@dcann/protocol/pair'
import { evidenceCall, eventsCall } from '@dcann/protocol/vault-api'
import { standingOf } from '@dcann/protocol/agreement'
import type { Store } from '@dcann/store/store'
import type { Hono } from 'hono'
import { pairs, states, successors } from '../agreements/shelf.ts'
import type { Clock } from '../clock/clock.ts'
import type { Following } from '../following/requesters.ts'
import type { CallDesk } from '../calls.ts'
import { spendNonce } from '../calls.ts'
import { proveLine } from './prove.ts'
import { type ChainName, cosignedHead, lines, logHead, padded, tiles } from './shelf.ts'

export type EvidenceDesk = CallDesk & { readonly store: Store; readonly clock: Clock; readonly following: Following }

/** What the parties to an agreement may read of its chain, and what anybody may read of the node's log. */
export function evidenceRoutes(app: Hono<DoorEnv>, door: Door, desk: EvidenceDesk): void {
  app.post('/v1/agreements/events', async (c) => {
    const { body, from, claims, now } = await door.authenticated(c, eventsCall, desk.partyKeys(c.req.path))
    await spendNonce(desk, claims)
    const { pair, state } = await ofParty(desk, from, body.agreement)
    const after = body.after ?? 0
    const found = await desk.store.range({
      ...lines.page(['a', body.agreement], { limit: body.limit ?? 100 }),
      ...(after > 0 ? { after: lines.at('a', body.agreement, padded(after)).key } : {}),
    })
    const entries = found.map((one) => lines.entry(one).value).map(({ entry, salt }) => ({ entry, salt }))
    const standing = await standingNow(desk, pair, state, desk.clock.decide(now))
    const successor = state.acted === 'superseded' ? await successorOf(desk, body.agreement) : undefined
    return c.json({ agreement: body.agreement, entries, standing, ...(successor ? { successor } : {}) })
  })

  app.post('/v1/evidence', async (c) => {
    const { body, from, claims } = await door.authenticated(c, evidenceCall, desk.partyKeys(c.req.path))
    await spendNonce(desk, claims)
    const chain: ChainName = body.agreement === null ? ['p', from] : ['a', body.agreement]
    if (body.agreement !== null) await ofParty(desk, from, body.agreement)
    else if (from.includes('/'))
      throw new ProtocolError('not-found', "proving a line of evidence: a passport's own chain is its holder's")
    const { line, inclusion } = await proveLine(desk.store, chain, body.n)
    return c.json({ entry: line.entry, salt: line.salt, ...(inclusion ? { inclusion } : {}) })
  })

  app.get('/v1/log/checkpoint', async (c) => {
    const [newest, cosigned] = [logHead.at('head'), cosignedHead.at('head')]
    const snapshot = await desk.store.read([newest.key, cosigned.key])
    const head = newest.from(snapshot)
    if (!head) throw new ProtocolError('not-found', 'reading the log: it has no head yet')
    const { size } = readFrontier(fromBase64Url(head.value.frontier))
    const vouched = cosigned.from(snapshot)?.value
    return c.text(vouched?.size === size ? vouched.checkpoint : head.value.checkpoint)
  })

  app.get('/v1/log/tile/*', async (c) => {
    const path = c.req.path.slice('/v1/log/'.length)
    parseTilePath(path)
    const place = tiles.at(...path.split('/'))
    const tile = place.from(await desk.store.read([place.key]))
    if (!tile) throw new ProtocolError('not-found', 'reading the log: there is no such tile')
    return c.body(new Uint8Array(tile.value), 200, {
      'content-type': 'application/octet-stream',
      'cache-control': 'public, max-age=31536000, immutable',
    })
  })
}

/** The documents of what took an agreement's place: between the same two, so both may read them. */
async function successorOf({ store }: EvidenceDesk, agreement: string): Promise<SignedPair | undefined> {
  const next = successors.at(agreement)
  const id = next.from(await store.read([next.key]))?.value
  if (id === undefined) return undefined
  const place = pairs.at(id)
  const pair = place.from(await store.read([place.key]))?.value
  return pair && pairIn(pair)
}

/** The agreement, if the caller is one of its two parties. Throws `not-found`. */
async function ofParty({ store }: EvidenceDesk, from: string, agreement: string) {
  const pairPlace = pairs.at(agreement)
  const statePlace = states.at(agreement)
  const snapshot = await store.read([pairPlace.key, statePlace.key])
  const pair = pairPlace.from(snapshot)?.value
  const state = statePlace.from(snapshot)?.value
  if (!pair || !state || (pair.passport !== from && pair.allowance.requester !== from)) {
    throw new ProtocolError('not-found', 'reading an agreement: the caller is none of its parties')
  }
  return { pair, state }
}

/** Revocation, ends and duties are readable whatever the registry says; only suspension needs its word. */
export async function standingNow(
  { following }: Pick<EvidenceDesk, 'following'>,
  pair: Awaited<ReturnType<typeof ofParty>>['pair'],
  state: Awaited<ReturnType<typeof ofParty>>['state'],
  now: number,
): Promise<ReturnType<typeof standingOf>['standing']> {
  try {
    const { record, held } = await following.decide(pair.allowance.requester, now)
    return standingOf(pair.allowance, state.acted, record, now, held).standing
  } catch {
    // without its registry's word an agreement that is not ended is held, not live
    return state.acted === 'active' || state.acted === 'paused'
      ? now >= pair.allowance.until
        ? 'expired'
        : 'suspended'
      : state.acted
  }
}
