import { ProtocolError } from '@dcann/protocol/errors'
import type { Query } from '@dcann/protocol/request'
import type { Snapshot, Store } from '@dcann/store/store'
import { between, byHandle, type Pair, pairs, segmentOf, type State, states } from '../agreements/shelf.ts'
import { passportPlace } from '../passports/shelf.ts'

/** What a query is about, as far as this node knows it. */
export type Found = {
  /** The passport it is addressed to, if it is hosted here: its holder sees that somebody asked. */
  readonly passport: string | undefined
  readonly agreement: { readonly id: string; readonly pair: Pair } | undefined
}

const pairsKnown = new WeakMap<Store, Map<string, Pair>>()
const pairsMost = 20_000

/** Pairs never change, so a decision may keep them; what may change, the state, is read anew each time. */
function pairOf(store: Store, id: string, snapshot: Snapshot): Pair | undefined {
  let known = pairsKnown.get(store)
  if (!known) pairsKnown.set(store, (known = new Map()))
  const cached = known.get(id)
  if (cached) return cached
  const pair = pairs.at(id).from(snapshot)?.value
  if (pair) {
    if (known.size >= pairsMost) known.delete(known.keys().next().value ?? '')
    known.set(id, pair)
  }
  return pair
}

/**
 * Finds the agreement that a query names, or the newest between its two parties. One that is not the caller's, or not
 * with this addressee, is none.
 */
export async function findAgreement(store: Store, query: Pick<Query, 'agreement' | 'to' | 'from'>): Promise<Found> {
  const isHandle = query.to.length === 26
  const addressed = isHandle ? byHandle.at(query.to) : between.at(query.to, segmentOf(query.from))
  const home = passportPlace(isHandle ? 'nobody' : query.to)
  const first = await store.read([addressed.key, home.key])
  const newest = addressed.from(first)?.value
  const id = query.agreement ?? newest
  const keys = [...new Set([id, newest])].flatMap((one) => (one === undefined ? [] : [pairs.at(one).key]))
  const second = await store.read(keys)
  const pair = id === undefined ? undefined : pairOf(store, id, second)
  const byAddress = newest === undefined ? undefined : pairOf(store, newest, second)
  const passport = isHandle ? byAddress?.passport : first.get(home.key) ? query.to : undefined
  const isTheirs =
    pair !== undefined &&
    pair.allowance.requester === query.from &&
    (isHandle ? pair.allowance.handle === query.to : pair.passport === query.to)
  return {
    passport: passport ?? (isTheirs ? pair.passport : undefined),
    agreement: isTheirs && id !== undefined ? { id, pair } : undefined,
  }
}

/** The state of an agreement with the version it was read at. Throws `not-found` for one without. */
export function stateIn(snapshot: Snapshot, agreement: string): { readonly value: State; readonly version: number } {
  const state = states.at(agreement).from(snapshot)
  if (!state) throw new ProtocolError('not-found', 'reading an agreement: there is none')
  return state
}
