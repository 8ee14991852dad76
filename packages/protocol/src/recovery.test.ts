import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { makeCast, makeHolder, signPassport, write, type Written } from '../../../test/cast.ts'
import { judged } from '../../../test/holding.ts'
import { base64Url } from './bytes.ts'
import { type Signer, testSigner } from './key.ts'
import { limits } from './limits.ts'
import { passportAfter, passportNoun, type PassportRecord, passportRecovered } from './passport.ts'
import { actingSet, recoveryDigest, type RecoverySet, settledAfter } from './recovery.ts'
import { formatTime, type Instant, parseTime } from './time.ts'

const start = parseTime('2026-11-23T12:00:00Z')
const cast = await makeCast('recovery', start)
const country = cast.countries.EE.record
const homes = [cast.nodes.tallinn, cast.nodes.pune]
const holder = makeHolder('mari')
const genesis = await signPassport(holder, 'EE', cast.nodes.tallinn, start)
const salt = (n: number): string => base64Url(Uint8Array.from({ length: 16 }, (_, i) => (n >> (8 * (i % 4))) & 255))
const day = 86_400

/** A set of two keys out of three, told apart by a number. */
function setOf(n: number): { readonly set: RecoverySet; readonly signers: readonly Signer[] } {
  const signers = [0, 1, 2].map((i) => testSigner(`recovery/${n}/${i}`))
  return { set: { keys: signers.map(({ key }) => key), threshold: 2, salt: salt(n) }, signers: signers.slice(0, 2) }
}

test('recoveryDigest hides its set behind a salt, and fits a record beside the largest one', async () => {
  const { set } = setOf(1)
  expect(recoveryDigest(set)).toMatch(/^[A-Za-z0-9_-]{43}$/)
  expect(recoveryDigest({ ...set, salt: salt(2) })).not.toBe(recoveryDigest(set))
  const largest = { ...set, keys: Array.from({ length: 16 }, (_, i) => testSigner(`large/${i}`).key) }
  const record = passportRecovered(genesis, {
    at: formatTime(start),
    salt: salt(9),
    keys: Array.from({ length: 8 }, (_, i) => testSigner(`control/${i}`).key),
    next: Array.from({ length: 16 }, () => 'A'.repeat(43)),
    recovery: 'A'.repeat(43),
    opens: largest,
    undoes: genesis.id,
  })
  expect(JSON.stringify(record).length).toBeLessThan(limits.passportRecordBytes)
})

test('settledAfter is the later of both days, and nothing once they are over', () => {
  const until = (days: number): string => formatTime(start + days * day)
  const fallback = { record: 'A'.repeat(43), home: genesis.payload.home, until: until(14) }
  const outgoing = { recovery: 'A'.repeat(43), until: until(30) }
  expect(settledAfter({ fallback, outgoing }, start)).toBe(start + 30 * day)
  expect(settledAfter({ fallback }, start + 14 * day - 1)).toBe(start + 14 * day)
  expect(settledAfter({ fallback }, start + 14 * day)).toBeUndefined()
  expect(settledAfter({}, start)).toBeUndefined()
})

/** What may happen to a passport: who acts, what changes, and how long after the last time. */
const happening = fc.record({
  days: fc.constantFrom(0, 1, 13, 14, 29, 30, 31),
  by: fc.constantFrom('control', 'set'),
  home: fc.nat({ max: 1 }),
  rotates: fc.boolean(),
  renames: fc.boolean(),
  undoes: fc.boolean(),
})
type Happening = { days: number; by: string; home: number; rotates: boolean; renames: boolean; undoes: boolean }

test('admitPassport and recovery: whatever happens, one set may act, and it leads back to the last settled home', async () => {
  let recovered = 0
  let undone = 0
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { minLength: 1, maxLength: 8 }), async (life) => {
      const told = await live(life)
      recovered += told.recovered
      undone += told.undone
    }),
    { numRuns: 40, seed: 20_261_124 },
  )
  expect(recovered).toBeGreaterThan(20)
  expect(undone).toBeGreaterThan(3)
}, 120_000)

/** Lives through happenings beside a model that keeps the whole history and derives everything from it anew. */
async function live(life: readonly Happening[]): Promise<{ recovered: number; undone: number }> {
  let record: Written<PassportRecord> = genesis
  let control: Signer = holder.control
  let now = start
  let named: number | undefined
  let counted = { recovered: 0, undone: 0 }
  const history: { at: Instant; home: string; unsettles: boolean; set: number | undefined; recovers: boolean }[] = [
    { at: start, home: record.payload.home.node, unsettles: false, set: undefined, recovers: false },
  ]
  for (const [i, { days, by, home, rotates, renames, undoes }] of life.entries()) {
    now += days * day
    const at = formatTime(now)
    const acting = modelActing(history, now)
    expect(actingSet(record.payload, now)).toBe(acting === undefined ? null : recoveryDigest(setOf(acting).set))
    const fresh = testSigner(`control/${i}`)
    const there = homes[home] ?? cast.nodes.tallinn
    const to = { node: there.record.payload.name, key: there.identity.key }
    const moves = to.node !== record.payload.home.node
    if (by === 'set' && acting !== undefined) {
      const back = modelFallback(history, now)
      const { set, signers } = setOf(acting)
      const undo = undoes && back !== undefined ? record.payload.fallback?.record : undefined
      const proposed = passportRecovered(record, {
        at,
        salt: salt(1000 + i),
        keys: [fresh.key],
        recovery: recoveryDigest(setOf(i).set),
        opens: set,
        ...(undo && { undoes: undo }),
      })
      if (undo) expect(proposed.home.node).toBe(back)
      record = await admitted(record, await write(passportNoun, proposed, signers), now)
      history.push({ at: now, home: proposed.home.node, unsettles: false, set: i, recovers: true })
      control = fresh
      named = i
      counted = { recovered: counted.recovered + 1, undone: counted.undone + (undo ? 1 : 0) }
    } else {
      const settles = renames && !modelSetSettles(history, now) ? i : named
      const proposed = passportAfter(record, {
        at,
        salt: salt(1000 + i),
        home: to,
        ...(rotates && { keys: [fresh.key] }),
        recovery: settles === undefined ? null : recoveryDigest(setOf(settles).set),
      })
      const signers = [control, ...(moves ? [there.identity] : [])]
      record = await admitted(record, await write(passportNoun, proposed, signers), now)
      history.push({ at: now, home: to.node, unsettles: moves || rotates, set: settles, recovers: false })
      if (rotates) control = fresh
      named = settles
    }
    expect(record.payload.fallback?.home.node).toBe(modelFallback(history, now))
  }
  return counted
}

async function admitted(
  held: Written<PassportRecord>,
  proposed: Written<PassportRecord>,
  now: Instant,
): Promise<Written<PassportRecord>> {
  expect(await judged([country, held], proposed, now)).toBe('admitted')
  return proposed
}

type History = Parameters<typeof modelActing>[0]

/** The set named last whose naming is settled; the first ever, and the one a recovery follows, by the same days. */
function modelActing(
  history: readonly { at: Instant; set: number | undefined; recovers: boolean }[],
  now: Instant,
): number | undefined {
  let acting: number | undefined
  let pending: { set: number | undefined; at: Instant } | undefined
  for (const { at, set, recovers } of history) {
    if (pending && at >= pending.at + 30 * day) [acting, pending] = [pending.set, undefined]
    const named = pending ? pending.set : acting
    if (recovers) pending = { set, at }
    else if (set !== named) {
      if (acting === undefined && !pending) acting = set
      else pending = { set, at }
    }
  }
  return pending && now >= pending.at + 30 * day ? pending.set : acting
}

function modelSetSettles(history: History, now: Instant): boolean {
  const { set } = history.at(-1) ?? {}
  return modelActing(history, now) !== set
}

/** The home before the first of an unbroken row of changes, each within 14 days of the one before; nothing when all is settled. */
function modelFallback(
  history: readonly { at: Instant; home: string; unsettles: boolean; recovers: boolean }[],
  now: Instant,
): string | undefined {
  let back: string | undefined
  let last: Instant | undefined
  let home = history[0]?.home
  for (const one of history) {
    if (last !== undefined && one.at >= last + 14 * day) [back, last] = [undefined, undefined]
    if (one.recovers) [back, last] = [undefined, undefined]
    else if (one.unsettles) [back, last] = [back ?? home, one.at]
    home = one.home
  }
  return last !== undefined && now < last + 14 * day ? back : undefined
}
