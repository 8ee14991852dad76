import { base64Url } from '@dcann/protocol/bytes'
import { ProtocolError } from '@dcann/protocol/errors'
import { formatHeadProof, type HeadProof } from '@dcann/protocol/log/head-proof'
import { mapKey } from '@dcann/protocol/map/node'
import type { MapProof } from '@dcann/protocol/map/proof'
import type { ZoneName } from '@dcann/protocol/name'
import type { ResolutionProof } from '@dcann/protocol/resolution'
import type { RecordId } from '@dcann/protocol/signed'
import type { Reader } from '@dcann/store/store'
import { createBounded } from '../bounded.ts'
import type { Heads } from '../log/heads.ts'
import type { Head } from '../log/shelf.ts'
import { proveKey } from '../map/prove-key.ts'
import type { PageCache } from '../map/read-pages.ts'

/** What stands under a name in the map of the newest head to resolve from, and the proof of it. */
export type NameProved = {
  readonly head: Head
  readonly record: RecordId | null
  readonly proof: ResolutionProof
}

export type ProveDesk = {
  /** Throws `unavailable` for a zone that has no head to show. */
  readonly prove: (zone: ZoneName, name: string) => Promise<NameProved>
}

const provedMost = 4096
/** Heads may go on while a proof is read; a page that is gone by then is sought under the newest. */
const attempts = 5

export function createProveDesk(
  store: Pick<Reader, 'read'>,
  heads: Pick<Heads, 'resolvable'>,
  cache: PageCache,
): ProveDesk {
  const known = createBounded<NameProved>(provedMost)
  const headProofs = new WeakMap<Head, HeadProof>()

  const headProof = (head: Head): HeadProof => {
    const found = headProofs.get(head)
    if (found) return found
    const made = formatHeadProof(head.checkpoint ?? '', head.entry, head.inclusion)
    headProofs.set(head, made)
    return made
  }

  return {
    async prove(zone, name) {
      for (let attempt = 1; ; attempt++) {
        const head = heads.resolvable(zone)
        if (!head) throw awaited()
        const found = known.get(`${zone} ${name}`)
        if (found?.head === head) return found
        const keep = (record: RecordId | null, map: MapProof): NameProved => {
          const made = { head, record, proof: { map, head: headProof(head) } }
          known.set(`${zone} ${name}`, made)
          return made
        }
        // the same head with newer lines under it has the same map
        if (found?.head.size === head.size) return keep(found.record, found.proof.map)
        try {
          const key = mapKey(zone, name)
          const map = await proveKey(store, zone, cache, head, key)
          return keep(map.leaf?.key === base64Url(key) ? map.leaf.record : null, map)
        } catch (error) {
          if (attempt === attempts || heads.resolvable(zone) === head || !isGone(error)) throw error
        }
      }
    },
  }
}

/** A zone that was just opened, until its first head has come back from the witnesses. */
function awaited(): ProtocolError {
  return new ProtocolError('unavailable', 'resolving a name: its zone has no head to resolve from yet', {
    retry_after: 1,
  })
}

function isGone(error: unknown): boolean {
  return error instanceof ProtocolError && error.code === 'not-found'
}
