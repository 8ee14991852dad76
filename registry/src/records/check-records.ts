import { admitProposal, type HeldRecords, nouns, type Proposal, readProposal } from '@dcann/protocol/admission'
import { ProtocolError } from '@dcann/protocol/errors'
import type { ZoneName } from '@dcann/protocol/name'
import { readSigned, type RecordId } from '@dcann/protocol/signed'
import type { Reader } from '@dcann/store/store'
import { shelfEntries } from '../shelf-entries.ts'
import { dayOf, type ZoneState, zoneStates } from '../zones/shelf.ts'
import { currentRecord, type Kept, type Named, pastRecord, pointer, recordShelves } from './shelf.ts'

export type Checked = { readonly acts: number; readonly problems: readonly string[] }

/**
 * Judges every act of every zone again, in the order and at the times of the zone's journal, and holds the indexes
 * against it. Problems name acts and record ids, never names: a name may be a person's.
 */
export async function checkRecords(store: Reader): Promise<Checked> {
  const zones: { zone: ZoneName; state: ZoneState }[] = []
  for await (const { id, value } of shelfEntries(store, zoneStates, []))
    zones.push({ zone: id.join('/'), state: value })
  // the root first: delegations are judged under its records
  zones.sort((a, b) => Number(b.zone === 'root') - Number(a.zone === 'root'))
  const roots = new Map<RecordId, Kept>()
  const problems: string[] = []
  let acts = 0
  for (const { zone, state } of zones) {
    const replay = new Map<string, Kept>()
    const complain = (n: number | string, what: string): void => void problems.push(`${zone}: act ${n}: ${what}`)
    let n = 0
    let time = 0
    let assigned = 0
    let erased = 0
    for await (const { value: entry } of shelfEntries(store, recordShelves.journal, [zone])) {
      n += 1
      if (entry.time < time) complain(n, `dated ${entry.time}, before the one before`)
      time = entry.time
      if (!('name' in entry)) {
        erased += 1
        continue
      }
      const kept = await recordOf(store, zone, entry)
      if (kept === undefined) complain(n, `its record ${entry.id} is not there`)
      else {
        await judge(entry, kept, replay, roots).catch((error: unknown) => complain(n, said(error)))
        replay.set(entry.name, kept)
        if (zone === 'root' && entry.name === 'root') roots.set(entry.id, kept)
        if (kept.seq === 1 && dayOf(time) === dayOf(state.now) && isPassport(entry.name)) assigned += 1
      }
    }
    acts += n
    if (n !== state.acts) complain('count', `the journal has ${n}, the zone's state says ${state.acts}`)
    if (time !== state.now) complain('time', `the newest is of ${time}, the zone's state says ${state.now}`)
    if (assigned !== state.assigned)
      complain('bound', `${assigned} assigned that day, the state says ${state.assigned}`)
    problems.push(...(await checkIndexes(store, zone, replay, n - erased)))
  }
  return { acts, problems }
}

async function judge(
  entry: Named,
  kept: Kept,
  replay: ReadonlyMap<string, Kept>,
  roots: ReadonlyMap<RecordId, Kept>,
): Promise<void> {
  const proposal = readProposal(kept.signed)
  if (proposal.submitted.id !== entry.id || proposal.name !== entry.name)
    throw new ProtocolError('chain-broken', `its record is not ${entry.id} of the name it was admitted under`)
  if (entry.copied) return requireCopy(proposal, replay)
  const root = entry.under === undefined ? undefined : roots.get(entry.under)
  const held: HeldRecords = (kind, name) => {
    const found = name === 'root' && proposal.kind === 'country' ? root : replay.get(name)
    return found && readSigned(nouns[kind], found.signed)
  }
  await admitProposal(proposal, held, entry.time)
}

/** The root zone has judged it; here it must follow the copy before. */
function requireCopy({ name, submitted }: Proposal, replay: ReadonlyMap<string, Kept>): void {
  const { seq, prev } = submitted.payload
  const before = replay.get(name)
  if (prev !== (before?.id ?? null) || seq !== (before?.seq ?? 0) + 1)
    throw new ProtocolError('chain-broken', 'the copy of a delegation does not follow the copy before')
}

async function recordOf(store: Reader, zone: ZoneName, { name, id, seq }: Named): Promise<Kept | undefined> {
  const places = [currentRecord(zone, name), pastRecord(zone, name, seq)]
  const found = pointer(zone, id)
  const snapshot = await store.read([...places.map(({ key }) => key), found.key])
  const kept = places.map((place) => place.from(snapshot)?.value).find((each) => each?.id === id)
  return found.from(snapshot)?.value.seq === seq && kept?.seq === seq ? kept : undefined
}

/** Every act left one record, one pointer, and the last of each name is its current one; nothing else is there. */
async function checkIndexes(
  store: Reader,
  zone: ZoneName,
  replay: ReadonlyMap<string, Kept>,
  acts: number,
): Promise<string[]> {
  const problems: string[] = []
  let current = 0
  let past = 0
  let pointers = 0
  for await (const { id, value } of shelfEntries(store, recordShelves.current, [zone])) {
    current += 1
    if (replay.get(id.slice(1).join('/'))?.id !== value.id)
      problems.push(`${zone}: record ${value.id} stands under a name, but is not the newest act of it`)
  }
  for await (const _ of shelfEntries(store, recordShelves.past, [zone])) past += 1
  for await (const _ of shelfEntries(store, recordShelves.pointers, [zone])) pointers += 1
  if (current !== replay.size) problems.push(`${zone}: ${current} names have a record, expected ${replay.size}`)
  if (current + past !== acts) problems.push(`${zone}: ${current + past} records are kept, expected ${acts}`)
  if (pointers !== acts) problems.push(`${zone}: ${pointers} record ids are indexed, expected ${acts}`)
  return problems
}

function isPassport(name: string): boolean {
  return !name.includes('/') && name !== 'root'
}

function said(error: unknown): string {
  return error instanceof ProtocolError ? `judged again, it is refused: ${error.code}` : 'it cannot be read'
}
