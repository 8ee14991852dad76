/** What became of a lane's work: nothing waits any more that could be done now, or the other side did not take it. */
export type LaneOutcome = 'done' | 'failed'

/** Work in lanes, one for each other side: none waits for another. */
export type Lanes = {
  /** Begins a lane's work, unless it is under way, has failed lately, or too many are at work. */
  readonly run: (name: string) => void
  /** Resolves when nothing is under way, at the latest after so many real milliseconds. */
  readonly settle: (milliseconds: number) => Promise<void>
  readonly underWay: () => number
}

export type LanePorts = {
  /** Milliseconds. */
  readonly monotonic: () => number
  /** Seconds after a first failure, doubling, and at most. */
  readonly retryLeast: number
  readonly retryMost: number
  readonly onError: (error: unknown) => void
}

/** Lanes at work at one time, and how many of them may be such as have failed: those that hang leave room for the rest. */
const atWorkMost = 32
const failingMost = 8

type Lane = { running: boolean; failures: number; due: number }

/** Lanes in memory: a restart forgets who has failed, and tries each once more. What waits is the caller's to keep. */
export function createLanes(work: (name: string) => Promise<LaneOutcome>, ports: LanePorts): Lanes {
  const { monotonic, retryLeast, retryMost, onError } = ports
  const lanes = new Map<string, Lane>()
  const running = new Map<string, Promise<void>>()

  const begin = async (name: string, lane: Lane): Promise<void> => {
    let outcome: LaneOutcome = 'failed'
    try {
      outcome = await work(name)
    } catch (error) {
      onError(error)
    }
    running.delete(name)
    lane.running = false
    if (outcome === 'done') {
      lanes.delete(name)
      return
    }
    lane.due = monotonic() + Math.min(retryLeast * 2 ** lane.failures, retryMost) * 1000
    lane.failures++
  }

  return {
    run(name) {
      const lane = lanes.get(name) ?? { running: false, failures: 0, due: 0 }
      if (lane.running || monotonic() < lane.due || running.size >= atWorkMost) return
      const failing = [...lanes.values()].filter((one) => one.running && one.failures > 0).length
      if (lane.failures > 0 && failing >= failingMost) return
      lanes.set(name, lane)
      lane.running = true
      running.set(name, begin(name, lane))
    },
    async settle(milliseconds) {
      if (running.size === 0) return
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, milliseconds)))
      await Promise.race([Promise.all(running.values()), late])
      clearTimeout(timer)
    },
    underWay: () => running.size,
  }
}
