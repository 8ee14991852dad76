import type { Share } from '@dcann/http/fair-queue'
import { routes } from '@dcann/protocol/right'
import { isRequester } from './calls.ts'

/** Whom this node tells apart when more comes than it can do. */
export type Kind = 'ending' | 'requester' | 'holder' | 'stranger'

/** In the order in which they go when they have had the same. */
export const kinds: readonly Kind[] = ['ending', 'holder', 'requester', 'stranger']

/**
 * Ends have places of their own, so that they wait for nobody: what only ever lessens what leaves here. Whoever signs is a
 * requester or a holder where they have lately signed from the same address; all others are strangers, who together get
 * little, so that signatures that hold for nobody cost nobody else's time. No requester takes every place.
 */
export function sharesOf(places: number): Readonly<Record<Kind, Share>> {
  const half = Math.ceil(places / 2)
  const quarter = Math.ceil(places / 4)
  return {
    // one that waits until the last answer has left keeps its place
    ending: { weight: 8, own: 2 * places, running: 2 * places, runningOfLane: places, waiting: 256, waitingOfLane: 64 },
    holder: { weight: 4, own: 1, running: half, runningOfLane: half, waiting: 256, waitingOfLane: 64 },
    requester: {
      weight: 4,
      own: 0,
      running: places,
      runningOfLane: places - quarter,
      waiting: 1024,
      waitingOfLane: 256,
    },
    stranger: { weight: 1, own: 0, running: quarter, runningOfLane: quarter, waiting: 256, waitingOfLane: 64 },
  }
}

/** What kind asks at this path, where `name` has lately signed from the same address, or nobody has. */
export function kindOf(path: string, name: string | undefined): Kind {
  if (endings.has(path)) return 'ending'
  if (name === undefined) return 'stranger'
  return isRequester(name) ? 'requester' : 'holder'
}

/** Acts and stops carry their own signatures; so does the end of a key. All else that lessens has its right in the table. */
const endings: ReadonlySet<string> = new Set([
  '/v1/acts',
  '/v1/stop',
  '/v1/capabilities/end',
  ...Object.keys(routes).filter((path) => routes[path]?.rights.includes('narrow')),
])
