import { ProtocolError } from '@dcann/protocol/errors'
import type { Resolver } from '@dcann/sdk/resolver'
import { expect, test } from 'vitest'
import { makeCast } from '../../../test/cast.ts'
import { watchOwnRecord } from './own-record.ts'

const { record, identity, assertion } = (await makeCast('own-record', 1_790_000_000)).nodes.tallinn
const { name, url } = record.payload
const own = { name, url, identityKey: identity.key, assertionKey: assertion.key }

/** What a node that is started so says of a record, and after how long it looks again. */
async function said(started: Partial<typeof own>, answer: () => unknown = () => ({ record })): Promise<unknown> {
  const warned: string[] = []
  // `as`: the record is all that is looked at
  const resolver = { resolveName: async () => answer() } as unknown as Pick<Resolver, 'resolveName'>
  const look = watchOwnRecord(async () => resolver, { ...own, ...started }, { warn: (says) => void warned.push(says) })
  return { again: await look(), warned }
}

test('watchOwnRecord says which of address and keys the record does not bear', async () => {
  expect(await said({})).toEqual({ again: 3_600_000, warned: [] })
  const other = await said({ url: 'https://other.example', identityKey: assertion.key, assertionKey: identity.key })
  expect(other).toEqual({
    again: 60_000,
    warned: ['address', 'identity key', 'assertion key'].map((what) => `${what} is not the one in the record`),
  })
})

test('watchOwnRecord says that there is none, and waits for a registry that does not answer', async () => {
  expect(await said({}, () => ({ record: undefined }))).toEqual({ again: 60_000, warned: ['node has no record yet'] })
  const silent = (): never => {
    throw new ProtocolError('unreachable', 'silent')
  }
  expect(await said({}, silent)).toEqual({ again: 60_000, warned: [] })
})
