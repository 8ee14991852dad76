import { expect, test } from 'vitest'
import { errorCodes } from './errors.ts'
import { type Refusal, refusalSchema } from './refusal.ts'

const refusal: Refusal = {
  v: 1,
  node: 'EE/node/tallinn',
  aud: 'EE/requester/insurer',
  request: 'A'.repeat(43),
  agreement: null,
  n: null,
  code: 'over-asking',
  at: '2026-11-23T12:00:00Z',
}

test('refusalSchema has every code and no words', () => {
  for (const code of errorCodes) expect(refusalSchema.safeParse({ ...refusal, code }).success).toBe(true)
  for (const wrong of [
    { ...refusal, code: 'because' },
    { ...refusal, detail: 'she said no' },
    { ...refusal, n: 0 },
  ])
    expect(refusalSchema.safeParse(wrong).success).toBe(false)
})
