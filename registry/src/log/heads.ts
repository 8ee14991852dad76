import type { WitnessPolicy } from '@dcann/protocol/log/quorum'
import { witnessPolicy } from '@dcann/protocol/log/quorum'
import { ProtocolError } from '@dcann/protocol/errors'
import type { ZoneName } from '@dcann/protocol/name'
import type { RootRecord } from '@dcann/protocol/root'
import { settle } from '@dcann/store/shelf'
import type { Store } from '@dcann/store/store'
import { cosignedPlace, type Head, keepHead, readHead } from './shelf.ts'

/** The newest heads of each zone: what is asked of a registry is answered from them. */
export type Heads = {
  /** The newest that may be shown to anybody: durable, signed by the log's key, and kept apart. */
  readonly get: (zone: ZoneName) => Head | undefined
  /** The newest to resolve from: cosigned by the quorum that the root demands, or the newest of all where it demands none. */
  readonly resolvable: (zone: ZoneName) => Head | undefined
}

/** Where heads are put, and what is needed of them. */
export type HeadBoard = Heads & {
  readonly show: (zone: ZoneName, head: Head) => void
  /** Keeps a head with the lines of a quorum under it, when it is not older than the one that was cosigned before. */
  readonly cosign: (zone: ZoneName, head: Head) => Promise<void>
  /** Brings back what was cosigned before this process began. */
  readonly open: (zone: ZoneName) => Promise<void>
  /** The size of the oldest head that pages of the map are needed for. */
  readonly needed: (zone: ZoneName) => number
  readonly underRoot: (root: RootRecord) => void
  /** Whose lines count for a zone, and how many of them; `undefined` where none are demanded. */
  readonly policy: (zone: ZoneName) => WitnessPolicy | undefined
  /** Told of every head that is shown; whoever hands heads on does so at once. */
  readonly onShown: (told: (zone: ZoneName) => void) => void
  /** Resolves once a head of this size or more may be resolved from, or when the time is over. */
  readonly untilResolvable: (zone: ZoneName, size: number, milliseconds: number) => Promise<void>
}

export function createHeads(store: Pick<Store, 'read' | 'commit'>): HeadBoard {
  const shown = new Map<ZoneName, Head>()
  const cosigned = new Map<ZoneName, Head>()
  const listeners: ((zone: ZoneName) => void)[] = []
  const waiting = new Set<{ readonly zone: ZoneName; readonly size: number; readonly go: () => void }>()
  let root: RootRecord | undefined

  const policy = (zone: ZoneName): WitnessPolicy | undefined => root && witnessPolicy(root, zone)
  const demands = (zone: ZoneName): boolean => root !== undefined && isDemanded(root, zone)
  const resolvable = (zone: ZoneName): Head | undefined => (demands(zone) ? cosigned : shown).get(zone)
  const release = (zone: ZoneName): void => {
    const size = resolvable(zone)?.size ?? 0
    for (const each of waiting) if (each.zone === zone && each.size <= size) each.go()
  }

  return {
    get: (zone) => shown.get(zone),
    resolvable,
    policy,
    show(zone, head) {
      shown.set(zone, head)
      release(zone)
      for (const told of listeners) told(zone)
    },
    async cosign(zone, head) {
      const before = cosigned.get(zone)
      if (before && (before.size > head.size || before.checkpoint === head.checkpoint)) return
      await settle(async () => {
        const place = cosignedPlace(zone)
        const held = place.from(await store.read([place.key]))
        await store.commit({ writes: [place.replace(held, keptOf(head))] })
      }, 5)
      cosigned.set(zone, head)
      release(zone)
    },
    async open(zone) {
      const place = cosignedPlace(zone)
      const held = place.from(await store.read([place.key]))
      if (held) cosigned.set(zone, readHead(held.value))
    },
    needed: (zone) => (demands(zone) ? cosigned : shown).get(zone)?.size ?? 0,
    underRoot: (next) => void (root = next),
    onShown: (told) => void listeners.push(told),
    async untilResolvable(zone, size, milliseconds) {
      if ((resolvable(zone)?.size ?? 0) >= size) return
      await new Promise<void>((resolve) => {
        const go = (): void => {
          clearTimeout(timer)
          waiting.delete(each)
          resolve()
        }
        const timer = setTimeout(go, milliseconds)
        const each = { zone, size, go }
        waiting.add(each)
      })
    },
  }
}

/** A policy that bears nothing still demands cosignatures: nothing resolves under it. */
function isDemanded(root: RootRecord, zone: ZoneName): boolean {
  try {
    return witnessPolicy(root, zone) !== undefined
  } catch (error) {
    if (error instanceof ProtocolError) return true
    throw error
  }
}

/** What `readHead` makes the head of again. */
function keptOf({ size, inclusion, entry, map, acts, checkpoint }: Head): ReturnType<typeof keepHead> {
  return keepHead({ size: size - 1, peaks: inclusion.toReversed() }, { entry, page: map.version, acts, checkpoint })
}
