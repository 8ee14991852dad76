import { expect, test } from 'vitest'
import { limits, times } from './limits.ts'

test('limits leave room for what they wrap', () => {
  const encoded = (bytes: number): number => Math.ceil((bytes * 4) / 3)
  expect(limits.bodyBytes).toBeGreaterThan(2 * encoded(limits.payloadBytes))
  expect(limits.answerWireBytes).toBeGreaterThan(encoded(limits.assertionBytes))
  expect(limits.passportRecordBytes).toBeLessThan(limits.zoneRecordBytes)
  expect(limits.entryBytes).toBeLessThan(limits.payloadBytes)
})

test('times stand in order', () => {
  expect(times.signatureSkew).toBeLessThan(times.signatureLife)
  expect(times.fresh).toBeLessThan(times.stale)
  expect(times.negativeTtlLeast).toBeLessThan(times.negativeTtlMost)
  expect(times.ttlLeast).toBeLessThan(times.ttlDefault)
  expect(times.ttlDefault).toBeLessThan(times.ttlMost)
  expect(times.failureLeast).toBeLessThan(times.failureMost)
  expect(times.slowLeaseMilliseconds).toBeLessThan(times.lease * 1000)
})
