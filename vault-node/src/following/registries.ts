import type { RecordOf } from '@dcann/protocol/admission'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import { times } from '@dcann/protocol/limits'
import { formatTime, type Instant } from '@dcann/protocol/time'
import { parseName, type ZoneName } from '@dcann/protocol/name'
import { passportNoun } from '@dcann/protocol/passport'
import { readSigned } from '@dcann/protocol/signed'
import { askRegistries } from '@dcann/sdk/ask-registries'
import { createRegistryClient } from '@dcann/sdk/registry-client'
import type { Resolver } from '@dcann/sdk/resolver'
import { instantOf, type World as SdkWorld } from '@dcann/sdk/world'
import { readZoneActs, type ZoneActs } from '@dcann/sdk/zone-acts'
import type { SubmitRecord } from '../passports/host.ts'
import type { ResolveRequester } from './requesters.ts'
import type { ResolveSelf } from './self.ts'
import type { ShowPassport } from './zones.ts'

/** Asks the requester's own country's zone, past the resolver's cache. */
export function requestersBy(resolver: Resolver): ResolveRequester {
  return async (name) => {
    const resolved = await resolver
      .resolveName(name, { kind: 'requester', fresh: true })
      .catch(async (error: unknown) => {
        // nobody lives in a zone that the root, as it proves, delegates to nobody
        if (!(error instanceof ProtocolError) || error.code !== 'wrong-zone') throw error
        const zone = await resolver.resolveName(`country/${parseName(name).zone}`, { kind: 'country' })
        if (zone.record) throw error
        return { record: undefined, at: zone.at }
      })
    const { record, at } = resolved
    if (!record) return { record, at: formatTime(at), held: false }
    const country = await recently(resolver, 'country', `country/${parseName(name).zone}`, at)
    const held = country?.hold.includes(name) ?? false
    return { record: requesterIn(country, record.payload), id: record.id, at: formatTime(at), held }
  }
}

/** Whoever a suspended country has registered is suspended with it: nobody speaks for its being what it says. */
function requesterIn(
  country: RecordOf['country'] | undefined,
  requester: RecordOf['requester'],
): RecordOf['requester'] {
  return country?.status === 'suspended' && requester.status === 'active'
    ? { ...requester, status: 'suspended' }
    : requester
}

/** What stands under a name, asked again when it is older than a minute; what is known goes on while nobody answers. */
async function recently<K extends 'country' | 'node'>(
  resolver: Resolver,
  kind: K,
  name: string,
  now: Instant,
): Promise<RecordOf[K] | undefined> {
  const known = await resolver.resolveName(name, { kind }).catch(refused)
  if (known?.record && now - known.at <= times.requesterRefetch) return known.record.payload
  try {
    return (await resolver.resolveName(name, { kind, fresh: true })).record?.payload
  } catch (error) {
    if (!known || !(error instanceof ProtocolError)) throw error
    return known.record?.payload
  }
}

/** A failure that the resolver remembers, like an absence that it remembers, may be from before the name came to stand. */
function refused(error: unknown): undefined {
  if (!(error instanceof ProtocolError)) throw error
}

/** Asks for a node's own record, and its operator's: by a resolver of its own, so that an absence is remembered by nobody. */
export function selfBy(openResolver: () => Promise<Pick<Resolver, 'resolveName'>>, name: string): ResolveSelf {
  return async () => {
    const resolver = await openResolver()
    const { record } = await resolver.resolveName(name, { kind: 'node' })
    if (!record) return undefined
    const { status, operator: operatorName } = record.payload
    const operator = await resolver.resolveName(operatorName, { kind: 'operator' })
    return { node: status, operator: operator.record?.payload.status ?? 'ended', operatorName }
  }
}

/** Reads what was admitted in a zone since its log had so many entries: a hint of what to resolve anew. */
export type ReadActs = (zone: ZoneName, from: number) => Promise<ZoneActs>

/** Asks the registries of a zone in their order, until one answers. */
export function zoneActsBy(resolver: Resolver, world: Pick<SdkWorld, 'fetch'>): ReadActs {
  return async (zone, from) => {
    const { record } = await resolver.resolveName(`country/${zone}`, { kind: 'country' })
    if (!record) throw new ProtocolError('wrong-zone', `reading the log of ${zone}: the root delegates no such zone`)
    const asked = await askRegistries(record.payload.urls, `reading the log of ${zone}`, (url) =>
      readZoneActs(world, url, zone, from),
    )
    return asked.found
  }
}

/** Asks a passport's own zone, past the resolver's cache. */
export function passportsBy(resolver: Resolver, world: Pick<SdkWorld, 'fetch'>): ShowPassport {
  return async (identifier) => {
    const resolved = await resolver.resolveName(identifier, { kind: 'passport', fresh: true })
    const { chain, gone = false, head, at, source } = resolved
    return { chain, gone, head, at, client: createRegistryClient(world, source) }
  }
}

/** Hands a passport's record to the registries of the zone that assigns it, in their order. */
export function submitBy(resolver: Resolver, world: SdkWorld): SubmitRecord {
  return async (record) => {
    const { name, home } = readSigned(passportNoun, record).payload
    await requireOpen(resolver, home.node, instantOf(world))
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

/** A node that gives its passports away, is suspended or held takes none, as its own record says. */
async function requireOpen(resolver: Resolver, node: string, now: Instant): Promise<void> {
  const record = await recently(resolver, 'node', node, now)
  const is = record?.status ?? 'absent'
  if (is !== 'active') {
    throw new ProtocolError('not-active', `taking a passport in: ${quote(node, 60)} is ${is}; choose another node`, {
      is,
    })
  }
  const country = await recently(resolver, 'country', `country/${parseName(node).zone}`, now)
  const held = [node, record?.operator ?? ''].find((name) => country?.hold.includes(name))
  if (held !== undefined) {
    throw new ProtocolError('held', `taking a passport in: the houses hold ${quote(held, 60)}; choose another node`)
  }
}
