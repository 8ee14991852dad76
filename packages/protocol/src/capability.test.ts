import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { codeOf } from '../../../test/code-of.ts'
import { type ActKind, actKinds, sideOf, stateAfter } from './act.ts'
import type { ActedState } from './agreement.ts'
import { type Capability, isInForce, judgeCapability } from './capability.ts'
import { testSigner } from './key.ts'
import { type Right, rights, rightsOn, rightsToAct, rightsToBind, rightsToStop, routes } from './right.ts'
import { actIdOf, isAbout, type Stop } from './stop.ts'
import { formatTime, parseTime } from './time.ts'

const now = parseTime('2026-11-23T12:00:00Z')
const [control, device] = [testSigner('control'), testSigner('device')]
const capability: Capability = {
  v: 1,
  passport: 'IN7K3F9X',
  key: device.key,
  right: 'narrow',
  until: formatTime(now + 100),
  at: formatTime(now),
  nonce: 'A'.repeat(22),
}
const held = { payload: capability, id: 'first', kids: [control.kid], ended: false }

test('judgeCapability: dated now, to end later, of a key that is nobody else', async () => {
  const judge = (change: Partial<Capability>, before?: typeof held, id = 'second'): Promise<string> =>
    codeOf(() => judgeCapability(before, { payload: { ...capability, ...change }, id }, [control.key], now))
  expect(await judge({})).toBe('admitted')
  expect(await judge({ key: control.key })).toBe('rule-broken')
  expect(await judge({ key: 'A'.repeat(43) })).toBe('key-inadmissible')
  expect(await judge({ at: formatTime(now + 301), until: formatTime(now + 999) })).toBe('time-invalid')
  expect(await judge({ until: formatTime(now) })).toBe('rule-broken')
  expect(await judge({ at: formatTime(now - 9), until: formatTime(now) })).toBe('expired')
  // the later one counts, so that a short one is not undone by sending a long one again
  expect(await judge({}, held)).toBe('record-stale')
  expect(await judge({ at: formatTime(now + 1) }, held)).toBe('admitted')
  expect(await judge({ at: formatTime(now + 1) }, { ...held, ended: true })).toBe('rule-broken')
  expect(await judge({}, { ...held, ended: true }, 'first')).toBe('admitted')
})

test('isInForce: half-open, until it is ended or its signer is no control key any more', () => {
  expect(isInForce(held, [control.key], [], now + 99)).toBe(true)
  expect(isInForce(held, [control.key], [], now + 100)).toBe(false)
  expect(isInForce({ ...held, ended: true }, [control.key], [control.kid], now)).toBe(false)
  expect(isInForce(held, [testSigner('another').key], [], now)).toBe(false)
  const given = (right: Right) => ({ ...held, payload: { ...held.payload, right } })
  for (const right of rights)
    expect(isInForce(given(right), [testSigner('another').key], [control.kid], now)).toBe(right === 'narrow')
})

test('routes: each right at each route, and none where there is no route', () => {
  const may = Object.fromEntries(rights.map((right) => [right, routesOf(right)]))
  expect(may).toEqual({
    narrow: ['/v1/asks/refuse', '/v1/grants/undo', '/v1/invites/withdraw', '/v1/proffers/withdraw', '/v1/refusals'],
    agree: [
      '/v1/asks',
      '/v1/asks/refuse',
      '/v1/grants/undo',
      '/v1/invites',
      '/v1/invites/list',
      '/v1/invites/withdraw',
      '/v1/proffers',
      '/v1/proffers/list',
      '/v1/proffers/withdraw',
      '/v1/refusals',
      '/v1/refusals/list',
    ],
    read: [
      '/v1/agreements',
      '/v1/agreements/events',
      '/v1/asks',
      '/v1/capabilities/list',
      '/v1/entries/list',
      '/v1/evidence',
      '/v1/invites/list',
      '/v1/notices',
      '/v1/notices/push/list',
      '/v1/proffers/list',
      '/v1/refusals/list',
      '/v1/strands/list',
      '/v1/trail',
    ],
    all: Object.keys(routes)
      .filter((path) => routes[path]?.by === 'holder' || routes[path]?.by === 'party')
      .toSorted(),
  })
  for (const path of ['/v1/none', 'constructor', '__proto__']) expect(rightsOn(path)).toEqual([])
})

function routesOf(right: (typeof rights)[number]): string[] {
  return Object.keys(routes)
    .filter((path) => rightsOn(path).includes(right))
    .toSorted()
}

test('rightsToAct: narrow lessens, all does what a holder does, and nobody does what a requester does', () => {
  const may = (right: (typeof rights)[number]): ActKind[] =>
    actKinds.filter((kind) => rightsToAct(kind).includes(right))
  expect(may('narrow')).toEqual(['pause', 'revoke', 'dispute', 'complaint', 'erasure-request'])
  expect(may('all')).toEqual(actKinds.filter((kind) => sideOf(kind) === 'holder'))
  expect([may('agree'), may('read')]).toEqual([[], []])
  expect([rightsToStop, rightsToBind]).toEqual([
    ['all', 'narrow'],
    ['all', 'agree'],
  ])
})

test('rightsToAct: whatever narrow does, in whatever order, nothing may be answered that could not be before', () => {
  const agreements = ['a', 'b', 'c', 'd'].map((agreement) => ({ agreement, requester: agreement < 'c' ? 'x' : 'y' }))
  const states = fc.array(fc.constantFrom<ActedState>('active', 'paused', 'revoked', 'retired', 'superseded'), {
    minLength: 4,
    maxLength: 4,
  })
  const narrow = actKinds.filter((kind) => rightsToAct(kind).includes('narrow'))
  const of = fc.constantFrom<Stop['of']>({ all: true }, { requester: 'x' }, { requester: 'y' }, { agreement: 'c' })
  const deeds = fc.array(
    fc.oneof(
      fc.record({ kind: fc.constantFrom(...narrow), at: fc.nat(3) }),
      fc.record({ kind: fc.constantFrom('pause' as const, 'revoke' as const), of }),
    ),
    { maxLength: 20 },
  )
  fc.assert(
    fc.property(states, deeds, (before, sequence) => {
      let standing = before
      for (const deed of sequence) {
        const next = standing.map((state, i) =>
          ('of' in deed ? isAbout(deed, agreements[i] ?? { agreement: '', requester: '' }) : deed.at === i)
            ? stateAfter(state, deed.kind)
            : state,
        )
        next.forEach((state, i) => expect(state === 'active' && standing[i] !== 'active').toBe(false))
        standing = next
      }
    }),
  )
})

test('actIdOf: another in each agreement, the same each time', () => {
  expect(actIdOf('stop', 'a')).toBe(actIdOf('stop', 'a'))
  expect(new Set([actIdOf('stop', 'a'), actIdOf('stop', 'b'), actIdOf('pots', 'a')]).size).toBe(3)
  expect(actIdOf('stop', 'a')).toMatch(/^[A-Za-z0-9_-]{43}$/)
})
