import { bindingNoun } from '@dcann/protocol/binding'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import type { PassportRecord } from '@dcann/protocol/passport'
import { fateOf, recoveredAt, residenceOf, unvoidedKeys, type Upshot, upshotOf } from '@dcann/protocol/residence'
import { readSigned, type Verified } from '@dcann/protocol/signed'
import { actIdOf } from '@dcann/protocol/stop'
import { formatTime, type Instant } from '@dcann/protocol/time'
import { settle } from '@dcann/store/shelf'
import type { Store, Write } from '@dcann/store/store'
import { clearOut } from '../agreements/clear-out.ts'
import { recordAct } from '../agreements/record-act.ts'
import { ofPassport, type Pair, pairs, states } from '../agreements/shelf.ts'
import { capabilities } from '../capabilities/shelf.ts'
import type { Clock } from '../clock/clock.ts'
import { appendEvidence } from '../evidence/append.ts'
import { passportHeads } from '../evidence/shelf.ts'
import type { Leaving } from '../requests/leaving.ts'
import type { Turns } from '../turns.ts'
import type { World } from '../world.ts'
import { type Due, passportPlace, type Standing, standings } from './shelf.ts'

export type TakeOverDesk = {
  readonly store: Store
  readonly world: World
  readonly clock: Clock
  readonly turns: Turns
  readonly leaving: Leaving
  readonly node: string
}

/**
 * Takes over what a passport's zone shows of it: each record that is new here leaves its line, and what follows from it
 * stands in the same commit, to be done before anything else is decided. A chain that says less than what is held changes
 * nothing, save that one which is `gone` is at home nowhere. Throws `chain-broken` for one that is of another past.
 *
 * spec: residence#records
 */
export async function takeOver(
  desk: TakeOverDesk,
  passport: string,
  chain: readonly Verified<PassportRecord>[],
  gone = false,
): Promise<void> {
  if (gone) return await settle(() => endBuried(desk.store, passport), 64)
  const now = desk.clock.bounded(Math.floor(desk.world.now()))
  await desk.turns.take(`passport/${passport}`, () => settle(() => writeRecords(desk, passport, chain, now), 64), true)
  await finishDue(desk, passport)
}

/** A passport that was buried while nobody here followed its zone: whatever ended it is erased, and nothing is answered of it. */
async function endBuried(store: Store, passport: string): Promise<void> {
  const place = standings.at(passport)
  const standing = place.from(await store.read([place.key]))
  if (!standing || standing.value.residence === 'ended') return
  await store.commit({ writes: [place.replace(standing, { ...standing.value, residence: 'ended' })] })
}

async function writeRecords(
  desk: TakeOverDesk,
  passport: string,
  chain: readonly Verified<PassportRecord>[],
  now: Instant,
): Promise<void> {
  const [place, standingPlace, headPlace] = [
    passportPlace(passport),
    standings.at(passport),
    passportHeads.at(passport),
  ]
  const snapshot = await desk.store.read([place.key, standingPlace.key, headPlace.key])
  const [hosted, standing, held] = [place.from(snapshot), standingPlace.from(snapshot), headPlace.from(snapshot)]
  const newest = chain.at(-1)
  if (!hosted || !standing || !newest || newest.payload.seq <= standing.value.seq) return
  if (chain[standing.value.seq - 1]?.id !== standing.value.record) {
    throw new ProtocolError(
      'chain-broken',
      `following ${quote(passport)}: its record ${standing.value.seq} is another than the one held here`,
      { seq: standing.value.seq },
    )
  }
  let head = held?.value ?? { n: 0, leaf: null }
  const lines: Write[] = []
  const due: Due[] = []
  for (let seq = standing.value.seq + 1; seq <= newest.payload.seq; seq++) {
    const upshot = upshotOf(chain.slice(0, seq), desk.node)
    const appended = appendEvidence(desk.world, head, {
      agreement: null,
      passport,
      kind: 'passport',
      request: upshot.record,
      answer: null,
      outcome: upshot.happened,
      at: formatTime(now),
      of: passport,
      about: [],
      soon: 'passport',
    })
    head = appended.head
    lines.push(...appended.writes)
    if (isFollowed(upshot)) due.push({ ...upshot, ...listed(upshot), signed: chain[seq - 1]?.signed ?? newest.signed })
  }
  const { payload, id, signed } = newest
  await desk.store.commit({
    writes: [
      place.replace(hosted, { id, record: payload, signed }),
      standingPlace.replace(standing, {
        ...standingAfter(chain, desk.node),
        due: [...standing.value.due, ...due],
      }),
      headPlace.replace(held, head),
      ...lines,
      ...desk.clock.remember(now),
    ],
  })
}

/** How a passport stands at a node by its chain, with nothing left to be done. */
export function standingAfter(chain: readonly Verified<PassportRecord>[], node: string): Standing {
  const newest = chain.at(-1)
  if (newest === undefined) throw new ProtocolError('chain-broken', 'following a passport: it has no record')
  return {
    record: newest.id,
    seq: newest.payload.seq,
    residence: residenceOf(newest.payload, node),
    former: [...unvoidedKeys(chain)],
    recovered: recoveredAt(chain),
    due: [],
  }
}

function isFollowed({ revokes, pauses }: Upshot): boolean {
  return revokes === 'all' || revokes.length > 0 || pauses !== null
}

function listed({ revokes }: Upshot): Pick<Due, 'revokes'> {
  return { revokes: revokes === 'all' ? 'all' : [...revokes] }
}

/**
 * Does what is still to be done of the records taken over, each agreement as an act would, and waits until nothing leaves any
 * more under it. Interrupted anywhere it is done again from the beginning, and nothing of it twice.
 */
export async function finishDue(desk: TakeOverDesk, passport: string): Promise<void> {
  const place = standings.at(passport)
  const read = async () => place.from(await desk.store.read([place.key]))
  if (!(await read())?.value.due.length) return
  await desk.turns.take(`due/${passport}`, () =>
    settle(async () => {
      const standing = await read()
      if (!standing?.value.due.length) return
      for (const due of standing.value.due) await carryOut(desk, passport, due)
      await desk.store.commit({ writes: [place.replace(standing, { ...standing.value, due: [] })] })
    }),
  )
}

/** Two keys are read of each agreement, and a snapshot holds 1,024. */
const pageOf = 256

async function carryOut(desk: TakeOverDesk, passport: string, due: Due): Promise<void> {
  const now = desk.clock.bounded(Math.floor(desk.world.now()))
  for (let after: string | undefined, more = true; more;) {
    const found = await desk.store.range(
      ofPassport.page([passport], { limit: pageOf, ...(after === undefined ? {} : { after }) }),
    )
    const ids = found.map((one) => ofPassport.entry(one).value)
    const snapshot = await desk.store.read(ids.flatMap((id) => [pairs.at(id).key, states.at(id).key]))
    const held: { id: string; pair: Pair }[] = []
    for (const id of ids) {
      const pair = pairs.at(id).from(snapshot)?.value
      const acted = states.at(id).from(snapshot)?.value.acted
      if (!pair || (acted !== 'active' && acted !== 'paused')) continue
      const fate = fateOf(due, { from: pair.allowance.from, kids: await kidsBehind(desk.store, pair) })
      if (fate === 'stay') continue
      // another id in each chain, so that two requesters find nothing that they share
      const act = { agreement: id, kind: kindOf[fate], id: actIdOf(due.record, id), signed: due.signed }
      await recordAct(desk, { ...act, by: [`by the passport record ${due.record}`] }, pair, now)
      held.push({ id, pair })
    }
    for (const { id, pair } of held) await clearOut(desk, id, pair, now)
    after = found.at(-1)?.key
    more = found.length === pageOf
  }
}

const kindOf = { revoke: 'revoke', pause: 'pause' } as const

/** Thumbprints of the keys behind an agreement's binding: those that signed it, and those that gave such a key its right. */
async function kidsBehind(store: Store, { passport, binding }: Pair): Promise<readonly string[]> {
  const { kids } = readSigned(bindingNoun, binding)
  const places = kids.map((kid) => capabilities.at(passport, kid))
  const snapshot = await store.read(places.map(({ key }) => key))
  return [...kids, ...places.flatMap((place) => place.from(snapshot)?.value.kids ?? [])]
}
