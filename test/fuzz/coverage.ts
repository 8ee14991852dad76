import { type Profiler, Session } from 'node:inspector'

/** What the program has run so far, by characters of its sources. */
export type Coverage = {
  /** Whether anything ran since the last look that never ran before. It is not remembered. */
  readonly isNew: () => boolean
  /** How many characters ran since the last look that never ran before; they are remembered. */
  readonly gain: () => number
  /** Characters that ran at least once and are remembered. */
  readonly covered: () => number
  readonly stop: () => void
}

/**
 * Begins to count, in this thread, which blocks of which sources run (V8's precise coverage). Sources for which `counts`
 * says no are left out. To be begun before the sources are imported. Blocks are kept by characters, since V8 joins and
 * parts ranges by how often they ran.
 */
export function beginCoverage(counts: (url: string) => boolean): Coverage {
  const session = new Session()
  session.connect()
  session.post('Profiler.enable')
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  const remembered = new Map<string, Uint8Array>()
  const drafts = new Map<string, Uint8Array>()
  let covered = 0

  const take = (remember: boolean): number => {
    let fresh = 0
    session.post('Profiler.takePreciseCoverage', (error, taken) => {
      if (error) throw error
      for (const { url, scriptId, functions } of taken.result)
        if (counts(url)) fresh += add(scriptId, functions, remember)
    })
    return fresh
  }

  const add = (script: string, functions: readonly Profiler.FunctionCoverage[], remember: boolean): number => {
    const length = Math.max(0, ...functions.map(({ ranges }) => ranges[0]?.endOffset ?? 0))
    const known = atLeast(remembered, script, length)
    const now = atLeast(drafts, script, length)
    // outer functions and ranges come before those inside them, and what is said last of a character is right
    for (const { ranges } of functions)
      for (const { startOffset, endOffset, count } of ranges) now.fill(count > 0 ? 1 : 0, startOffset, endOffset)
    let fresh = 0
    for (const { ranges } of functions) {
      const [whole] = ranges
      for (let i = whole?.startOffset ?? 0; i < (whole?.endOffset ?? 0); i++) {
        if (now[i] === 1 && known[i] !== 1) {
          fresh++
          if (remember) known[i] = 1
        }
        now[i] = 0
      }
    }
    return fresh
  }

  return {
    isNew: () => take(false) > 0,
    gain() {
      const fresh = take(true)
      covered += fresh
      return fresh
    },
    covered: () => covered,
    stop: () => session.disconnect(),
  }
}

/** The marks of a script, grown to that length. */
function atLeast(marks: Map<string, Uint8Array>, script: string, length: number): Uint8Array {
  const found = marks.get(script)
  if (found && found.length >= length) return found
  const longer = new Uint8Array(length)
  if (found) longer.set(found)
  marks.set(script, longer)
  return longer
}
