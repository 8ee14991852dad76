import { type Act, insist } from './stage.ts'

/** Her data comes in from the files people really get. */
export const bringIn: Act = async ({ dcannBeside, samples, hers, left }) => {
  const began = performance.now()
  const [searches, rides] = await Promise.all([
    dcannBeside('import', samples.searches),
    dcannBeside('import', samples.rides),
  ])
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  const [first, second] = [tally(searches), tally(rides)]
  left.entries = first.added + second.added
  insist(left.entries > 5_000, `only ${left.entries} entries came in`)
  return {
    claim: 'Her searches and rides come in from two exports; what is malformed is named, the rest goes in.',
    proof: [
      `${first.added} searches and visits, ${second.added} rides · ${seconds} s · malformed: line ${some(first.malformed)}; ${some(second.malformed)}`,
    ],
    check: {
      command: `npx --no-install dcann import ${samples.rides} --home ${hers}`,
      expect: /(?:^|[^0-9])0 (?:entries |new |were )?(?:added|new)|[Nn]othing new|adds nothing/,
    },
  }
}

type Skipped = { readonly line: number; readonly code: string }

function tally(report: Readonly<Record<string, unknown>>): { readonly added: number; readonly malformed: number[] } {
  const skipped = (report['skipped'] ?? []) as readonly Skipped[]
  return {
    added: Number(report['added']),
    malformed: skipped.filter(({ code }) => code !== 'left-out' && code !== 'duplicate').map(({ line }) => line),
  }
}

/** The first of them, and how many more there are. */
function some([first, ...others]: readonly unknown[]): string {
  return `${String(first)} and ${others.length} more`
}
