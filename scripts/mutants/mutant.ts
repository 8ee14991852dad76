/** One text of one file, and what stands there instead. */
export type Edit = { readonly file: string; readonly from: string; readonly to: string }

/** A defect planted on purpose: what it breaks, how, and the tests of the suite that have to notice. */
export type Mutant = {
  readonly name: string
  /** What a program with it does wrong, said of the program. */
  readonly breaks: string
  readonly edits: readonly Edit[]
  /** Files of the normal suite, few enough to run in seconds. */
  readonly tests: readonly string[]
}

/** Mutants of one file that the same tests have to notice. */
export function mutantsOf(file: string, tests: readonly string[]) {
  return (name: string, breaks: string, from: string, to: string, ...also: readonly Edit[]): Mutant => ({
    name,
    breaks,
    edits: [{ file, from, to }, ...also],
    tests,
  })
}

/**
 * The text with an edit made. Throws when what it replaces is not there exactly once: a defect that is no longer planted
 * would count as one that was noticed.
 */
export function planted(text: string, { file, from, to }: Edit): string {
  const pieces = text.split(from)
  if (pieces.length !== 2)
    throw new Error(
      `planting a mutant: ${JSON.stringify(from)} occurs ${pieces.length - 1} times in ${file}, expected once`,
    )
  return pieces.join(to)
}
