import { existsSync, readFileSync } from 'node:fs'
import type { Figure } from '../bench/figure.ts'
import { shown } from '../bench/report.ts'

/** One line of what a soak says: at most `gate`. */
export type SoakFigure = {
  readonly id: string
  readonly what: string
  readonly unit: string
  readonly measured: Figure
  readonly gate: number
  readonly parts: readonly { readonly name: string; readonly unit: string; readonly figure: Figure }[]
  readonly note: string
}

/** A soak, and the circumstances it was taken in. */
export type Soaked = {
  readonly figures: readonly SoakFigure[]
  readonly command: string
  readonly date: string
  readonly node: string
  readonly platform: string
  readonly cores: number
  /** Processes that wanted to run before it began. */
  readonly load: number
}

const file = new URL('../bench/soak.json', import.meta.url)

/** What was soaked last; undefined before the first time. */
export function lastSoaked(): Soaked | undefined {
  // written by `npm run soak` alone
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Soaked) : undefined
}

/** The section of RESULTS.md that a soak writes; empty before the first. */
export function soakSection(soaked: Soaked | undefined = lastSoaked()): string {
  if (!soaked) return ''
  const { figures, command, date, node, platform, cores, load } = soaked
  const rows = figures.map(
    ({ id, what, unit, measured, gate }) =>
      `| ${id} | ${what} | ${shown(measured.median)} ${unit} (${shown(measured.least)}–${shown(measured.most)}) | ≤ ${gate} | ${measured.median <= gate ? 'met' : 'missed'} |`,
  )
  return `
# What it bears

Written by \`npm run soak\`: a vault node under overload, and under many requests of all sorts. Node, whoever asks politely and
whoever floods are processes of one machine and share its ${cores} cores; flood and false signatures come from addresses of their own on
loopback, behind the others in priority. Idle and overload are stretches of one run that take turns. Medians of rounds, in
brackets the least and the most.

| | what | measured | goal | |
| --- | --- | --- | --- | --- |
${rows.join('\n')}

${figures.map(partsOf).join('\n\n')}

${date}, \`${command}\`, Node ${node}, ${platform}, ${cores} cores, ${shown(load)} processes wanting to run before it began.
`
}

function partsOf({ id, parts, note }: SoakFigure): string {
  const listed = parts.map(
    ({ name, unit, figure }) =>
      `${name} ${shown(figure.median)}${figure.least === figure.most ? '' : ` (${shown(figure.least)}–${shown(figure.most)})`} ${unit}`,
  )
  return `**${id}**: ${[...listed, note].join('; ')}.`
}
