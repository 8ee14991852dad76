import { concatenate, equalBytes, fromBase64Url, sha256 } from '@dcann/protocol/bytes'
import { type Proposal, readProposal } from '@dcann/protocol/admission'
import { ProtocolError } from '@dcann/protocol/errors'
import { type ActEntry, type LogEntry, type MapEntry, parseEntry } from '@dcann/protocol/log/entry'
import { type Hash, leafHash } from '@dcann/protocol/log/merkle'
import type { Frozen, Speaker } from '@dcann/protocol/log/succession'
import { mapKey } from '@dcann/protocol/map/node'
import type { ZoneName } from '@dcann/protocol/name'
import type { RecordId, Signed } from '@dcann/protocol/signed'
import type { LogClient } from '@dcann/sdk/log-client'

/** An act, with its record where one is given out and there is one. */
export type PulledAct = { readonly entry: ActEntry; readonly proposal?: Proposal }

/** What came between two map entries: the acts, each with the record that it names, and the map entry that closes them. */
export type PulledBatch = {
  /** Index of its first entry. */
  readonly from: number
  readonly acts: readonly PulledAct[]
  readonly map: MapEntry
  readonly bytes: readonly Uint8Array[]
}

/** What entries are before anything is made of them: those that lead to a head, and who speaks for it by their own acts. */
export type Surveyed = {
  readonly from: number
  readonly size: number
  /** A digest of each page of entries, so that what is taken in later is what was surveyed. */
  readonly pages: readonly Hash[]
  /** The logs that speak for the zone, those of its acts up to this head among them. */
  readonly speakers: readonly Speaker[]
  /** Names that are gone under this head, by their keys: records of them may be withheld. */
  readonly gone: ReadonlySet<string>
  /** The newest delegation among them, if there is one, and where it says that the log before ended. */
  readonly delegation: { readonly id: RecordId; readonly frozen: Frozen | undefined } | undefined
}

/** What tells a page of entries from another. */
export function pageDigest(leaves: readonly Hash[]): Hash {
  return sha256(concatenate(...leaves))
}

/**
 * Takes the entries that were surveyed once more, a page at a time, cuts them at their map entries and fetches the record
 * of each act. Throws `evidence-broken`, and `answer-invalid` for other entries than were surveyed.
 */
export async function* pullBatches(
  client: LogClient,
  zone: ZoneName,
  { from, size, pages }: Surveyed,
): AsyncGenerator<PulledBatch, void, undefined> {
  const records = recordsFrom(client, zone, from, size)
  let acts: PulledAct[] = []
  let bytes: Uint8Array[] = []
  let index = from
  let page = 0
  for await (const part of client.entries(zone, from, size)) {
    const surveyed = pages[page++]
    if (!surveyed || !equalBytes(pageDigest(part.map(leafHash)), surveyed)) {
      throw new ProtocolError(
        'answer-invalid',
        `following ${zone}: entries from ${index} on are other ones than before`,
      )
    }
    for (const each of part) {
      const entry = readLogEntry(zone, index, each)
      bytes.push(each)
      if ('map' in entry) {
        yield { from: index + 1 - bytes.length, acts, map: entry, bytes }
        acts = []
        bytes = []
      } else if (entry.type === 'tombstone') acts.push({ entry })
      else {
        const { value, done } = await records.next()
        if (done) throw broken(zone, index, 'its record is not given out')
        acts.push(value === null ? { entry } : { entry, proposal: proposalOf(zone, index, entry, value) })
      }
      index += 1
    }
  }
  if (bytes.length > 0) throw broken(zone, index - bytes.length, 'acts follow the last map entry')
}

async function* recordsFrom(
  client: LogClient,
  zone: ZoneName,
  from: number,
  to: number,
): AsyncGenerator<Signed | null, void, undefined> {
  for (let at = from; at < to;) {
    const { next, records } = await client.acts(zone, at)
    if (next <= at) throw new ProtocolError('answer-invalid', `following ${zone}: records from ${at} on do not go on`)
    yield* records
    at = next
  }
}

/** Reads an entry at its place. Throws `evidence-broken`, naming it. */
export function readLogEntry(zone: ZoneName, index: number, bytes: Uint8Array): LogEntry {
  try {
    return parseEntry(bytes)
  } catch (error) {
    if (error instanceof ProtocolError) throw broken(zone, index, error.message, error.code)
    throw error
  }
}

/** The record that an act names, read; throws `evidence-broken` for another one. */
export function proposalOf(zone: ZoneName, index: number, { key, record, type }: ActEntry, signed: Signed): Proposal {
  let proposal: Proposal
  try {
    proposal = readProposal(signed)
  } catch (error) {
    if (error instanceof ProtocolError) throw broken(zone, index, error.message, error.code)
    throw error
  }
  const { name, kind, submitted } = proposal
  if (submitted.id !== record) throw broken(zone, index, 'another record is given out for it')
  if (kind !== type || !equalBytes(mapKey(zone, name), fromBase64Url(key))) {
    throw broken(zone, index, 'its record is of another name or kind')
  }
  return proposal
}

/** What stands in a log and may not: whoever signed a head over it has broken the rules. */
export function broken(zone: ZoneName, index: number, why: string, cause?: string): ProtocolError {
  return new ProtocolError(
    'evidence-broken',
    `following ${zone}, entry ${index}: ${why}`,
    cause === undefined ? { index } : { index, cause },
  )
}
