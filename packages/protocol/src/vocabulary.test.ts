import { expect, test } from 'vitest'
import { categorySchema, isSpecialCategory, processingSchema, purposeSchema } from './vocabulary.ts'

test('purposeSchema, categorySchema and processingSchema admit words of their own list alone', () => {
  const words: [typeof purposeSchema, string][] = [
    [purposeSchema, 'dpv:ServiceProvision'],
    [categorySchema, 'pd:Age'],
    [processingSchema, 'dpv:Use'],
  ]
  for (const [schema, word] of words) {
    for (const [other, given] of words) expect(schema.safeParse(given).success).toBe(schema === other && word === given)
    for (const wrong of [
      word.toLowerCase(),
      word.slice(4),
      `${word} `,
      'dpv:',
      'pd:',
      'dpv:toString',
      'pd:constructor',
      '',
    ])
      expect(schema.safeParse(wrong).success).toBe(false)
  }
})

test('isSpecialCategory is what the vocabulary says', () => {
  expect(isSpecialCategory('pd:Health')).toBe(true)
  expect(isSpecialCategory('pd:TravelHistory')).toBe(false)
})
