import { profferNoun } from '@dcann/protocol/proffer'
import { readSigned } from '@dcann/protocol/signed'
import { formatTime, parseTime } from '@dcann/protocol/time'
import { writeProfferLink } from '@dcann/sdk/proffer'
import { instantOf, type World } from '@dcann/sdk/world'
import type { Reader } from '@dcann/store/store'
import type { z } from 'zod'
import type { proffersAnswer, proffersQuery } from '../console/calls.ts'
import { type KeptProffer, proffers, proffersByTime } from './shelf.ts'

type Answer = z.infer<typeof proffersAnswer>

/** The proffers that were opened here, newest first. Nobody can list those that were not: a link is all that leads to one. */
export async function listProffers(
  store: Reader,
  world: Pick<World, 'now'>,
  { limit, after }: z.infer<typeof proffersQuery>,
): Promise<Answer> {
  const from = after === undefined ? {} : { after: proffersByTime.at(...after.split('.')).key }
  const page = await store.range(proffersByTime.page([], { limit, reverse: true, ...from }))
  const ids = page.map((entry) => proffersByTime.entry(entry).id)
  const places = ids.map(([, id = '']) => proffers.at(id))
  const snapshot = await store.read(places.map(({ key }) => key))
  const last = ids.at(-1)
  return {
    proffers: places.flatMap((place) => {
      const kept = place.from(snapshot)?.value
      return kept ? [describe(kept, instantOf(world))] : []
    }),
    ...(ids.length === limit && last ? { next: last.join('.') } : {}),
  }
}

function describe({ signed, node, opened, agreement }: KeptProffer, now: number): Answer['proffers'][number] {
  const { id: proffer, payload } = readSigned(profferNoun, signed)
  const { handle, terms, value, lasts, expires } = payload
  const state = parseTime(expires) <= now ? 'expired' : 'open'
  return {
    ...{ proffer, handle, node, terms, value, lasts, expires, signed },
    link: writeProfferLink({ node, proffer }),
    opened: formatTime(opened),
    ...(agreement === undefined ? { state } : { state: 'accepted', agreement }),
  }
}
