import { expect, test } from 'vitest'
import { isMomentOf, isWithinPattern, type Moment, type MomentPattern } from './moment.ts'

const drivers = ['intent', 'sharing', 'experience'] as const
const channels = ['online', 'offline'] as const
const moments: Moment[] = drivers.flatMap((driver) => channels.map((channel) => ({ driver, channel })))
const patterns: MomentPattern[] = [
  {},
  ...drivers.map((driver) => ({ driver })),
  ...channels.map((channel) => ({ channel })),
  ...moments,
]

test('isWithinPattern says of two patterns what isMomentOf says of every moment', () => {
  for (const narrow of patterns) {
    for (const wide of patterns) {
      const inside = moments.every((moment) => !isMomentOf(narrow, moment) || isMomentOf(wide, moment))
      expect(isWithinPattern(narrow, wide)).toBe(inside)
    }
  }
})

test('isMomentOf: what has no moment is of no pattern', () => {
  for (const pattern of patterns) expect(isMomentOf(pattern, undefined)).toBe(false)
})
