import { ProtocolError, quote } from '@dcann/protocol/errors'
import { limits, times } from '@dcann/protocol/limits'
import { speakerAt } from '@dcann/protocol/log/succession'
import { parseName, type ZoneName } from '@dcann/protocol/name'
import { nodeNoun } from '@dcann/protocol/node'
import type { Resolution } from '@dcann/protocol/resolution'
import type { RecordId } from '@dcann/protocol/signed'
import type { Instant } from '@dcann/protocol/time'
import { tombstoneId } from '@dcann/protocol/tombstone'
import type { Reader } from '@dcann/store/store'
import type { Head } from '../log/shelf.ts'
import { chainOf } from '../records/chain.ts'
import { type Bounded, createBounded } from '../bounded.ts'
import type { Heads } from '../log/heads.ts'
import { admittedPayload } from '../records/admitted.ts'
import { currentRecord, type Kept, pastRecord, pointer } from '../records/shelf.ts'
import { delegation, type Log, logOf, type ServedZones } from '../zones/delegation.ts'
import { zoneState } from '../zones/shelf.ts'
import { speakersHeld } from '../zones/speakers.ts'
import type { ProveDesk } from './prove-name.ts'
import { type StateDesk, statementAgeMost } from './state-name.ts'
import { type Basis, isStill } from './still.ts'

export type ResolveDesk = StateDesk &
  ProveDesk & {
    readonly store: Pick<Reader, 'read'>
    readonly zones: ServedZones
    /** Zones that are only followed here: nobody here can state anything for them, and the proof says all. */
    readonly followed: Pick<ReadonlySet<ZoneName>, 'has'>
    readonly heads: Pick<Heads, 'resolvable'>
    /** Names that were resolved a moment ago, each with the ttl that was asked for. */
    readonly recent: Bounded<Resolved & { readonly ttl: number | undefined }>
  }

/** Nodes and operators are in every answer about a passport at home there. */
const recentMost = 4096

export function createRecent(): ResolveDesk['recent'] {
  return createBounded(recentMost)
}

/** One name resolved, the record it found, and what decides its bytes. */
export type Resolved = Basis & {
  readonly resolution: Resolution
  readonly kept: Kept | undefined
  readonly etag: string
}

/**
 * Resolves one name in one zone: a statement, absence included, the chain of records, and the proof that the last of
 * them stands in the newest head that is shown. All of it is as of that head, whatever was admitted since.
 *
 * Throws `not-found` for a zone that is not served here, `unavailable` for one without its delegation yet.
 */
export async function resolveName(
  desk: ResolveDesk,
  zone: ZoneName,
  name: string,
  now: Instant,
  ttl?: number,
): Promise<Resolved> {
  if (!isHere(desk, zone)) throw new ProtocolError('not-found', 'resolving a name: its zone is not served here')
  refuseForeign(zone, name)
  const known = `${zone} ${name}`
  const before = desk.recent.get(known)
  if (before?.ttl === ttl && before && isStill(desk.heads, before, now)) return before
  const root = desk.heads.resolvable('root')
  const resolved = { ...(await resolveAnew(desk, zone, name, now, ttl)), root }
  // anybody can ask for names that nobody has
  if (resolved.kept) desk.recent.set(known, { ...resolved, ttl })
  return resolved
}

type Anew = Omit<Resolved, 'root'>

async function resolveAnew(
  desk: ResolveDesk,
  zone: ZoneName,
  name: string,
  now: Instant,
  ttl: number | undefined,
): Promise<Anew> {
  if (desk.followed.has(zone)) return await mirrored(desk, zone, name, now)
  const delegated = delegation(zone)
  const snapshot = await desk.store.read([delegated.key, zoneState(zone).key])
  const by = delegated.from(snapshot)?.value
  if (!by) {
    throw new ProtocolError(
      'unavailable',
      `resolving a name: the zone ${quote(zone)} awaits the record that delegates it`,
    )
  }
  const { head, record, proof } = await desk.prove(zone, name)
  const kept = isRecord(record) ? await recordUnder(desk.store, zone, name, record) : undefined
  const time = Math.max(now, zoneState(zone).from(snapshot)?.value.now ?? 0)
  const believed = kept ? (ttl ?? ttlOf(name, kept)) : times.negativeTtlLeast
  const log = await speaking(desk.store, zone, logOf(zone, by), head)
  const stated = await desk.state(zone, log, name, record, believed, time)
  // clients have the versions of the root one by one, of which there may be more than a body has room for
  const records = kept ? (await chainOf(desk.store, zone, name, kept)).slice(-limits.records) : []
  return {
    resolution: { v: 1, zone, name, statement: stated.signed, records, proof },
    kept,
    etag: `${zone} ${name} ${stated.record ?? 'none'} ${stated.at} ${believed} ${head.checkpoint}`,
    zone,
    head,
    from: stated.instant,
    until: stated.instant + statementAgeMost,
  }
}

/** Who speaks for the head that a name is proved under, which is one of before while a newer log's awaits its cosignatures. */
async function speaking(store: Pick<Reader, 'read'>, zone: ZoneName, named: Log, head: Head): Promise<Log> {
  if (head.checkpoint?.startsWith(`${named.origin}\n`) === true) return named
  return speakerAt(await speakersHeld(store, zone), head.size) ?? named
}

/** Whether a zone is resolved here, by speaking for it or by following it. */
export function isHere({ zones, followed }: Pick<ResolveDesk, 'zones' | 'followed'>, zone: ZoneName): boolean {
  return zones.has(zone) || followed.has(zone)
}

async function mirrored(desk: ResolveDesk, zone: ZoneName, name: string, now: Instant): Promise<Anew> {
  const { head, record, proof } = await desk.prove(zone, name)
  const kept = isRecord(record) ? await recordUnder(desk.store, zone, name, record) : undefined
  const records = kept ? await chainOf(desk.store, zone, name, kept) : []
  return {
    resolution: { v: 1, zone, name, records, proof },
    kept,
    etag: `${zone} ${name} ${record ?? 'none'} ${head.checkpoint}`,
    zone,
    head,
    from: now,
    until: now + statementAgeMost,
  }
}

/** Whether what stands under a name is a record, and neither nothing nor the tombstone. */
function isRecord(record: RecordId | null): record is RecordId {
  return record !== null && record !== tombstoneId
}

/** The record with this id, which may have been replaced since the head that shows it. */
async function recordUnder(store: Pick<Reader, 'read'>, zone: ZoneName, name: string, id: RecordId): Promise<Kept> {
  const found = pointer(zone, id)
  const current = currentRecord(zone, name)
  const snapshot = await store.read([found.key, current.key])
  const standing = current.from(snapshot)?.value
  if (standing?.id === id) return standing
  const place = pastRecord(zone, name, found.from(snapshot)?.value.seq ?? 0)
  const past = place.from(await store.read([place.key]))?.value
  if (past?.id === id) return past
  throw new Error(`resolving a name: the record ${id} is in the map of its zone and not kept; run fsck`)
}

/** A zone says nothing of names that are not its own: not even that they do not stand. */
function refuseForeign(zone: ZoneName, name: string): void {
  const { kind, zone: home } = parseName(name)
  if (home === zone || (kind === 'country' && name === `country/${zone}`)) return
  throw new ProtocolError(
    'schema-mismatch',
    `resolving ${quote(name)}: it is a name of the zone ${quote(home)}, not of ${quote(zone)}`,
  )
}

function ttlOf(name: string, { signed }: Kept): number {
  return parseName(name).kind === 'node' ? admittedPayload(nodeNoun, signed).ttl : times.ttlDefault
}
