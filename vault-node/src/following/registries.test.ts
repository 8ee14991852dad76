import { ProtocolError } from '@dcann/protocol/errors'
import type { Resolver } from '@dcann/sdk/resolver'
import { expect, test } from 'vitest'
import { makeCast } from '../../../test/cast.ts'
import { requestersBy } from './registries.ts'

const start = 1_790_000_000
const cast = await makeCast('registries', start)
const { insurer } = cast.requesters

/** A resolver that remembers something of the country from before it stood, and says what stands when it is asked anew. */
function remembering(remembered: () => unknown): Resolver {
  const country = cast.countries.EE.record
  const resolveName = async (name: string, { fresh = false } = {}): Promise<unknown> => {
    if (!name.startsWith('country/')) return { record: insurer.record, at: start }
    return fresh
      ? { record: { ...country, payload: { ...country.payload, hold: [insurer.record.payload.name] } }, at: start }
      : remembered()
  }
  // `as`: nothing else of it is used
  return { resolveName } as unknown as Resolver
}

test.each<[string, () => unknown]>([
  ['an absence', () => ({ record: undefined, at: start })],
  [
    'a failure',
    () => {
      throw new ProtocolError('unreachable', 'down')
    },
  ],
  ['something old', () => ({ record: cast.countries.EE.record, at: start - 61 })],
])('requestersBy asks a country anew where %s is remembered', async (_, remembered) => {
  const { held } = await requestersBy(remembering(remembered))('EE/requester/insurer')
  expect(held).toBe(true)
})

test('requestersBy goes by what it heard within the minute', async () => {
  const { held } = await requestersBy(remembering(() => ({ record: cast.countries.EE.record, at: start - 60 })))(
    'EE/requester/insurer',
  )
  expect(held).toBe(false)
})
