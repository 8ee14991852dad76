import { expect, test } from 'vitest'
import { createLeaving } from './leaving.ts'

/** An answer on its way whose end the test decides. */
function departing() {
  const { promise: left, resolve: end } = Promise.withResolvers<'sent' | 'cut'>()
  let cuts = 0
  return {
    left,
    end,
    cut: () => {
      cuts++
      end('cut')
    },
    cuts: () => cuts,
  }
}

function opened() {
  const released: string[] = []
  let now = 0
  return {
    released,
    pass: (milliseconds: number) => void (now += milliseconds),
    leaving: createLeaving({ release: (id) => void released.push(id) }, () => now),
  }
}

test('clear: waits until what leaves under the agreement has left, and destroys it', async () => {
  const { leaving, released } = opened()
  const going = departing()
  leaving.announce('lease', 'agreement', 'requester').follow(going)
  expect(await leaving.clear('agreement')).toEqual(['lease'])
  expect(going.cuts()).toBe(1)
  expect(released).toEqual(['lease'])
  expect(leaving.size()).toBe(0)
})

test('clear: an answer that was decided but not sent finds itself cut, and clear waits for it', async () => {
  const { leaving } = opened()
  const announced = leaving.announce('lease', 'agreement', 'requester')
  let cleared = false
  const clearing = leaving.clear('agreement').then((cut) => {
    cleared = true
    return cut
  })
  await Promise.resolve()
  expect(announced.isCut()).toBe(true)
  expect(cleared).toBe(false)
  announced.withdraw()
  expect(await clearing).toEqual(['lease'])
})

test('clear: what was sent whole before is not called cut, and other agreements are left alone', async () => {
  const { leaving, released } = opened()
  const sent = departing()
  const other = departing()
  leaving.announce('sent', 'agreement', 'requester').follow(sent)
  leaving.announce('other', 'another', 'requester').follow(other)
  sent.end('sent')
  await sent.left
  expect(await leaving.clear('agreement')).toEqual([])
  expect(other.cuts()).toBe(0)
  expect(released).toEqual(['sent'])
  expect(leaving.size()).toBe(1)
})

test('unread: counts the answers that a requester lets wait, from when their bytes began to leave', async () => {
  const { leaving, pass } = opened()
  const [slow, decided, other] = [departing(), departing(), departing()]
  leaving.announce('slow', 'agreement', 'requester').follow(slow)
  const undecided = leaving.announce('decided', 'agreement', 'requester')
  leaving.announce('other', 'agreement', 'another').follow(other)
  expect(leaving.unread('requester', 100)).toBe(0)
  pass(101)
  expect(leaving.unread('requester', 100)).toBe(1)
  undecided.follow(decided)
  expect(leaving.unread('requester', 100)).toBe(1)
  pass(101)
  expect(leaving.unread('requester', 100)).toBe(2)
  slow.end('sent')
  await slow.left
  expect(leaving.unread('requester', 100)).toBe(1)
  expect(leaving.unread('nobody', 100)).toBe(0)
})
