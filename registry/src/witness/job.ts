import { setTimeout as wait } from 'node:timers/promises'
import type { Job } from '@dcann/http/jobs'
import { errorFields, type Logger } from '@dcann/http/log'
import { ProtocolError } from '@dcann/protocol/errors'
import { times } from '@dcann/protocol/limits'
import type { ZoneName } from '@dcann/protocol/name'
import type { HeadBoard } from '../log/heads.ts'
import type { Hander } from './hand-head.ts'

export type HandingDesk = {
  readonly heads: HeadBoard
  readonly hander: Hander
  readonly zones: readonly ZoneName[]
}

/** Milliseconds before a witness that failed is tried again: at first, and at most. */
const failureLeast = 100
const failureMost = 5_000

/** Where one zone stands with one witness: sizes, and when it is due on the monotonic clock. */
type Course = { known: number; handed: number; due: number; failed: number; busy: boolean }

/**
 * Hands the heads of the zones served here to one witness: each new one at once, the newest again every 15 seconds. Zones do
 * not wait for each other, and a witness that is down is asked again ever less often. One round lasts until it is stopped.
 */
export function handHeads({ heads, hander, zones }: HandingDesk, prefix: string, logger: Pick<Logger, 'warn'>): Job {
  const courses = new Map(
    zones.map((zone): [ZoneName, Course] => [zone, { known: 0, handed: 0, due: 0, failed: 0, busy: false }]),
  )
  const underWay = new Set<Promise<void>>()
  let wake: () => void = () => {}
  heads.onShown(() => wake())

  const handOne = async (zone: ZoneName, course: Course, now: () => number): Promise<void> => {
    const size = heads.get(zone)?.size ?? 0
    try {
      course.known = await hander.hand(zone, prefix, course.known, Math.floor(now()))
      course.handed = size
      course.failed = 0
      course.due = performance.now() + times.recosign * 1000
    } catch (error) {
      const refused = error instanceof ProtocolError && error.code !== 'unreachable'
      if (course.failed === 0 || refused)
        logger.warn('a witness does not cosign', { part: zone, ...errorFields(error) })
      course.due = performance.now() + Math.min(failureLeast * 2 ** course.failed, failureMost)
      course.failed += 1
    }
    course.busy = false
    wake()
  }

  return async (signal, now) => {
    while (!signal.aborted) {
      const woken = new Promise<void>((resolve) => (wake = resolve))
      let next = performance.now() + times.recosign * 1000
      for (const [zone, course] of courses) {
        const size = heads.get(zone)?.size
        if (size === undefined || course.busy) continue
        if (performance.now() >= course.due || (course.failed === 0 && size > course.handed)) {
          course.busy = true
          const handing = handOne(zone, course, now).finally(() => underWay.delete(handing))
          underWay.add(handing)
        } else next = Math.min(next, course.due)
      }
      const pause = new AbortController()
      const stop = (): void => pause.abort()
      signal.addEventListener('abort', stop, { once: true })
      const rest = wait(Math.max(next - performance.now(), 5), undefined, { signal: pause.signal }).catch(() => {})
      await Promise.race([woken, rest])
      signal.removeEventListener('abort', stop)
      pause.abort()
    }
    await Promise.all(underWay)
    return 1
  }
}
