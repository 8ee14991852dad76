import { expect, test } from 'vitest'
import { testSigner } from './key.ts'
import { times } from './limits.ts'
import { type Statement, statementNoun, statementSchema } from './resolution.ts'
import { proveSigned, readSigned, signPayload } from './signed.ts'

const statement: Statement = {
  v: 1,
  zone: 'EE',
  name: 'EE/node/tallinn',
  record: 'A'.repeat(43),
  ttl: times.ttlDefault,
  at: '2026-11-23T12:00:00Z',
}

test('statementNoun: the log key of a zone says what stands under a name, or that nothing does', async () => {
  const log = testSigner('resolution/log')
  for (const record of [statement.record, null]) {
    const signed = await signPayload(statementNoun, { ...statement, record }, [log])
    const { payload } = await proveSigned(readSigned(statementNoun, signed), [log.key])
    expect(payload.record).toBe(record)
  }
})

test('statementSchema keeps to zones and bounds of time', () => {
  expect(statementSchema.safeParse(statement).success).toBe(true)
  const wrong: unknown[] = [
    { ...statement, zone: 'ee' },
    { ...statement, zone: 'Europe' },
    { ...statement, ttl: times.negativeTtlLeast - 1 },
    { ...statement, ttl: times.ttlMost + 1 },
    { ...statement, ttl: 60.5 },
    { ...statement, record: 'short' },
    { ...statement, at: 'today' },
  ]
  for (const one of wrong) expect(statementSchema.safeParse(one).success).toBe(false)
})
