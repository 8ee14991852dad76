import {
  admitProposal,
  type HeldRecords,
  nouns,
  type Proposal,
  type RecordOf,
  recordsNeeded,
  type ZoneRecord,
} from '@dcann/protocol/admission'
import { base64Url } from '@dcann/protocol/bytes'
import type { CountryRecord } from '@dcann/protocol/country'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import { limits } from '@dcann/protocol/limits'
import { mapKey } from '@dcann/protocol/map/node'
import type { NameKind, ZoneName } from '@dcann/protocol/name'
import type { Held } from '@dcann/protocol/record'
import { readSigned, type RecordId } from '@dcann/protocol/signed'
import type { Instant } from '@dcann/protocol/time'
import { requireNotGone } from '@dcann/protocol/tombstone'
import type { Key } from '@dcann/store/store'
import { createBounded } from '../bounded.ts'
import { dayOf, stateAt, type ZoneState, zoneState } from '../zones/shelf.ts'
import { type EndingKept, endingPlace } from './endings.ts'
import { type Act, currentRecord, type Kept, pointer } from './shelf.ts'

export type AdmitDesk = {
  /** The zones this registry is authoritative for. */
  readonly served: ReadonlySet<ZoneName>
  /** Zones that are only followed here: their own registry writes them. */
  readonly followed?: Pick<ReadonlySet<ZoneName>, 'has'>
  /** The only genesis that the root may have. */
  readonly pinnedRoot: RecordId
  /** Judges what another registry has admitted: how fast that was its own clock told, which nobody else has seen. */
  readonly replays?: boolean
}

/** What the desk reads: one moment, with the acts admitted before in the same batch. */
export type HeldHere = {
  readonly kept: (zone: ZoneName, name: string) => Kept | undefined
  readonly seqOf: (zone: ZoneName, id: RecordId) => number | undefined
  readonly state: (zone: ZoneName) => ZoneState
  /** How far a passport is on its way out, by its key in the map. */
  readonly ending: (zone: ZoneName, key: string) => EndingKept | undefined
}

export type Answer = { zone: ZoneName; name: string; seq: number; id: RecordId; known: boolean }
export type Verdict = { readonly answer: Answer; readonly acts: readonly Act[] }

/** Judges one proposal and describes what it does to the zones served here; commits nothing. */
export async function admitRecord(desk: AdmitDesk, proposal: Proposal, held: HeldHere, now: Instant): Promise<Verdict> {
  const { name, submitted } = proposal
  const { id, signed } = submitted
  const { seq } = submitted.payload
  const zone = zoneFor(desk.served, proposal)
  const kept = { id, seq, signed }
  const answer = { zone, name, seq, id }

  if (held.seqOf(zone, id) !== undefined) {
    return { answer: { ...answer, known: true }, acts: copies(desk, proposal, held, kept, now) }
  }

  if (proposal.kind === 'passport') requireNotGone(held.ending(zone, base64Url(mapKey(zone, name))))
  const records = recordsOf(zone, held)
  const state = stateAt(held.state(zone), now)
  refusePins(desk, proposal, held)
  if (desk.replays !== true) refuseRush(zone, records, state)
  const under = proposal.kind === 'country' ? held.kept('root', 'root')?.id : undefined
  await admitProposal(proposal, records, state.now).catch(explainMissing)
  const assigns = proposal.kind === 'passport' && seq === 1
  if (assigns) refuseCrowd(zone, records, state)

  const ends = proposal.kind === 'passport' && proposal.submitted.payload.status === 'ended'
  const act: Act = { zone, name, kept, clock: now, assigns, ends, ...(under === undefined ? {} : { under }) }
  return { answer: { ...answer, known: false }, acts: [act, ...copies(desk, proposal, held, kept, now)] }
}

/** Every key that judging a proposal reads. Throws `schema-mismatch` when its zone is not served here. */
export function keysFor(
  served: ReadonlySet<ZoneName>,
  proposal: Proposal,
  followed: Pick<ReadonlySet<ZoneName>, 'has'> = new Set(),
): Key[] {
  const zone = zoneFor(served, proposal)
  if (followed.has(zone)) throw elsewhere(proposal, zone)
  const { name, submitted } = proposal
  const ending = proposal.kind === 'passport' ? [endingPlace(zone, base64Url(mapKey(zone, name))).key] : []
  const own = recordsNeeded(proposal).map((needed) => currentRecord(spaceOf(zone, needed), needed).key)
  const copied = copyZone(served, proposal)
  return [zone, ...(copied === undefined ? [] : [copied])]
    .flatMap((place) => [currentRecord(place, name).key, pointer(place, submitted.id).key, zoneState(place).key])
    .concat(own, ending)
}

/** The zone whose act this is. The root's own records are taken in everywhere: they are what delegations rest on. */
function zoneFor(served: ReadonlySet<ZoneName>, { kind, name, zone }: Proposal): ZoneName {
  if (kind === 'root' || served.has(zone)) return zone
  const country = name.slice(-2)
  if (kind === 'country' && served.has(country)) return country
  throw elsewhere({ name }, kind === 'country' ? country : zone)
}

function elsewhere({ name }: Pick<Proposal, 'name'>, zone: ZoneName): ProtocolError {
  return new ProtocolError(
    'schema-mismatch',
    `admitting ${quote(name)}: this registry does not serve the zone ${quote(zone)}; send it to the one that does`,
  )
}

/** Where a country record is copied to when the root zone has admitted it. */
function copyZone(served: ReadonlySet<ZoneName>, { kind, name }: Proposal): ZoneName | undefined {
  const country = name.slice(-2)
  return kind === 'country' && served.has('root') && served.has(country) ? country : undefined
}

function spaceOf(zone: ZoneName, needed: string): ZoneName {
  return needed === 'root' ? 'root' : zone
}

/** What a zone's births rest on is the same few records, and a record id says all that reading one can give. */
const readBefore = createBounded<Held<ZoneRecord>>(256)

function recordsOf(zone: ZoneName, held: HeldHere): HeldRecords {
  return <K extends NameKind>(kind: K, name: string): Held<RecordOf[K]> | undefined => {
    const kept = held.kept(spaceOf(zone, name), name)
    if (kept === undefined || kind === 'passport') return kept && readSigned(nouns[kind], kept.signed)
    const place = `${kind} ${kept.id}`
    // what stands under a kind was read as a record of that kind
    const known = readBefore.get(place) as Held<RecordOf[K]> | undefined
    if (known) return known
    const read = readSigned(nouns[kind], kept.signed)
    readBefore.set(place, read)
    return read
  }
}

function copies(desk: AdmitDesk, proposal: Proposal, held: HeldHere, kept: Kept, now: Instant): Act[] {
  const zone = copyZone(desk.served, proposal)
  if (zone === undefined || (held.kept(zone, proposal.name)?.seq ?? 0) !== kept.seq - 1) return []
  return [{ zone, name: proposal.name, kept, clock: now, assigns: false, copied: true }]
}

function refusePins(desk: AdmitDesk, { kind, name, submitted }: Proposal, held: HeldHere): void {
  if (kind === 'root' && !held.kept('root', name) && submitted.id !== desk.pinnedRoot) {
    throw new ProtocolError(
      'not-entitled',
      `admitting the root: its genesis is ${submitted.id}, this registry is pinned to ${desk.pinnedRoot}`,
    )
  }
  const recovers = 'opens' in submitted.payload && submitted.payload.opens !== undefined
  const room = kind === 'root' ? limits.rootVersions : limits.records
  const most = room - (kind === 'passport' && !recovers ? limits.recordsKeptForRecovery : 0)
  if (submitted.payload.seq > most) {
    throw new ProtocolError('bound-crossed', `admitting ${quote(name)}: a name has at most ${most} such records`)
  }
}

function refuseRush(zone: ZoneName, records: HeldRecords, state: ZoneState): void {
  const bounds = boundsOf(zone, records)
  if (bounds && state.second >= bounds.acts_per_second) {
    throw new ProtocolError(
      'rate-limited',
      `admitting a record: the zone ${quote(zone)} takes ${bounds.acts_per_second} act(s) a second; send it again`,
      { retry_after: 1 },
    )
  }
}

function refuseCrowd(zone: ZoneName, records: HeldRecords, state: ZoneState): void {
  const bounds = boundsOf(zone, records)
  if (bounds && state.assigned >= bounds.passports_per_day) {
    throw new ProtocolError(
      'bound-crossed',
      `assigning an identifier: the zone ${quote(zone)} assigns ${bounds.passports_per_day} a day; send it again tomorrow (UTC)`,
      { bound: 'passports_per_day', retry_after: (dayOf(state.now) + 1) * 86_400 - state.now },
    )
  }
}

function boundsOf(zone: ZoneName, records: HeldRecords): CountryRecord['bounds'] | undefined {
  return zone === 'root' ? undefined : records('country', `country/${zone}`)?.payload.bounds
}

/** What a rule misses is the submitter's to send first; a bare 404 would not say what. */
function explainMissing(error: unknown): never {
  if (error instanceof ProtocolError && error.code === 'not-found')
    throw new ProtocolError('rule-broken', error.message)
  throw error
}
