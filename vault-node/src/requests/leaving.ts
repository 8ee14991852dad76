import type { Departing } from '@dcann/http/departure'
import type { Store } from '@dcann/store/store'

/** Answers that are on their way out of this process, by the lease they leave under. */
export type Leaving = {
  /** Before the commit that takes the lease: from here on a revoke finds it. */
  readonly announce: (lease: string, agreement: string, requester: string) => Announced
  /** Cuts what leaves under an agreement; resolves, when all of it is out or destroyed, with the leases that were cut. */
  readonly clear: (agreement: string) => Promise<readonly string[]>
  /** How many answers a requester has not taken from its socket for this many milliseconds. */
  readonly unread: (requester: string, milliseconds: number) => number
  readonly size: () => number
}

/** One answer between its decision and its last byte. */
export type Announced = {
  /** Whether a revoke came before the first byte: then nothing may be written. */
  readonly isCut: () => boolean
  /** The bytes are on their way; ends with them. */
  readonly follow: (departing: Departing) => void
  /** Nothing is sent after all. */
  readonly withdraw: () => void
}

type Going = {
  readonly agreement: string
  readonly requester: string
  readonly gone: Promise<void>
  readonly end: () => void
  cut: boolean
  departing: Departing | undefined
  /** Monotonic milliseconds at which its bytes began to leave. */
  since: number | undefined
}

export function createLeaving(
  store: Pick<Store, 'release' | 'recalling'>,
  monotonic: () => number = () => performance.now(),
): Leaving {
  const going = new Map<string, Going>()
  const byRequester = new Map<string, Set<Going>>()

  const leave = async (lease: string, one: Going): Promise<void> => {
    going.delete(lease)
    const others = byRequester.get(one.requester)
    if (others?.delete(one) && others.size === 0) byRequester.delete(one.requester)
    one.end()
    await store.release(lease)
  }

  const cutOff = (one: Going): void => {
    // what is written whole already is not undone by this; `left` says how it ended
    if (!one.departing) one.cut = true
    one.departing?.cut()
  }

  // another process has ended what this answer rests on
  store.recalling?.onRecall((lease) => {
    const one = going.get(lease)
    if (one) cutOff(one)
  })

  return {
    size: () => going.size,
    unread(requester, milliseconds) {
      const begun = monotonic() - milliseconds
      return [...(byRequester.get(requester) ?? [])].filter(({ since = Infinity }) => since < begun).length
    },
    announce(lease, agreement, requester) {
      const { promise: gone, resolve: end } = Promise.withResolvers<void>()
      const one: Going = { agreement, requester, gone, end, cut: false, departing: undefined, since: undefined }
      going.set(lease, one)
      byRequester.set(requester, (byRequester.get(requester) ?? new Set()).add(one))
      return {
        isCut: () => one.cut,
        follow(departing) {
          one.departing = departing
          one.since = monotonic()
          void departing.left.then((how) => {
            one.cut ||= how === 'cut'
            return leave(lease, one)
          })
        },
        withdraw: () => void leave(lease, one),
      }
    },
    async clear(agreement) {
      const found = [...going].filter(([, one]) => one.agreement === agreement)
      for (const [, one] of found) cutOff(one)
      await Promise.all(found.map(([, one]) => one.gone))
      return found.flatMap(([lease, one]) => (one.cut ? [lease] : []))
    },
  }
}
