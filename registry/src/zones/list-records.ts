import { ProtocolError, quote } from '@dcann/protocol/errors'
import { type NameKind, parseName, type ZoneName } from '@dcann/protocol/name'
import type { RecordId } from '@dcann/protocol/signed'
import type { Reader } from '@dcann/store/store'
import { currentRecord, recordShelves } from '../records/shelf.ts'

/** Kinds that may be listed. Passports are resolved one by one and never listed. */
export const kindsListed = ['country', 'operator', 'node', 'requester', 'policy'] as const
export type KindListed = (typeof kindsListed)[number]

/** Names in one page at most. */
export const listMost = 256

export type RecordList = {
  readonly zone: ZoneName
  readonly records: readonly { readonly name: string; readonly seq: number; readonly id: RecordId }[]
  readonly next?: string
}

/** One page of a zone's records of a kind, in the order of their names, after the name `after`. */
export async function listRecords(
  store: Pick<Reader, 'range'>,
  zone: ZoneName,
  kind: KindListed,
  limit: number,
  after?: string,
): Promise<RecordList> {
  // names of the root zone begin with their kind, those of a country with the country
  const under = kind === 'country' || zone === 'root' ? [zone, kind] : [zone, zone, kind]
  const from = after === undefined ? {} : { after: currentRecord(zone, cursor(zone, kind, after)).key }
  const entries = await store.range(recordShelves.current.page(under, { limit: limit + 1, ...from }))
  const records = entries.slice(0, limit).map((entry) => {
    const { id, value } = recordShelves.current.entry(entry)
    return { name: id.slice(1).join('/'), seq: value.seq, id: value.id }
  })
  const last = records.at(-1)
  return { zone, records, ...(entries.length > limit && last ? { next: last.name } : {}) }
}

function cursor(zone: ZoneName, kind: NameKind, after: string): string {
  const parsed = parseName(after)
  if (parsed.kind === kind && (kind === 'country' || parsed.zone === zone)) return after
  throw new ProtocolError(
    'schema-mismatch',
    `listing records: after is ${quote(after)}, expected the name of a ${kind}`,
  )
}
