import { describe, expect, test } from 'vitest'
import { daysOf, listOf, span, wordsOf } from './plain-words.ts'
import { cut, table, visible, wrap } from './wrap.ts'

describe('wrap', () => {
  test('breaks between words, under where the text of a table begins', () => {
    const [line = ''] = table([['Why', 'to see how often you ride']])
    expect(wrap(line, 20)).toEqual(['  Why  to see how', '       often you', '       ride'])
    expect(wrap('one two three', 7)).toEqual(['one two', 'three'])
  })

  test('leaves a long word whole, as one that is to be copied', () => {
    const word = 'x'.repeat(30)
    expect(wrap(`a ${word} b`, 10)).toEqual(['a', word, 'b'])
    expect(wrap(word, 10)).toEqual([word])
  })
})

describe('table and cut', () => {
  test('leave out what nothing is said of, and end with the page', () => {
    expect(
      table([
        ['A', 'x'],
        ['Bcd', undefined],
        ['B', 'y'],
      ]),
    ).toEqual(['  A    x', '  B    y'])
    expect(cut('abcdef', 4)).toBe('abc…')
    expect(cut('abcd', 4)).toBe('abcd')
  })
})

describe('plain words', () => {
  test('say spans, days, lists and vocabulary as people do', () => {
    expect([0, 1, 119, 120, 7_200, 172_800].map(span)).toEqual([
      '0 seconds',
      '1 second',
      '119 seconds',
      '2 minutes',
      '2 hours',
      '2 days',
    ])
    expect([daysOf('P1D'), daysOf('P90D')]).toEqual(['1 day', '90 days'])
    expect([listOf([]), listOf(['a']), listOf(['a', 'b', 'c'])]).toEqual(['', 'a', 'a, b and c'])
    expect(wordsOf('dpv:ServiceProvision')).toBe('service provision')
  })
})

describe('visible', () => {
  test('shows what would move the terminal or turn text around', () => {
    expect(visible('a\u001b[2Jb\u202ec\nd')).toBe('a\\u{1b}[2Jb\\u{202e}c\\u{a}d')
  })
})
