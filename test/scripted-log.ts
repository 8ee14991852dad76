import { base64Url } from '@dcann/protocol/bytes'
import type { Signer } from '@dcann/protocol/key'
import { signCheckpoint } from '@dcann/protocol/log/checkpoint'
import { formatEntry, type MapEntry } from '@dcann/protocol/log/entry'
import { formatHeadProof } from '@dcann/protocol/log/head-proof'
import { leafHash, rootOf } from '@dcann/protocol/log/merkle'
import { consistencyProof, inclusionProof, type ReadHash } from '@dcann/protocol/log/proof'
import { mapKey, mapLeaf } from '@dcann/protocol/map/node'
import { proveInMap } from '@dcann/protocol/map/proof'
import { emptyMap, updateMap } from '@dcann/protocol/map/tree'
import { parseName, type ZoneName } from '@dcann/protocol/name'
import type { ResolutionProof } from '@dcann/protocol/resolution'
import type { RecordId } from '@dcann/protocol/signed'
import { formatTime } from '@dcann/protocol/time'

/** Under which name the log speaks, and who cosigns its heads: lines to stand under the log's own. */
export type LogAs = { readonly origin?: string; readonly cosign?: (checkpoint: string) => Promise<string> }

/**
 * A zone's log as whoever holds its key can make it: it only grows, and its map is whatever stands now, also where that is
 * less than stood before.
 */
export type ScriptedLog = {
  /** Takes in what stands now and proves one name under the head that comes of it. */
  readonly prove: (
    standing: ReadonlyMap<string, RecordId>,
    name: string,
    now: number,
    signer: Signer,
    as?: LogAs,
  ) => Promise<ResolutionProof>
  /** How far it has come: what a country's record freezes it at when another key takes over. */
  readonly end: () => { readonly size: number; readonly root: string }
  readonly consistency: (from: number, to: number) => readonly string[]
}

export function scriptLog(zone: ZoneName, first: string): ScriptedLog {
  const leaves: Uint8Array[] = []
  let logged = new Map<string, RecordId>()
  let head: { readonly entry: MapEntry; readonly checkpoint: string; readonly kid: string } | undefined
  const readHash: ReadHash = (level, index) => rootOf(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level))

  return {
    async prove(standing, name, now, signer, { origin = first, cosign = async (text: string) => text } = {}) {
      const all = [...standing].map(([each, id]) => mapLeaf(zone, each, id))
      const { state, writes } = updateMap(emptyMap, all, 1, () => undefined)
      const map = base64Url(state.root)
      if (head?.entry.map !== map || head.kid !== signer.kid) {
        for (const [each, record] of standing) {
          if (logged.get(each) === record) continue
          const key = base64Url(mapKey(zone, each))
          leaves.push(leafHash(formatEntry({ key, record, type: parseName(each).kind })))
        }
        const entry = { map, names: state.names, time: formatTime(now) }
        leaves.push(leafHash(formatEntry(entry)))
        logged = new Map(standing)
        const checkpoint = await signCheckpoint({ origin, size: leaves.length, root: rootOf(leaves) }, signer)
        head = { entry, checkpoint, kid: signer.kid }
      }
      const pages = new Map(writes.map(({ address, page }) => [address.path, page]))
      const found = proveInMap(state, mapKey(zone, name), ({ path }) => pages.get(path))
      if ('lacking' in found) throw new Error('scripting a log: a page is lacking')
      const inclusion = inclusionProof(leaves.length - 1, leaves.length, readHash)
      return { map: found.proof, head: formatHeadProof(await cosign(head.checkpoint), head.entry, inclusion) }
    },
    end: () => ({ size: leaves.length, root: base64Url(rootOf(leaves)) }),
    consistency: (from, to) => consistencyProof(from, to, readHash).map(base64Url),
  }
}
