import { ProtocolError } from '@dcann/protocol/errors'
import { describe, expect, test } from 'vitest'
import { createResolutionCache } from './resolution-cache.ts'

const error = new ProtocolError('unreachable', 'no answer')

describe('createResolutionCache', () => {
  test('keeps an answer until its time', () => {
    const cache = createResolutionCache<string>()
    cache.keep('a', 'x', 10, 0)
    expect(cache.get('a', 9)).toEqual({ is: 'value', value: 'x' })
    expect(cache.get('a', 10)).toEqual({ is: 'nothing' })
    expect(cache.last('a')).toBe('x')
    expect(cache.get('b', 0)).toEqual({ is: 'nothing' })
  })

  test('keeps a failure no longer than a registry said to wait, and at least a second', () => {
    const cache = createResolutionCache<string>()
    for (const [named, lasts] of [
      [1, 1],
      [0, 1],
      [600, 2],
    ] as const) {
      cache.fail('a', new ProtocolError('unreachable', 'not yet', { retry_after: named }), 100)
      expect([cache.get('a', 100 + lasts - 1).is, cache.get('a', 100 + lasts).is]).toEqual(['failure', 'nothing'])
    }
  })

  test('keeps a failure for 5 s, doubling to 5 min, until an answer comes', () => {
    const cache = createResolutionCache<string>()
    const lasted: number[] = []
    for (let now = 0; lasted.length < 8;) {
      cache.fail('a', error, now)
      let seconds = 0
      while (cache.get('a', now + seconds).is === 'failure') seconds++
      lasted.push(seconds)
      now += seconds
    }
    expect(lasted).toEqual([5, 10, 20, 40, 80, 160, 300, 300])
    cache.keep('a', 'x', 100_000, 50_000)
    cache.fail('a', error, 50_000)
    expect(cache.get('a', 50_004)).toEqual({ is: 'failure', error })
    expect(cache.get('a', 50_005)).toEqual({ is: 'value', value: 'x' })
  })

  test('neither waits out nor believes what a clock kept that was ahead and is set back', () => {
    const cache = createResolutionCache<string>()
    cache.fail('failed', error, 100_000)
    cache.keep('kept', 'x', 103_600, 100_000)
    expect([cache.get('failed', 100_000).is, cache.get('kept', 100_000).is]).toEqual(['failure', 'value'])
    expect([cache.get('failed', 1_000).is, cache.get('kept', 1_000).is]).toEqual(['nothing', 'nothing'])
    // a clock that is put right by minutes throws nothing away
    expect(cache.get('kept', 99_700).is).toBe('value')
  })

  test('forgets what was least used, beyond its size', () => {
    const cache = createResolutionCache<number>(2)
    cache.keep('a', 1, 10, 0)
    cache.keep('b', 2, 10, 0)
    cache.get('a', 0)
    cache.keep('c', 3, 10, 0)
    expect(['a', 'b', 'c'].map((name) => cache.get(name, 0).is)).toEqual(['value', 'nothing', 'value'])
  })
})
