import { readProposal, type RecordOf, type ZoneRecord } from '@dcann/protocol/admission'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import type { PublicKey } from '@dcann/protocol/key'
import { times } from '@dcann/protocol/limits'
import { witnessPolicy } from '@dcann/protocol/log/quorum'
import type { Frozen } from '@dcann/protocol/log/succession'
import { type NameKind, parseName, type ZoneName } from '@dcann/protocol/name'
import type { Resolution } from '@dcann/protocol/resolution'
import { settledAfter } from '@dcann/protocol/recovery'
import type { Verified } from '@dcann/protocol/signed'
import { formatTime, type Instant, parseTime } from '@dcann/protocol/time'
import { tombstoneId } from '@dcann/protocol/tombstone'
import { askRegistries } from './ask-registries.ts'
import { requireSecure } from './exchange.ts'
import { proveStanding } from './prove-standing.ts'
import { createRegistryClient, type RegistryClient } from './registry-client.ts'
import { createRemember } from './remembered.ts'
import { replay, type Surroundings } from './replay.ts'
import { createResolutionCache } from './resolution-cache.ts'
import type { Along, Resolved, ResolvedName } from './resolved.ts'
import { createSeenHeads } from './seen-heads.ts'
import { freshnessOf, proveStatement } from './statement.ts'
import type { Trust } from './trust.ts'
import { instantOf, type World } from './world.ts'

export type ResolveOptions = {
  /** Takes nothing from the cache and waits out no failure. */
  readonly fresh?: boolean
  /** Takes a passport only when all that was done to it is settled: no recovery can take it back any more. */
  readonly settled?: boolean
  /** What a registry gave along with an answer a moment ago: proved like any other, and nobody is asked where it holds. */
  readonly along?: Along | undefined
}

/** Resolves names of known kind; what `resolver.ts` puts together. */
export type NameResolver = {
  readonly resolve: <K extends NameKind>(kind: K, name: string, options?: ResolveOptions) => Promise<ResolvedName<K>>
  /** Base addresses of the registries that serve a zone, by the country's own record. */
  readonly registriesOf: (zone: ZoneName) => Promise<readonly string[]>
}

export type NameResolverOptions = {
  readonly world: World
  readonly trust: Trust
  readonly registries: readonly string[]
  readonly cached?: number
}

/** What is needed of a zone before anything it says can be proved. */
type Zone = {
  readonly registries: readonly string[]
  readonly log: { readonly origin: string; readonly key: PublicKey }
  readonly frozen?: Frozen
  readonly surroundings: Surroundings
}

/** Makes a resolver of names: cache, then registries in order, each answer proved before it counts. spec: resolving */
export function createNameResolver({ world, trust, registries, cached }: NameResolverOptions): NameResolver {
  const cache = createResolutionCache<Resolved<ZoneRecord>>(cached)
  const remember = createRemember(world.seen, trust.pin)
  const seenHeads = createSeenHeads(world.seen, trust.pin)
  const underWay = new Map<string, Promise<Resolved<ZoneRecord>>>()

  const zoneOf = async (zone: ZoneName, options: ResolveOptions): Promise<Zone> => {
    if (zone === 'root') {
      await trust.refresh(times.ttlDefault)
      const { roles, frozen } = trust.current().payload
      return { registries, log: roles.log, ...(frozen ? { frozen } : {}), surroundings: { roots: trust.roots() } }
    }
    const country = await resolve('country', `country/${zone}`, options)
    if (country.record === undefined) {
      throw new ProtocolError('wrong-zone', `resolving in ${quote(zone)}: the root delegates no such zone`, { zone })
    }
    const { urls, log, frozen } = country.record.payload
    return {
      registries: urls,
      log,
      ...(frozen ? { frozen } : {}),
      surroundings: { roots: trust.roots(), country: country.chain },
    }
  }

  const prove = async (
    kind: NameKind,
    name: string,
    zone: Zone,
    around: ResolveOptions,
    resolution: Resolution,
    client: RegistryClient,
  ): Promise<Omit<Resolved<ZoneRecord>, 'source' | 'failed'>> => {
    const now = instantOf(world)
    const of = parseName(name).zone
    // a mirror has no statement to give: the head's cosignatures say how old its answer is
    const statement = resolution.statement && (await proveStatement(resolution, of, name, [zone.log.key])).payload
    requireAbout(resolution, of, name)
    const statedAt = statement && parseTime(statement.at)
    if (statedAt !== undefined) freshnessOf(name, statedAt, now)
    const policy = witnessPolicy(trust.current().payload, of)
    const parts = { zone: of, name, log: zone.log, frozen: zone.frozen, policy, resolution, now }
    const standing = await proveStanding(parts, seenHeads, client)
    const at = Math.min(statedAt ?? Number.POSITIVE_INFINITY, standing.at ?? Number.POSITIVE_INFINITY)
    if (!Number.isFinite(at)) throw undated(name)
    if (kind === 'passport' && standing.record === tombstoneId) {
      requireGone(name, statement?.record ?? tombstoneId, resolution)
      await remember(name, [], true)
      const { proof, head } = standing
      const ttl = statement?.ttl ?? times.ttlDefault
      const freshness = freshnessOf(name, at, now)
      return { name, record: undefined, gone: true, proof, head, freshness, at, ttl, chain: [], resolution }
    }
    const operators = kind === 'node' ? await operatorsOf(resolution, around) : undefined
    const surroundings = { ...zone.surroundings, ...(operators ? { operators } : {}) }
    const record = statement ? statement.record : standing.record
    if (kind === 'root' && trust.roots().at(-1)?.id !== record) await trust.refresh()
    // the root was walked version by version, and a body need not have them all
    const chain =
      kind === 'root' ? trust.roots() : await replay({ kind, name }, resolution.records, record, surroundings, now)
    requireStanding(name, standing.record, chain)
    await remember(name, chain)
    const freshness = freshnessOf(name, at, now)
    const ttl = statement?.ttl ?? ttlOf(chain.at(-1))
    const { proof, head } = standing
    return { name, record: chain.at(-1), proof, head, freshness, at, ttl, chain, resolution }
  }

  /** The operators that a node's records name, resolved in the node's zone. */
  const operatorsOf = async (
    resolution: Resolution,
    around: ResolveOptions,
  ): Promise<NonNullable<Surroundings['operators']>> => {
    const histories = new Map<string, ResolvedName<'operator'>['chain']>()
    for (const operator of operatorsNamed(resolution)) {
      histories.set(operator, (await resolve('operator', operator, around)).chain)
    }
    return histories
  }

  /** What came along with another answer, where it holds; a registry that lies in passing is not asked about it. */
  const proveAlong = async (
    kind: NameKind,
    name: string,
    zone: Zone,
    around: ResolveOptions,
  ): Promise<Resolved<ZoneRecord> | undefined> => {
    const resolution = around.along?.resolutions.get(name)
    if (!around.along || !resolution) return undefined
    const { url } = around.along
    try {
      const found = await prove(kind, name, zone, around, resolution, createRegistryClient(world, url))
      return found.freshness === 'fresh' ? { ...found, source: url, failed: [] } : undefined
    } catch (error) {
      if (error instanceof ProtocolError) return undefined
      throw error
    }
  }

  const askAndProve = async (kind: NameKind, name: string, around: ResolveOptions): Promise<Resolved<ZoneRecord>> => {
    const zone = await zoneOf(parseName(name).zone, around)
    const given = await proveAlong(kind, name, zone, around)
    if (given) return given
    const { found, source, failed } = await askRegistries(
      zone.registries,
      `resolving ${quote(name)}`,
      async (url) => {
        requireSecure(url, trust.current().payload)
        const client = createRegistryClient(world, url)
        const { resolution, along } = await askOne(client, kind, name)
        return { ...(await prove(kind, name, zone, around, resolution, client)), ...(along ? { along } : {}) }
      },
      ({ freshness }) => freshness === 'fresh',
    )
    return { ...found, source, failed }
  }

  /** Asks again once when what stands around the name may be newer than what is known of it: keys of the root, zone or operator. */
  const ask = async (kind: NameKind, name: string, along: Along | undefined): Promise<Resolved<ZoneRecord>> => {
    try {
      return await askAndProve(kind, name, { along })
    } catch (error) {
      if (!(error instanceof ProtocolError) || !['key-unknown', 'chain-broken'].includes(error.code)) throw error
      await trust.refresh()
      return await askAndProve(kind, name, { fresh: true })
    }
  }

  const askAndKeep = async (kind: NameKind, name: string, options: ResolveOptions): Promise<Resolved<ZoneRecord>> => {
    const now = instantOf(world)
    try {
      const resolved = await ask(kind, name, options.along)
      const { along: _, ...kept } = resolved
      cache.keep(name, kept, believedUntil(resolved, now), now)
      return resolved
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      const last = error.code === 'unreachable' && options.fresh !== true ? cache.last(name) : undefined
      cache.fail(name, error, now)
      if (last !== undefined && now - last.at <= times.stale) return asOf(last, now)
      throw error
    }
  }

  const resolve = async <K extends NameKind>(
    kind: K,
    name: string,
    options: ResolveOptions = {},
  ): Promise<ResolvedName<K>> => {
    const now = instantOf(world)
    // what the cache holds may settle while it lies there, so it is judged each time
    const judged = (resolved: Resolved<ZoneRecord>): Resolved<ZoneRecord> => {
      if (options.settled === true) requireSettled(resolved, now)
      return resolved
    }
    // one name has one kind, so what the cache holds under it is of the kind asked for
    const typed = (resolved: Resolved<ZoneRecord>): ResolvedName<K> => judged(resolved) as Resolved<RecordOf[K]>
    if (options.fresh === true) return typed(await askAndKeep(kind, name, options))
    const held = cache.get(name, now)
    if (held.is === 'value') return typed(asOf(held.value, now))
    if (held.is === 'failure') {
      const last = held.error.code === 'unreachable' ? cache.last(name) : undefined
      if (last !== undefined && now - last.at <= times.stale) return typed(asOf(last, now))
      throw held.error
    }
    const asked = underWay.get(name) ?? askAndKeep(kind, name, options)
    underWay.set(name, asked)
    try {
      return typed(await asked)
    } finally {
      if (underWay.get(name) === asked) underWay.delete(name)
    }
  }

  return {
    resolve,
    registriesOf: async (zone) => (await zoneOf(zone, {})).registries,
  }
}

/** Throws `unsettled`, with the day, for a passport of which something may still be taken back. spec: recovery#settled */
function requireSettled({ name, chain }: Resolved<ZoneRecord>, now: Instant): void {
  const newest = chain.at(-1)?.payload
  if (newest === undefined || !('recovery' in newest)) return
  const until = settledAfter(newest, now)
  if (until === undefined) return
  throw new ProtocolError(
    'unsettled',
    `resolving ${quote(name)}: what was done to it may be taken back until ${formatTime(until)}; wait until then, or ask its holder`,
    { settled_after: formatTime(until) },
  )
}

async function askOne(
  client: RegistryClient,
  kind: NameKind,
  name: string,
): Promise<{ readonly resolution: Resolution; readonly along?: Along }> {
  try {
    if (kind !== 'passport') return { resolution: await client.resolution(parseName(name).zone, name) }
    const { passport, node, operator } = await client.passport(name)
    const others = [node, operator].filter((each) => each !== undefined)
    return {
      resolution: passport,
      along: { url: client.url, resolutions: new Map(others.map((each) => [each.name, each])) },
    }
  } catch (error) {
    // absence is something a zone signs; a bare 404 proves nothing
    if (!(error instanceof ProtocolError) || error.code !== 'not-found') throw error
    throw new ProtocolError(
      'answer-invalid',
      `resolving ${quote(name)}: ${quote(client.url)} answered 404 without the zone's signed statement; name a registry that serves the zone`,
    )
  }
}

/** A lying registry must not make a client ask the whole world. */
const operatorsMost = 16

function operatorsNamed({ zone, records }: Resolution): string[] {
  const names = records.flatMap((signed) => {
    try {
      const proposal = readProposal(signed)
      return proposal.kind === 'node' ? [proposal.submitted.payload.operator] : []
    } catch {
      // the replay refuses it and says why
      return []
    }
  })
  return [...new Set(names)].filter((name) => parseName(name).zone === zone).slice(0, operatorsMost)
}

function requireAbout({ zone, name }: Resolution, askedZone: string, asked: string): void {
  if (zone === askedZone && name === asked) return
  throw new ProtocolError(
    'wrong-zone',
    `resolving ${quote(asked)}: the answer is about ${quote(name)} of the zone ${quote(zone)}`,
  )
}

function undated(name: string): ProtocolError {
  return new ProtocolError(
    'uncosigned',
    `resolving ${quote(name)}: neither the zone nor a witness says how old the answer is; ask a registry that speaks for the zone`,
  )
}

/** For how long a mirror's answer is believed: what the record itself says, or what is so where none does. */
function ttlOf(record: Verified<ZoneRecord> | undefined): number {
  if (record === undefined) return times.negativeTtlLeast
  return 'ttl' in record.payload ? record.payload.ttl : times.ttlDefault
}

/** Of a passport that is gone nothing is left: neither a record in the answer nor another statement. */
function requireGone(name: string, stated: string | null, { records }: Resolution): void {
  if (stated === tombstoneId && records.length === 0) return
  throw new ProtocolError(
    'evidence-broken',
    `resolving ${quote(name)}: its tombstone is in the map, and the zone shows or states something else; keep both and show them`,
  )
}

/** The zone's statement and its map have to say the same. */
function requireStanding(name: string, record: string | null, chain: readonly { readonly id: string }[]): void {
  if ((chain.at(-1)?.id ?? null) === record) return
  throw new ProtocolError(
    'evidence-broken',
    `resolving ${quote(name)}: the zone states another record than the one in its map; keep both and show them`,
  )
}

/** Until when an answer is believed without asking again; one that is stale already not for long. */
function believedUntil({ record, ttl, at, freshness }: Resolved<ZoneRecord>, now: Instant): Instant {
  const most = freshness === 'stale' ? times.ttlLeast : record === undefined ? times.negativeTtlMost : times.ttlMost
  return Math.min(now + Math.min(ttl, most), at + times.stale)
}

/** An answer from the cache, as fresh as it is by now. */
function asOf(resolved: Resolved<ZoneRecord>, now: Instant): Resolved<ZoneRecord> {
  return { ...resolved, freshness: now - resolved.at <= times.fresh ? 'fresh' : 'stale' }
}
