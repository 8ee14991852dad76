import { ProtocolError } from '@dcann/protocol/errors'
import { formatTime, type Instant, parseTime } from '@dcann/protocol/time'
import { settle } from '@dcann/store/shelf'
import type { Store, Write } from '@dcann/store/store'
import { waiting } from '../asks/shelf.ts'
import { notePassport } from '../evidence/note-happening.ts'
import { padded } from '../evidence/shelf.ts'
import type { Turns } from '../turns.ts'
import type { World } from '../world.ts'
import { conclude, type GrantDesk } from './grant.ts'
import { type Settling, settling, settlingDue } from './shelf.ts'

export type SettleDesk = { readonly store: Store; readonly world: World; readonly turns: Turns }

/** Which of what settles is meant: everything, all with one requester, or one; `until` leaves out what came later. */
export type SettlingOf = ({ readonly all: true } | { readonly requester: string } | { readonly agreement: string }) & {
  readonly until?: Instant
}

const most = 256

/**
 * Takes back grants that have not settled, without a trace to whoever asked: an ask that one answered waits again. Returns how
 * many there were.
 *
 * spec: agreement#settling
 */
export async function undoSettling(
  desk: SettleDesk,
  passport: string,
  of: SettlingOf,
  spent: readonly Write[],
  now: Instant,
): Promise<number> {
  return await desk.turns.take(
    `passport/${passport}`,
    async () => {
      const rows = (await listSettling(desk.store, passport)).filter((one) => isMeant(one, of))
      if (rows.length === 0 && spent.length > 0) await desk.store.commit({ writes: spent })
      for (const [i, row] of rows.entries())
        await end(desk, passport, row, now, { outcome: 'undone', writes: i === 0 ? spent : [] })
      return rows.length
    },
    true,
  )
}

/** What has not settled yet. */
export async function listSettling(
  store: Pick<Store, 'range'>,
  passport: string,
): Promise<readonly (Settling & { readonly agreement: string })[]> {
  const rows = await store.range(settling.page([passport], { limit: most }))
  return rows.map((one) => settling.entry(one)).map(({ id, value }) => ({ ...value, agreement: id[1] ?? '' }))
}

function isMeant({ agreement, requester, at }: Settling & { readonly agreement: string }, of: SettlingOf): boolean {
  if (of.until !== undefined && parseTime(at) > of.until) return false
  if ('all' in of) return true
  return 'requester' in of ? requester === of.requester : agreement === of.agreement
}

/**
 * Brings what has settled into force, judged anew as of now; what cannot any more has lapsed, and its holder is told. Returns
 * how many were looked at.
 *
 * spec: agreement#settling
 */
export async function concludeSettled(desk: GrantDesk, now: Instant): Promise<number> {
  const range = { from: 'agreements/settling-due', to: `agreements/settling-due/${padded(now + 1)}`, limit: most }
  const due = (await desk.store.range(range)).map((one) => settlingDue.entry(one))
  for (const { key, value: passport, id } of due) {
    const agreement = id[1] ?? ''
    const place = settling.at(passport, agreement)
    const held = place.from(await desk.store.read([place.key]))?.value
    if (!held) {
      // it was taken back, or concluded at once
      await desk.store.commit({ writes: [{ key, delete: true }] })
      continue
    }
    try {
      await conclude(desk, held.call, now, parseTime(held.at))
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      if (isPassing(error)) continue
      await desk.turns.take(`passport/${passport}`, () =>
        end(desk, passport, { ...held, agreement }, now, { outcome: 'lapsed', soon: 'settled', writes: [] }),
      )
    }
  }
  return due.length
}

/** The registry is silent: asked again in the next round. */
function isPassing({ code }: ProtocolError): boolean {
  return code === 'unavailable' || code === 'stale' || code === 'unreachable'
}

async function end(
  desk: SettleDesk,
  passport: string,
  row: Settling & { readonly agreement: string },
  now: Instant,
  { outcome, soon, writes }: { readonly outcome: string; readonly soon?: 'settled'; readonly writes: readonly Write[] },
): Promise<void> {
  const place = settling.at(passport, row.agreement)
  await settle(async () => {
    const held = place.from(await desk.store.read([place.key]))
    if (!held) {
      if (writes.length > 0) await desk.store.commit({ writes })
      return
    }
    const ask = 'ask' in row.call ? row.call.ask : undefined
    await notePassport(
      desk,
      {
        kind: 'ask',
        request: row.agreement,
        answer: null,
        outcome,
        at: formatTime(now),
        of: passport,
        requester: row.requester,
        soon,
      },
      [
        place.delete(held.version),
        settlingDue.at(padded(parseTime(row.settles)), row.agreement).delete(),
        ...(ask === undefined ? [] : [waiting.at(passport, ask).put(ask)]),
        ...writes,
      ],
    )
  }, 64)
}
