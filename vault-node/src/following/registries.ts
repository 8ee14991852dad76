import { ProtocolError } from '@dcann/protocol/errors'
import { formatTime } from '@dcann/protocol/time'
import { parseName } from '@dcann/protocol/name'
import { passportNoun } from '@dcann/protocol/passport'
import { readSigned } from '@dcann/protocol/signed'
import { createRegistryClient } from '@dcann/sdk/registry-client'
import type { Resolver } from '@dcann/sdk/resolver'
import type { World as SdkWorld } from '@dcann/sdk/world'
import type { SubmitRecord } from '../passports/host.ts'
import type { ResolveRequester } from './requesters.ts'

/** Asks the requester's own country's zone, past the resolver's cache. */
export function requestersBy(resolver: Resolver): ResolveRequester {
  return async (name) => {
    const { record, at } = await resolver.resolveName(name, { kind: 'requester', fresh: true })
    return { record: record?.payload, at: formatTime(at) }
  }
}

/** Hands a passport's record to the registries of the zone that assigns it, in their order. */
export function submitBy(resolver: Resolver, world: SdkWorld): SubmitRecord {
  return async (record) => {
    const name = nameIn(record)
    const { record: country } = await resolver.resolveName(`country/${parseName(name).zone}`, { kind: 'country' })
    if (!country)
      throw new ProtocolError('rule-broken', `taking a passport in: the root delegates no zone ${name.slice(0, 2)}`)
    let last: unknown
    for (const url of country.payload.urls) {
      try {
        return await createRegistryClient(world, url).submit(record)
      } catch (error) {
        if (!(error instanceof ProtocolError) || error.code !== 'unreachable') throw error
        last = error
      }
    }
    throw new ProtocolError(
      'unavailable',
      'taking a passport in: no registry of its zone answers; nothing was taken in, send it again later',
      {
        because: last instanceof ProtocolError ? last.code : 'unreachable',
      },
    )
  }
}

function nameIn(record: Parameters<SubmitRecord>[0]): string {
  return readSigned(passportNoun, record).payload.name
}
