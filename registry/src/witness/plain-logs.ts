import type { PublicKey } from '@dcann/protocol/key'
import { evidenceOrigin, nodeOfOrigin } from '@dcann/protocol/log/origin'
import { parseName, type ZoneName } from '@dcann/protocol/name'
import { nodeNoun } from '@dcann/protocol/node'
import { readSigned } from '@dcann/protocol/signed'
import type { Reader } from '@dcann/store/store'
import { currentRecord } from '../records/shelf.ts'

/** A log that is no zone's: nobody can replay it, and that it has one past can be shown. */
export type PlainLog = { readonly origin: string; readonly key: PublicKey }

export type PlainLogsDesk = {
  readonly store: Pick<Reader, 'read'>
  /** Zones whose nodes' evidence logs are cosigned, by the records that were replayed here. */
  readonly zones: Pick<ReadonlySet<ZoneName>, 'has'>
  /** Other logs that the settings name. */
  readonly logs: readonly PlainLog[]
}

/**
 * Who speaks for a log that is no zone's: whoever the settings name for its origin, or the node whose evidence log it is, by
 * the identity key in its record as that stands here. `undefined` for the log of nobody known.
 */
export async function plainLog({ store, zones, logs }: PlainLogsDesk, origin: string): Promise<PlainLog | undefined> {
  const named = logs.find((log) => log.origin === origin)
  if (named) return named
  const node = nodeOfOrigin(origin)
  // a node has one log under one name: under a second one it could show a second past
  if (node === undefined || origin !== evidenceOrigin(node) || !zones.has(parseName(node).zone)) return undefined
  const place = currentRecord(parseName(node).zone, node)
  const kept = place.from(await store.read([place.key]))?.value
  return kept && { origin, key: readSigned(nodeNoun, kept.signed).payload.identity_key }
}
