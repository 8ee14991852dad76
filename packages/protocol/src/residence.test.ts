import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { makeCast, makeHolder, signPassport, write, type Written } from '../../../test/cast.ts'
import { base64Url, sha256, utf8 } from './bytes.ts'
import { type Signer, testSigner } from './key.ts'
import { passportAfter, passportNoun, type PassportRecord, passportRecovered } from './passport.ts'
import { recoveryDigest, type RecoverySet } from './recovery.ts'
import { fateOf, mayHandleResume, recoveredAt, residenceOf, unvoidedKeys, upshotOf } from './residence.ts'
import { formatTime, type Instant, parseTime } from './time.ts'

const start = parseTime('2026-11-23T12:00:00Z')
const cast = await makeCast('residence', start)
const { tallinn, pune } = cast.nodes
const here = tallinn.record.payload.name
const holder = makeHolder('mari')
const genesis = await signPassport(holder, 'EE', tallinn, start)
const day = 86_400
const nonceOf = (label: string): string => base64Url(sha256(utf8(label)).subarray(0, 16))

test('mayHandleResume: at home, and of what was agreed after the newest recovery', () => {
  expect(mayHandleResume({ residence: 'home', recovered: null }, start)).toBe(true)
  expect(mayHandleResume({ residence: 'home', recovered: start }, start)).toBe(false)
  expect(mayHandleResume({ residence: 'home', recovered: start }, start + 1)).toBe(true)
  expect(mayHandleResume({ residence: 'away', recovered: null }, start)).toBe(false)
  expect(mayHandleResume({ residence: 'ended', recovered: null }, start)).toBe(false)
})

const step = fc.record({
  days: fc.constantFrom(0, 1, 5, 15),
  does: fc.constantFrom('rotate', 'move', 'recover', 'undo', 'nothing'),
})

/** An agreement of the model: made when, by which key, and what has become of it. */
type Agreed = { readonly from: Instant; readonly kid: string; fate: 'active' | 'paused' | 'revoked' }

/**
 * A model that keeps for each moment what stood then and throws it away when it is undone. Whatever happens: what keys of
 * undone records agreed is revoked, what was agreed meanwhile is not left active, what was agreed before is left alone, and
 * coming home leaves nothing active.
 */
test('upshotOf: an agreement is left active only by keys and moments that nobody took back', () => {
  const counted = { revoked: 0, paused: 0, active: 0 }
  fc.assert(
    fc.property(fc.array(step, { minLength: 2, maxLength: 9 }), (life) => {
      for (const { fate } of live(life)) counted[fate]++
    }),
    { numRuns: 400, seed: 20_261_124 },
  )
  expect(counted.revoked).toBeGreaterThan(50)
  expect(counted.paused).toBeGreaterThan(50)
  expect(counted.active).toBeGreaterThan(50)
})

type Link = Pick<Written<PassportRecord>, 'payload' | 'id'>

function live(life: readonly { days: number; does: string }[]): readonly Agreed[] {
  let set = setOf(0)
  const named = {
    ...passportAfter(genesis, { at: formatTime(start), salt: nonceOf('0'), recovery: recoveryDigest(set) }),
  }
  const chain: Link[] = [genesis, { payload: named, id: nonceId(0) }]
  const agreed: Agreed[] = []
  let now = start
  let key: Signer = holder.control
  for (const [i, { days, does }] of life.entries()) {
    now += days * day
    const held = chain.at(-1) ?? genesis
    const change = { at: formatTime(now), salt: nonceOf(`${i + 1}`) }
    const fresh = testSigner(`residence/${i}`)
    const back =
      held.payload.fallback && now < parseTime(held.payload.fallback.until) ? held.payload.fallback : undefined
    const recovers = does === 'recover' || (does === 'undo' && back !== undefined)
    const payload = recovers
      ? passportRecovered(held, {
          ...change,
          keys: [fresh.key],
          recovery: recoveryDigest(setOf(i + 1)),
          opens: set,
          ...(does === 'undo' && back ? { undoes: back.record } : {}),
        })
      : passportAfter(held, {
          ...change,
          ...(does === 'rotate' ? { keys: [fresh.key] } : {}),
          ...(does === 'move' ? { home: homeOf(held.payload.home.node === here ? pune : tallinn) } : {}),
        })
    if (recovers) set = setOf(i + 1)
    chain.push({ payload, id: nonceId(i + 1) })
    if (recovers || does === 'rotate') key = fresh
    const upshot = upshotOf(chain, here)
    const undone =
      payload.undoes === undefined ? [] : chain.slice(chain.findIndex(({ id }) => id === payload.undoes) + 1, -1)
    const before = chain.slice(0, chain.length - 1 - undone.length)
    const returns = held.payload.home.node !== here && payload.home.node === here
    for (const one of agreed.filter(({ fate }) => fate !== 'revoked')) {
      const fate = fateOf(upshot, { from: one.from, kids: [one.kid] })
      const stolen = undone.some((link) => holds(link, one.kid)) && !before.some((link) => holds(link, one.kid))
      const since = undone[0] !== undefined && one.from >= parseTime(undone[0].payload.at)
      expect(fate).toBe(stolen ? 'revoke' : returns || since ? 'pause' : 'stay')
      if (fate === 'revoke') one.fate = 'revoked'
      if (fate === 'pause') one.fate = 'paused'
    }
    if (residenceOf(payload, here) === 'home') agreed.push({ from: now, kid: key.kid, fate: 'active' })
    expect(recoveredAt(chain)).toBe(lastRecovery(chain))
    const kids = unvoidedKeys(chain)
    // the keys that act now are never voided, and of what was revoked no key is left
    expect(kids).toContain(key.kid)
    for (const one of agreed.filter(({ fate }) => fate === 'revoked')) expect(kids).not.toContain(one.kid)
  }
  return agreed
}

function lastRecovery(chain: readonly Link[]): Instant | null {
  return chain.reduce<Instant | null>((last, { payload }) => (payload.opens ? parseTime(payload.at) : last), null)
}

function holds({ payload }: Link, kid: string): boolean {
  return payload.keys.some((key) => kidOf.get(key) === kid)
}

const kidOf = new Map(
  [holder.control, ...Array.from({ length: 9 }, (_, i) => testSigner(`residence/${i}`))].map(({ key, kid }) => [
    key,
    kid,
  ]),
)

function homeOf({ record, identity }: typeof tallinn): PassportRecord['home'] {
  return { node: record.payload.name, key: identity.key }
}

function setOf(n: number): RecoverySet {
  return { keys: [testSigner(`residence/set/${n}`).key], threshold: 1, salt: nonceOf(`set/${n}`) }
}

/** An id of a record that nobody signed: told apart by its number. */
function nonceId(n: number): string {
  return `${nonceOf(`id/${n}`)}${nonceOf('id')}`.slice(0, 42).padEnd(43, 'A')
}

test('upshotOf refuses a chain that takes back to a record that is not in it', async () => {
  const set = setOf(1)
  const undoes = passportRecovered(genesis, {
    at: formatTime(start),
    salt: nonceOf('x'),
    keys: [testSigner('residence/x').key],
    recovery: null,
    opens: set,
    undoes: nonceId(7),
  })
  const taken = await write(passportNoun, undoes, [testSigner('residence/set/1')])
  expect(() => upshotOf([genesis, taken], here)).toThrow(expect.objectContaining({ code: 'chain-broken' }))
  expect(() => upshotOf([], here)).toThrow(expect.objectContaining({ code: 'chain-broken' }))
})
