/** What callers of one kind may have of what is done at one time, and of waiting for it. */
export type Share = {
  /** Its part when several kinds wait, against the weights of the others. */
  readonly weight: number
  /** Places that nobody else takes, beside those of all. */
  readonly own: number
  /** In progress at most: of the kind, and of one lane. */
  readonly running: number
  readonly runningOfLane: number
  /** Waiting at most: of the kind, and of one lane. */
  readonly waiting: number
  readonly waitingOfLane: number
}

export type FairQueueOptions<Kind extends string> = {
  readonly shares: Readonly<Record<Kind, Share>>
  /** What is in progress at one time, beside what is a kind's own. */
  readonly places: number
  /** Milliseconds after which whoever still waits is refused: its caller has given up, or soon will. */
  readonly patience: number
  /** Milliseconds after which a turn gives its place on while others wait: what takes so long waits for somebody else. */
  readonly hold: number
  readonly monotonic: () => number
  readonly timer?: (milliseconds: number, act: () => void) => void
}

/** Why somebody is refused: their own lane is full, all of their kind are too many, or it took too long. */
export type Crowded = 'lane-full' | 'kind-full' | 'late'

/** Leave to work, until `end`, which may be called again. */
export type Turn = { readonly end: () => void }

/**
 * Start-time fair queueing with several in progress: whoever waits is taken by what their lane and their kind have had so
 * far, so that a lane that asks little waits for little, whatever the others ask for.
 */
export type FairQueue<Kind extends string> = {
  /** Why one more would be refused now. Changes nothing. */
  readonly refuses: (kind: Kind, lane: string) => Crowded | undefined
  /**
   * Calls `begin` once, at once or later, or `refuse` once. Returns what takes it out again if it still waits: then neither
   * is called.
   */
  readonly enter: (
    kind: Kind,
    lane: string,
    cost: number,
    begin: (turn: Turn) => void,
    refuse: (why: Crowded) => void,
  ) => () => void
  readonly running: (kind: Kind) => number
  readonly waiting: (kind: Kind) => number
  /** Waiting, of all kinds. */
  readonly length: () => number
}

type Entry = {
  /** What its lane had had when it came, of the time of its kind. */
  readonly start: number
  readonly cost: number
  readonly since: number
  readonly begin: (turn: Turn) => void
  readonly refuse: (why: Crowded) => void
}

/** `finish`: up to where it has had its part. */
type Lane = { readonly queue: Entry[]; running: number; finish: number }

type Group = {
  readonly share: Share
  readonly lanes: Map<string, Lane>
  readonly waitingLanes: Set<Lane>
  running: number
  waiting: number
  /** The start of what was begun last: the time of this kind, which lanes are late or early by. */
  time: number
  finish: number
}

/** Lanes kept of one kind that neither wait nor run, so that what they have had is not forgotten at once. */
const lanesKept = 1024

export function createFairQueue<Kind extends string>(options: FairQueueOptions<Kind>): FairQueue<Kind> {
  const { places, patience, hold, monotonic } = options
  const timer = options.timer ?? ((milliseconds, act) => void setTimeout(act, milliseconds).unref())
  const kinds = Object.keys(options.shares) as Kind[]
  const groupOf = Object.fromEntries(kinds.map((kind) => [kind, emptyGroup(options.shares[kind])])) as Record<
    Kind,
    Group
  >
  const groups = kinds.map((kind) => groupOf[kind])
  /** Turns that have a place, the oldest first, and since when. */
  const held = new Map<Turn, number>()
  let time = 0
  let waiting = 0
  let isWatching = false

  const mayBegin = ({ share, running }: Group): boolean => {
    if (running >= share.running) return false
    return (
      running < share.own || groups.reduce((sum, each) => sum + Math.max(0, each.running - each.share.own), 0) < places
    )
  }
  const mayBeginIn = (group: Group, lane: Lane): boolean => lane.running < group.share.runningOfLane && mayBegin(group)

  const begin = (group: Group, lane: Lane, start: number, cost: number, act: (turn: Turn) => void): void => {
    group.time = Math.max(group.time, start)
    time = Math.max(time, group.finish)
    group.finish = time + cost / group.share.weight
    group.running++
    lane.running++
    const turn: Turn = {
      end() {
        if (!held.delete(turn)) return
        group.running--
        lane.running--
        if (waiting > 0) takeNext()
        else if (held.size === 0) forget()
      },
    }
    held.set(turn, monotonic())
    act(turn)
  }

  /** Nobody works and nobody waits: nobody has had more than another. */
  const forget = (): void => {
    time = 0
    for (const group of groups) {
      group.time = group.finish = 0
      group.lanes.clear()
    }
  }

  const takeNext = (): void => {
    for (let next = chooseGroup(); next; next = chooseGroup()) {
      const { group, lane } = next
      const [entry] = lane.queue
      if (!entry) return
      takeOut(group, lane, entry)
      if (monotonic() - entry.since <= patience) begin(group, lane, entry.start, entry.cost, entry.begin)
      else {
        lane.finish -= entry.cost
        entry.refuse('late')
      }
    }
  }

  const chooseGroup = (): { readonly group: Group; readonly lane: Lane } | undefined => {
    let found: { readonly group: Group; readonly lane: Lane } | undefined
    for (const group of groups) {
      if (group.waiting === 0 || !mayBegin(group)) continue
      if (found && Math.max(time, found.group.finish) <= Math.max(time, group.finish)) continue
      const lane = chooseLane(group)
      if (lane) found = { group, lane }
    }
    return found
  }

  const takeOut = (group: Group, lane: Lane, entry: Entry): boolean => {
    const at = lane.queue.indexOf(entry)
    if (at < 0) return false
    lane.queue.splice(at, 1)
    group.waiting--
    waiting--
    if (lane.queue.length === 0) group.waitingLanes.delete(lane)
    return true
  }

  /** Its lane has not had what it waited for. */
  const drop = (group: Group, lane: Lane, entry: Entry): void => {
    if (takeOut(group, lane, entry)) lane.finish -= entry.cost
  }

  const refuses = (group: Group, lane: Lane | undefined): Crowded | undefined => {
    const length = lane?.queue.length ?? 0
    if (length >= group.share.waitingOfLane) return 'lane-full'
    if (group.waiting < group.share.waiting) return undefined
    // whoever waits in the longest lane makes room for a shorter one
    return (longestOf(group)?.queue.length ?? 0) > length + 1 ? undefined : 'kind-full'
  }

  /** While somebody waits, places are taken from turns that wait for something else. */
  const watch = (): void => {
    if (isWatching) return
    const [oldest] = held.values()
    if (oldest === undefined) return
    isWatching = true
    timer(Math.max(1, oldest + hold - monotonic()), () => {
      isWatching = false
      if (waiting === 0) return
      const before = monotonic() - hold
      for (const [turn, since] of [...held]) if (since <= before) turn.end()
      watch()
    })
  }

  const laneIn = (group: Group, name: string): Lane => {
    const known = group.lanes.get(name)
    if (known) return known
    if (group.lanes.size >= lanesKept)
      for (const [key, lane] of group.lanes) if (lane.running + lane.queue.length === 0) group.lanes.delete(key)
    const lane: Lane = { queue: [], running: 0, finish: 0 }
    group.lanes.set(name, lane)
    return lane
  }

  return {
    refuses: (kind, lane) => refuses(groupOf[kind], groupOf[kind].lanes.get(lane)),
    enter(kind, name, cost, onBegin, onRefuse) {
      const group = groupOf[kind]
      const lane = laneIn(group, name)
      const start = Math.max(group.time, lane.finish)
      if (lane.queue.length === 0 && mayBeginIn(group, lane)) {
        lane.finish = start + cost
        begin(group, lane, start, cost, onBegin)
        return () => {}
      }
      const why = refuses(group, lane)
      if (why) {
        onRefuse(why)
        return () => {}
      }
      if (group.waiting >= group.share.waiting) {
        const longest = longestOf(group)
        const last = longest?.queue.at(-1)
        if (longest && last) {
          drop(group, longest, last)
          last.refuse('kind-full')
        }
      }
      const entry: Entry = { start, cost, since: monotonic(), begin: onBegin, refuse: onRefuse }
      lane.finish = start + cost
      lane.queue.push(entry)
      group.waitingLanes.add(lane)
      group.waiting++
      waiting++
      watch()
      return () => drop(group, lane, entry)
    },
    running: (kind) => groupOf[kind].running,
    waiting: (kind) => groupOf[kind].waiting,
    length: () => waiting,
  }
}

function emptyGroup(share: Share): Group {
  return { share, lanes: new Map(), waitingLanes: new Set(), running: 0, waiting: 0, time: 0, finish: 0 }
}

/** Of the lanes that may begin one more, that whose next came when it had had least. */
function chooseLane({ share, waitingLanes }: Group): Lane | undefined {
  let found: Lane | undefined
  for (const lane of waitingLanes) {
    if (lane.running >= share.runningOfLane) continue
    if (!found || startOf(lane) < startOf(found)) found = lane
  }
  return found
}

function startOf({ queue }: Lane): number {
  return queue[0]?.start ?? Number.POSITIVE_INFINITY
}

function longestOf({ waitingLanes }: Group): Lane | undefined {
  let found: Lane | undefined
  for (const lane of waitingLanes) if (!found || lane.queue.length > found.queue.length) found = lane
  return found
}
