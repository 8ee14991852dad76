import { equalBytes, fromBase64Url } from '@dcann/protocol/bytes'
import { type Proposal, readProposal } from '@dcann/protocol/admission'
import { ProtocolError } from '@dcann/protocol/errors'
import type { ProvedCheckpoint } from '@dcann/protocol/log/checkpoint'
import { type ActEntry, type LogEntry, type MapEntry, parseEntry } from '@dcann/protocol/log/entry'
import { extend, type Frontier, frontierRoot, leafHash } from '@dcann/protocol/log/merkle'
import { mapKey } from '@dcann/protocol/map/node'
import type { ZoneName } from '@dcann/protocol/name'
import type { Signed } from '@dcann/protocol/signed'
import type { LogClient } from '@dcann/sdk/log-client'

/** What came between two map entries: the acts, each with the record that it names, and the map entry that closes them. */
export type PulledBatch = {
  /** Index of its first entry. */
  readonly from: number
  readonly proposals: readonly Proposal[]
  readonly map: MapEntry
  readonly bytes: readonly Uint8Array[]
}

/**
 * Takes the entries between a log as it is held and a checkpoint, and proves that they lead from the one to the other,
 * before anything is made of them. Throws `forked` when they do not, `evidence-broken` for entries without form.
 */
export async function pullEntries(
  client: LogClient,
  zone: ZoneName,
  held: Frontier,
  { size, root }: Pick<ProvedCheckpoint, 'size' | 'root'>,
): Promise<readonly Uint8Array[]> {
  const entries: Uint8Array[] = []
  let edge = held
  for await (const part of client.entries(zone, held.size, size)) {
    edge = extend(edge, part.map(leafHash))
    entries.push(...part)
  }
  if (edge.size === size && equalBytes(frontierRoot(edge), root)) return entries
  throw new ProtocolError(
    'forked',
    `following ${zone}: its entries up to ${size} do not lead from the ${held.size} held here to its checkpoint; keep both and show them`,
    { held: held.size, size },
  )
}

/** Cuts entries at their map entries and fetches the record of each act. Throws `evidence-broken`. */
export async function* pullBatches(
  client: LogClient,
  zone: ZoneName,
  from: number,
  entries: readonly Uint8Array[],
): AsyncGenerator<PulledBatch, void, undefined> {
  const records = recordsFrom(client, zone, from, from + entries.length)
  let proposals: Proposal[] = []
  let bytes: Uint8Array[] = []
  let first = from
  for (const [i, each] of entries.entries()) {
    const entry = readEntry(zone, from + i, each)
    bytes.push(each)
    if ('map' in entry) {
      yield { from: first, proposals, map: entry, bytes }
      proposals = []
      bytes = []
      first = from + i + 1
    } else {
      const { value } = await records.next()
      if (!value) throw broken(zone, from + i, 'its record is not given out')
      proposals.push(proposalOf(zone, from + i, entry, value))
    }
  }
  if (bytes.length > 0) throw broken(zone, first, 'acts follow the last map entry')
}

async function* recordsFrom(
  client: LogClient,
  zone: ZoneName,
  from: number,
  to: number,
): AsyncGenerator<Signed, void, undefined> {
  for (let at = from; at < to;) {
    const { next, records } = await client.acts(zone, at)
    if (next <= at) throw new ProtocolError('answer-invalid', `following ${zone}: records from ${at} on do not go on`)
    yield* records
    at = next
  }
}

function readEntry(zone: ZoneName, index: number, bytes: Uint8Array): LogEntry {
  try {
    return parseEntry(bytes)
  } catch (error) {
    if (error instanceof ProtocolError) throw broken(zone, index, error.message, error.code)
    throw error
  }
}

function proposalOf(zone: ZoneName, index: number, { key, record, type }: ActEntry, signed: Signed): Proposal {
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
