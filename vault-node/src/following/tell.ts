import { newsOf } from '@dcann/protocol/notice'
import type { RequesterRecord } from '@dcann/protocol/requester'
import { formatTime, type Instant } from '@dcann/protocol/time'
import { settle } from '@dcann/store/shelf'
import { MAX_RANGE, type Store, type Write } from '@dcann/store/store'
import { pairs, segmentOf, states } from '../agreements/shelf.ts'
import { appendEvidence } from '../evidence/append.ts'
import { passportHeads } from '../evidence/shelf.ts'
import type { Turns } from '../turns.ts'
import type { World } from '../world.ts'
import type { Seen } from './requesters.ts'
import { concerned, told, toldOf } from './shelf.ts'

export type TellDesk = { readonly store: Store; readonly world: World; readonly turns: Turns }

/**
 * Tells everybody with an agreement that can still be in force what became of the requester, in a line of their own chain,
 * once for each version of its record. Suspending waits for none of this: it is decided at each request.
 *
 * spec: notice#takeover
 */
export async function tellAbout(desk: TellDesk, { record, id }: Seen, now: Instant): Promise<void> {
  if (!record) return
  const place = told.at(segmentOf(record.name))
  const held = place.from(await desk.store.read([place.key]))
  // nobody here agreed with it, or everybody knows
  if (!held || held.value.seq >= record.seq) return
  const news = newsOf(held.value, record)
  if (news !== undefined)
    for await (const passport of passportsOf(desk.store, record.name))
      await tellOne(desk, passport, record, { id, news, now })
  await desk.store.commit({ writes: [place.put(toldOf(record), held.version)] })
}

type News = { readonly id: string | undefined; readonly news: 'takeover' | 'requester'; readonly now: Instant }

/** Steps from passport to passport, over however many agreements each has. */
async function* passportsOf(store: Store, requester: string): AsyncGenerator<string> {
  const segment = segmentOf(requester)
  for (let after: string | undefined; ;) {
    const [first] = await store.range(
      concerned.page([segment], { limit: 1, ...(after === undefined ? {} : { after }) }),
    )
    const passport = first && concerned.entry(first).id[1]
    if (passport === undefined) return
    yield passport
    // `~` is the last character that a key may hold
    after = concerned.at(segment, passport, '~').key
  }
}

/** One line for one holder, whatever the number of agreements; those that have ended are taken off the list. */
async function tellOne(desk: TellDesk, passport: string, record: RequesterRecord, { id, news, now }: News) {
  const { store, turns, world } = desk
  const segment = segmentOf(record.name)
  const headPlace = passportHeads.at(passport)
  await turns.take(`passport/${passport}`, () =>
    settle(async () => {
      const rows = (await store.range(concerned.page([segment, passport], { limit: MAX_RANGE / 4 }))).map((one) =>
        concerned.entry(one),
      )
      const agreements = rows.map(({ id: [, , agreement = ''] }) => agreement)
      const snapshot = await store.read([
        headPlace.key,
        ...agreements.flatMap((one) => [pairs.at(one).key, states.at(one).key]),
      ])
      const isLive = (agreement: string): boolean => {
        const acted = states.at(agreement).from(snapshot)?.value.acted
        const until = pairs.at(agreement).from(snapshot)?.value.allowance.until ?? 0
        return (acted === 'active' || acted === 'paused') && now < until
      }
      const live = rows.filter((_, i) => isLive(agreements[i] ?? ''))
      // who agreed since the change knows of it
      const untold = live.filter(({ value }) => Number(value) < record.seq)
      const writes: Write[] = [
        ...rows
          .filter((row) => !live.includes(row))
          .map(({ key, version }): Write => ({ key, delete: true, expect: version })),
        ...untold.map(({ id: at, version }) => concerned.at(...at).put(String(record.seq), version)),
      ]
      if (untold.length > 0) {
        const head = headPlace.from(snapshot)
        const evidence = appendEvidence(world, head?.value ?? { n: 0, leaf: null }, {
          agreement: null,
          passport,
          kind: 'requester',
          request: id ?? null,
          answer: null,
          outcome: news === 'takeover' ? 'takeover' : record.status,
          at: formatTime(now),
          of: passport,
          requester: record.name,
          about: [`agreements: ${untold.length}`],
          soon: news,
        })
        writes.push(headPlace.replace(head, evidence.head), ...evidence.writes)
      }
      if (writes.length > 0) await store.commit({ writes })
    }),
  )
}
