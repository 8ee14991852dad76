import { expect, test } from 'vitest'
import { plain, quoted } from './outside-text.ts'

test('plain: text that turns round, hides or breaks its line is shown as one visible line', () => {
  expect(plain('pay\u202Eevil')).toBe('pay·evil')
  expect(plain('a\u200Bb\u2066c\u00ADd')).toBe('a·b·c·d')
  expect(plain('one\ntwo\u2028three\u0000')).toBe('one·two·three·')
  expect(plain(`z${'\u0301'.repeat(40)}`).length).toBeLessThanOrEqual(5)
  expect(plain('\ud800')).toBe('\ufffd')
})

test('plain: leaves writing of every script alone', () => {
  for (const text of ['Hea Ühing', 'किरण बीमा', 'שלום', '保険', 'Ærø & Søn <b>'] as const)
    expect(plain(text)).toBe(text.normalize('NFC'))
})

test('plain: is never longer than asked', () => {
  expect(plain('x'.repeat(1000), 40)).toBe(`${'x'.repeat(40)}…`)
})

test('quoted: keeps the direction of what is inside to itself', () => {
  expect(quoted('אבג')).toBe('\u2068אבג\u2069')
})
