import { ProtocolError } from '@dcann/protocol/errors'
import type { RequesterRecord } from '@dcann/protocol/requester'
import { formatTime } from '@dcann/protocol/time'
import { memoryStore } from '@dcann/store/memory'
import { describe, expect, test } from 'vitest'
import { openClock } from '../clock/clock.ts'
import { createFollowing, type Seen } from './requesters.ts'

const start = 1_790_000_000
const record = (epoch: number): RequesterRecord => ({ name: 'EE/requester/x', control: { epoch } }) as RequesterRecord

/** A registry that a test turns off, and a clock that it moves. */
async function opened() {
  const state = { seconds: 0, ahead: 0, up: true, epoch: 1, asked: 0, present: true }
  const clock = await openClock(memoryStore(), () => state.seconds * 1000)
  const resolve = async (): Promise<Seen> => {
    state.asked++
    if (!state.up) throw new ProtocolError('unreachable', 'down')
    return {
      record: state.present ? record(state.epoch) : undefined,
      at: formatTime(start + state.seconds + state.ahead),
    }
  }
  const following = createFollowing(resolve, clock, () => state.seconds * 1000)
  return { state, following, decide: () => following.decide('EE/requester/x', start + state.seconds) }
}

describe('decide', () => {
  test('asks once a minute, and sees what has changed by then', async () => {
    const { state, decide } = await opened()
    await decide()
    state.epoch = 2
    state.seconds = 60
    expect((await decide()).record.control.epoch).toBe(1)
    expect(state.asked).toBe(1)
    state.seconds = 61
    expect((await decide()).record.control.epoch).toBe(2)
    expect(state.asked).toBe(2)
  })

  test('goes on, saying unconfirmed, while the registry is silent, and fails closed at ten minutes', async () => {
    const { state, decide } = await opened()
    expect((await decide()).unconfirmed).toBe(false)
    state.up = false
    state.seconds = 61
    expect((await decide()).unconfirmed).toBe(true)
    state.seconds = 599
    expect((await decide()).unconfirmed).toBe(true)
    state.seconds = 600
    await expect(decide()).rejects.toMatchObject({ code: 'stale' })
    state.up = true
    expect((await decide()).unconfirmed).toBe(false)
  })

  test('keeps what was signed later, whatever a registry answers after it', async () => {
    const { state, decide } = await opened()
    state.epoch = 2
    state.ahead = 30
    expect((await decide()).record.control.epoch).toBe(2)
    state.epoch = 1
    state.ahead = -60
    state.seconds = 61
    expect((await decide()).record.control.epoch).toBe(2)
    state.ahead = 0
    state.seconds = 122
    expect((await decide()).record.control.epoch).toBe(1)
  })

  test('fails closed at ten minutes by its other clock too, where the wall clock is set back', async () => {
    const { state, following, decide } = await opened()
    await decide()
    state.up = false
    const behind = async () => await following.decide('EE/requester/x', start - 4_000)
    state.seconds = 599
    expect((await behind()).unconfirmed).toBe(true)
    state.seconds = 600
    await expect(behind()).rejects.toMatchObject({ code: 'stale' })
  })

  test('says unavailable for one that was never seen, and key-unknown for one that nobody has', async () => {
    const { state, decide } = await opened()
    state.up = false
    await expect(decide()).rejects.toMatchObject({ code: 'unavailable' })
    state.up = true
    state.present = false
    await expect(decide()).rejects.toMatchObject({ code: 'key-unknown' })
  })

  test('asks once however many wait for it', async () => {
    const { state, decide } = await opened()
    await Promise.all(Array.from({ length: 50 }, decide))
    expect(state.asked).toBe(1)
  })
})

test('refresh: keeps those in use fresh, so that no request waits, and lets the rest be', async () => {
  const { state, following, decide } = await opened()
  await decide()
  state.seconds = 20
  await following.refresh(start + 20)
  expect(state.asked).toBe(2)
  state.seconds = 75
  expect((await decide()).unconfirmed).toBe(false)
  expect(state.asked).toBe(2)
  state.seconds = 75 + 601
  await following.refresh(start + state.seconds)
  expect(state.asked).toBe(2)
})
