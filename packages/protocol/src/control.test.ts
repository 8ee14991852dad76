import { expect, test } from 'vitest'
import { type Control, controlSchema, controlStanding, pinOf } from './control.ts'
import { formatTime, parseTime } from './time.ts'

const now = parseTime('2026-11-23T12:00:00Z')
const control: Control = {
  parent: null,
  exception: 'natural-persons',
  evidence: null,
  as_of: formatTime(now),
  epoch: 3,
}
const parent = '5493001KJTIIGC8Y1R12'

test('controlStanding compares the pin, then the age, to the second', () => {
  const pin = pinOf(control)
  expect(pin).toEqual({ epoch: 3, parent: null })
  expect(controlStanding(pin, control, now)).toBe('current')
  expect(controlStanding({ ...pin, epoch: 2 }, control, now)).toBe('control-change')
  expect(controlStanding({ ...pin, epoch: 4 }, control, now)).toBe('control-change')
  expect(controlStanding({ ...pin, parent }, control, now)).toBe('control-change')
  const stale = now + 92 * 86_400
  expect(controlStanding(pin, control, stale)).toBe('current')
  expect(controlStanding(pin, control, stale + 1)).toBe('control-stale')
  expect(controlStanding({ ...pin, epoch: 2 }, control, stale + 1)).toBe('control-change')
})

test('controlSchema wants a parent or the reason why there is none', () => {
  expect(controlSchema.safeParse(control).success).toBe(true)
  expect(controlSchema.safeParse({ ...control, parent }).success).toBe(false)
  expect(controlSchema.safeParse({ ...control, exception: null }).success).toBe(false)
  expect(controlSchema.safeParse({ ...control, exception: null, parent }).success).toBe(true)
  expect(controlSchema.safeParse({ ...control, epoch: 0 }).success).toBe(false)
})
