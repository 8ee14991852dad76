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
  return { released, leaving: createLeaving({ release: (id) => void released.push(id) }) }
}

test('clear: waits until what leaves under the agreement has left, and destroys it', async () => {
  const { leaving, released } = opened()
  const going = departing()
  leaving.announce('lease', 'agreement').follow(going)
  expect(await leaving.clear('agreement')).toEqual(['lease'])
  expect(going.cuts()).toBe(1)
  expect(released).toEqual(['lease'])
  expect(leaving.size()).toBe(0)
})

test('clear: an answer that was decided but not sent finds itself cut, and clear waits for it', async () => {
  const { leaving } = opened()
  const announced = leaving.announce('lease', 'agreement')
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
  leaving.announce('sent', 'agreement').follow(sent)
  leaving.announce('other', 'another').follow(other)
  sent.end('sent')
  await sent.left
  expect(await leaving.clear('agreement')).toEqual([])
  expect(other.cuts()).toBe(0)
  expect(released).toEqual(['sent'])
  expect(leaving.size()).toBe(1)
})
