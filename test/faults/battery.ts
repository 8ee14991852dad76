/** How long a battery may go on, and from which seed it draws. */
export type Budget = {
  /** How many of whatever it counts; its own floor when absent. */
  readonly count: number | undefined
  /** Seconds since 1970 after which it begins nothing more. */
  readonly until: number
  readonly seed: number
  /** An empty folder of its own. */
  readonly folder: string
  /** What it is doing, for whoever waits. */
  readonly say: (line: string) => void
}

/** What a battery came to. */
export type Outcome = {
  /** How often it did what it does, and in which words: `500 kills`. */
  readonly count: number
  readonly of: string
  /** Below this many it has shown nothing. */
  readonly floor: number
  /** What else it looked at: `12,345 acknowledged writes`. */
  readonly looked: string
  /** Everything that was not as it must be. */
  readonly failures: readonly string[]
  /** What the same check said of a fault planted for it; undefined when it saw nothing. */
  readonly caught: string | undefined
  /** What this machine could not do, loudly. */
  readonly without?: string
}

export type Battery = (budget: Budget) => Promise<Outcome>

/** Whether nothing failed, enough was done, and the planted fault was seen. */
export function isGood({ failures, count, floor, caught }: Outcome): boolean {
  return failures.length === 0 && count >= floor && caught !== undefined
}

/** Whether there is time to begin another one. */
export function hasTime({ until }: Pick<Budget, 'until'>): boolean {
  return Date.now() / 1000 < until
}
