import { describe, expect, test } from 'vitest'
import { type Crowded, createFairQueue, type FairQueueOptions, type Share, type Turn } from './fair-queue.ts'

const wide: Share = { weight: 1, own: 0, running: 1_000, runningOfLane: 1_000, waiting: 1_000, waitingOfLane: 1_000 }

function queued(change: Partial<FairQueueOptions<'few' | 'many'>> = {}) {
  let now = 0
  const due: { readonly at: number; readonly act: () => void }[] = []
  const queue = createFairQueue<'few' | 'many'>({
    shares: { few: wide, many: wide },
    places: 1,
    patience: 1_000,
    hold: 250,
    monotonic: () => now,
    timer: (milliseconds, act) => void due.push({ at: now + milliseconds, act }),
    ...change,
  })
  const turns: Turn[] = []
  const begun: string[] = []
  const refused: [string, Crowded][] = []
  return {
    queue,
    begun,
    refused,
    enter: (lane: string, cost = 1, kind: 'few' | 'many' = 'many') =>
      queue.enter(
        kind,
        lane,
        cost,
        (turn) => {
          begun.push(lane)
          turns.push(turn)
        },
        (why) => refused.push([lane, why]),
      ),
    /** Ends the oldest turn that has not been ended here. */
    end: () => turns.shift()?.end(),
    pass: (milliseconds: number): void => {
      now += milliseconds
      for (const { act } of due.splice(0)) act()
    },
  }
}

function countOf(all: readonly string[], one: string): number {
  return all.filter((each) => each === one).length
}

describe('enter', () => {
  test('begins at once while there are places, then in order', () => {
    const { enter, end, begun, queue } = queued({ places: 2 })
    for (const lane of ['a', 'b', 'a', 'b']) enter(lane)
    expect([begun, queue.running('many'), queue.waiting('many'), queue.length()]).toEqual([['a', 'b'], 2, 2, 2])
    end()
    end()
    expect([begun, queue.length()]).toEqual([['a', 'b', 'a', 'b'], 0])
  })

  test('lets a lane that asks little wait for one, whatever another asks for', () => {
    const { enter, end, begun } = queued()
    for (let i = 0; i < 200; i++) enter('flood')
    for (let i = 0; i < 20; i++) {
      enter('polite')
      end()
      end()
    }
    expect(countOf(begun, 'polite')).toBe(20)
  })

  test('gives lanes that always wait the same, by cost and not by count', () => {
    const { enter, end, begun } = queued()
    for (let i = 0; i < 400; i++) {
      enter('large', 4)
      enter('small', 1)
    }
    for (let i = 0; i < 250; i++) end()
    expect(countOf(begun, 'large')).toBeGreaterThan(45)
    expect(countOf(begun, 'large')).toBeLessThan(55)
  })

  test('does not let a lane that comes late make up for what it never asked for', () => {
    const { enter, end, begun } = queued()
    for (let i = 0; i < 300; i++) enter('first')
    for (let i = 0; i < 100; i++) end()
    for (let i = 0; i < 100; i++) enter('second')
    const before = begun.length
    for (let i = 0; i < 100; i++) end()
    expect(countOf(begun.slice(before), 'second')).toBe(50)
  })

  test('divides what is done among kinds by weight, however many lanes one of them has', () => {
    const { enter, end, begun } = queued({ shares: { few: { ...wide, weight: 3 }, many: wide } })
    for (let i = 0; i < 300; i++) {
      enter('requester', 1, 'few')
      enter(`stranger ${i}`)
    }
    for (let i = 0; i < 200; i++) end()
    expect(countOf(begun, 'requester')).toBeGreaterThan(145)
    expect(countOf(begun, 'requester')).toBeLessThan(155)
  })

  test('keeps places that are a kind’s own, and lets no lane and no kind take more than theirs', () => {
    const { enter, begun } = queued({
      places: 4,
      shares: { few: { ...wide, own: 1 }, many: { ...wide, running: 3, runningOfLane: 2 } },
    })
    for (const lane of ['a', 'a', 'a', 'b', 'c']) enter(lane)
    expect(begun).toEqual(['a', 'a', 'b'])
    for (const lane of ['x', 'x', 'x']) enter(lane, 1, 'few')
    expect(begun.slice(3)).toEqual(['x', 'x'])
  })

  test('takes what has gone out of line, and calls nobody', () => {
    const { enter, end, begun, refused, queue } = queued()
    enter('a')
    const quit = enter('b')
    enter('c')
    quit()
    quit()
    end()
    expect([begun, refused, queue.length()]).toEqual([['a', 'c'], [], 0])
  })

  test('counts a turn that is ended twice once', () => {
    const { queue } = queued()
    let turn: Turn | undefined
    queue.enter(
      'many',
      'a',
      1,
      (given) => (turn = given),
      () => {},
    )
    turn?.end()
    turn?.end()
    expect(queue.running('many')).toBe(0)
  })
})

describe('refuses', () => {
  test('a lane that is full, and leaves others alone', () => {
    const { enter, refused, queue } = queued({ shares: { few: wide, many: { ...wide, waitingOfLane: 2 } } })
    for (let i = 0; i < 5; i++) enter('a')
    expect(refused).toEqual([
      ['a', 'lane-full'],
      ['a', 'lane-full'],
    ])
    expect([queue.refuses('many', 'a'), queue.refuses('many', 'b')]).toEqual(['lane-full', undefined])
  })

  test('the last of the longest lane when all of a kind are too many', () => {
    const { enter, end, begun, refused, queue } = queued({ shares: { few: wide, many: { ...wide, waiting: 3 } } })
    for (let i = 0; i < 4; i++) enter('long')
    expect([queue.refuses('many', 'long'), queue.refuses('many', 'short')]).toEqual(['kind-full', undefined])
    enter('short')
    expect(refused).toEqual([['long', 'kind-full']])
    for (let i = 0; i < 4; i++) end()
    expect(begun).toEqual(['long', 'short', 'long', 'long'])
  })

  test('whoever has waited too long, when it would have been their turn', () => {
    const { enter, end, pass, begun, refused } = queued()
    enter('a')
    enter('b')
    pass(1_001)
    enter('c')
    end()
    expect([begun, refused]).toEqual([['a', 'c'], [['b', 'late']]])
  })
})

describe('hold', () => {
  test('passes on the place of whoever works for long, while others wait', () => {
    const { enter, pass, begun, queue } = queued()
    enter('slow')
    enter('next')
    pass(249)
    expect(begun).toEqual(['slow'])
    pass(1)
    expect(begun).toEqual(['slow', 'next'])
    expect(queue.running('many')).toBe(1)
  })
})
