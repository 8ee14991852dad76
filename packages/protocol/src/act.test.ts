import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { makeCast } from '../../../test/cast.ts'
import { codeOf } from '../../../test/code-of.ts'
import { handleKey, makeGrant, makeOffer } from '../../../test/pair.ts'
import { type ActKind, actKinds, actSigners, sideOf, stateAfter } from './act.ts'
import { type ActedState, allowanceOf } from './agreement.ts'
import { testSigner } from './key.ts'
import { parseTime } from './time.ts'

const states: ActedState[] = ['active', 'paused', 'revoked', 'retired', 'superseded']
const ended: ActedState[] = ['revoked', 'retired', 'superseded']

test('stateAfter: every act in every state', async () => {
  const moves: Partial<Record<ActKind, ActedState>> = {
    pause: 'paused',
    resume: 'active',
    revoke: 'revoked',
    retire: 'retired',
  }
  for (const state of states) {
    for (const kind of actKinds) {
      if (kind === 'resume' && ended.includes(state)) {
        expect(await codeOf(() => stateAfter(state, kind))).toBe('not-active')
        continue
      }
      const expected = ended.includes(state) ? state : (moves[kind] ?? state)
      expect(stateAfter(state, kind)).toBe(expected)
    }
  }
})

test('stateAfter: an end absorbs whatever follows, in any order', () => {
  const kinds = fc.array(fc.constantFrom(...actKinds.filter((kind) => kind !== 'resume')), { maxLength: 12 })
  fc.assert(
    fc.property(fc.constantFrom(...ended), kinds, (end, acts) => {
      expect(acts.reduce<ActedState>(stateAfter, end)).toBe(end)
    }),
  )
})

test('stateAfter: a revoke stops whatever came before it, and twice is the same as once', () => {
  const kinds = fc.array(fc.constantFrom<ActKind>('pause', 'resume', 'receipt', 'dispute'), { maxLength: 12 })
  fc.assert(
    fc.property(kinds, (acts) => {
      const before = acts.reduce<ActedState>(stateAfter, 'active')
      expect(stateAfter(before, 'revoke')).toBe('revoked')
      expect(stateAfter(stateAfter(before, 'revoke'), 'revoke')).toBe('revoked')
      for (const kind of actKinds) {
        if (kind !== 'resume' || !ended.includes(stateAfter(before, kind)))
          expect(stateAfter(stateAfter(before, kind), kind)).toBe(stateAfter(before, kind))
      }
    }),
  )
})

test('actSigners: each act is for one side, and a requester never lessens for the holder', async () => {
  const now = parseTime('2026-11-23T12:00:00Z')
  const { insurer } = (await makeCast('act', now)).requesters
  const offer = await makeOffer(insurer, now)
  const allowance = allowanceOf({ offer, grant: await makeGrant(offer, insurer, now) })
  const [control, company] = [testSigner('control').key, testSigner('company').key]
  for (const kind of actKinds) {
    const signers = actSigners(kind, allowance, [control], [company])
    expect(signers).toEqual(sideOf(kind) === 'holder' ? [handleKey.key, control] : [company])
  }
  expect(actKinds.filter((kind) => sideOf(kind) === 'requester')).toEqual(['retire', 'receipt', 'deletion-attestation'])
})
