import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fieldIn, isHost, isNormalTarget } from './raw-head.ts'

describe('isNormalTarget', () => {
  test.each([
    '/',
    '/v1/requests',
    '/v1/zones/EE/tile/0/x001/x234/067.p/8',
    '/v1/x/9k3v@EE/',
    '/a?b=c&d=%20%7B',
    '/a?b=EE/node/x',
    '/.well-known/x',
    '/a..b/...',
  ])('admits %s, which is its own URL', (target) => {
    expect(isNormalTarget(target)).toBe(true)
    const { pathname, search } = new URL(target, 'http://h')
    expect(pathname + search === target).toBe(true)
  })

  test.each(['', '*', 'a', '//', '/a//b', '/..', '/a/..', '/a/../b', '/./a', '/%41', '/a;b', '/a b', '/a\\b', '/a#b'])(
    'refuses %s',
    (target) => expect(isNormalTarget(target)).toBe(false),
  )

  test.each([
    '/a?',
    '/a?%',
    '/a?%4',
    '/a?%zz',
    '/a?%0a',
    '/a?%1F',
    '/a?%aF',
    '/a?#',
    "/a?'",
    '/a?"',
    '/a?<',
    '/a?\\',
    '/a?é',
  ])('refuses the query of %s', (target) => expect(isNormalTarget(target)).toBe(false))

  test('admits only what a URL parser leaves as it is', () => {
    const piece = fc.constantFrom(
      ...'/.?#%\\;:@&=+,~_-aZ09 "\'<>[]{}|^`é'.split(''),
      '..',
      '//',
      '%2e',
      '%2F',
      '%zz',
      '\t',
      '\0',
    )
    let admitted = 0
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const target = `/${pieces.join('')}`
        if (!isNormalTarget(target)) return
        admitted++
        const { origin, pathname, search } = new URL(target, 'http://h')
        expect(origin + pathname + search).toBe(`http://h${target}`)
      }),
      { numRuns: 5_000, seed: 1 },
    )
    expect(admitted).toBeGreaterThan(200)
  })

  test('takes time in proportion to the length', () => {
    const start = performance.now()
    expect(isNormalTarget(`/${'a/'.repeat(8000)};`)).toBe(false)
    expect(isNormalTarget(`/${'a'.repeat(16_000)};`)).toBe(false)
    expect(performance.now() - start).toBeLessThan(100)
  })
})

describe('isHost', () => {
  test.each(['a', 'a.example', 'A.example:80', '127.0.0.1:4001', '[::1]:80', '[::1]'])('admits %s', (host) =>
    expect(isHost(host)).toBe(true),
  )
  test.each([undefined, '', ':80', 'a:', 'a:b', 'a:123456', 'a/b', 'u@a', 'a b', '[::1', 'a,b', 'é', 'a'.repeat(256)])(
    'refuses %s',
    (host) => expect(isHost(host)).toBe(false),
  )
})

describe('fieldIn', () => {
  test('finds a field in whatever case it came', () => {
    expect(fieldIn(['X-A', '1', 'hOsT', '2'], 'host')).toBe('2')
    expect(fieldIn(['X-A', 'host'], 'host')).toBeUndefined()
  })
})
