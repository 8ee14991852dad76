import { meets, type Result } from './row.ts'

/** The table of the README: a line a figure, what the goal asks, whether it is met, and how far to believe it. */
export function shortTable(results: readonly Result[]): string {
  const rows = results.map(
    (result) => `| ${result.id} | ${result.what} | ${measuredOf(result)} | ${goalOf(result)} | ${verdictOf(result)} |`,
  )
  return ['| | what | measured | goal | |', '| --- | --- | --- | --- | --- |', ...rows, ...busyLines(results)].join(
    '\n',
  )
}

/** What to think of figures that were taken beside other work. */
function busyLines(results: readonly Result[]): string[] {
  const busy = results.filter(isBusy)
  if (busy.length === 0) return []
  const [least, most] = [Math.min(...busy.map(({ load }) => load)), Math.max(...busy.map(({ load }) => load))]
  const which = busy.length === results.length ? 'All of these' : busy.map(({ id }) => id).join(', ')
  return [
    '',
    `${which} were taken beside other work: ${shown(least)} to ${shown(most)} processes wanted the ${busy[0]?.cores} cores. Waits (R3, T1 and`,
    'the starts) say nothing then, and ratios of CPU are too high, since code that touches more memory suffers more.',
  ]
}

function isBusy({ load, cores }: Result): boolean {
  return load > cores * 1.5
}

/** All that was measured, with its floors, spread and circumstances; and what was measured apart, as a section of its own. */
export function longReport(results: readonly Result[], apart = ''): string {
  return `# What it costs

Written by \`npm run bench\`; \`npm run bench -- --only R1,V1\` measures some rows again and leaves the others. Every figure is
the median of rounds in which a process of ours and its floors, programs of ours in [\`floors\`](floors), take turns on
loopback; in brackets the least and the most. Ratios are formed within a round. CPU is user and system time of the whole
process, all its threads. \`bare\` is \`node:http\` answering a constant of the same size, \`POST\` the same taking a body; V, S
and H are one Ed25519 verification, one signature and one SHA-256 of 65 bytes by \`node:crypto\`, L one \`getSync\` of LevelDB,
each in its median of the same rounds. No goal fails a build: a benchmark reports.

${shortTable(results)}

${results.map(detailsOf).join('\n\n')}
${apart}`
}

function detailsOf(result: Result): string {
  const { id, what, against, parts, note, rounds, command, date, node, platform, cores, load } = result
  return [
    `## ${id}`,
    '',
    `${capital(what)}: **${measuredOf(result)}**, against ${against}. ${capital(goalOf(result))}${verdictOf(result) ? `: ${verdictOf(result)}` : ''}.${note ? ` ${capital(note)}.` : ''}`,
    ...(parts.length === 0 ? [] : ['', '| | median | least | most |', '| --- | --- | --- | --- |']),
    ...parts.map(
      ({ name, unit, figure }) =>
        `| ${name}, ${unit} | ${shown(figure.median)} | ${shown(figure.least)} | ${shown(figure.most)} |`,
    ),
    '',
    `${rounds} rounds, ${date}, \`${command}\`, Node ${node}, ${platform}, ${cores} cores, ${shown(load)} processes wanting to run${
      isBusy(result) ? ' (a busy machine)' : ''
    }.`,
  ].join('\n')
}

function measuredOf({ measured, unit }: Result): string {
  const { median, least, most } = measured
  return `${shown(median)} ${unit} (${shown(least)}–${shown(most)})`
}

function goalOf({ gate, atLeast }: Result): string {
  if (gate === null) return 'no goal set'
  return `${atLeast ? '≥' : '≤'} ${gate}`
}

function verdictOf(result: Result): string {
  const met = meets(result)
  if (met === undefined) return ''
  return met ? 'met' : 'missed'
}

/** Three digits that mean something. */
export function shown(value: number): string {
  if (value >= 1000) return String(Math.round(Number(value.toPrecision(3))))
  return String(Number(value.toPrecision(3)))
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}

const begin = '<!-- written by npm run bench -->'
const end = '<!-- until here -->'

/** A text with what stands between its marks replaced. Throws for one without marks. */
export function withTable(text: string, table: string): string {
  const from = text.indexOf(begin)
  const to = text.indexOf(end)
  if (from < 0 || to < from) throw new Error(`writing the table: expected ${begin} and ${end}`)
  return `${text.slice(0, from)}${begin}\n\n${table}\n\n${text.slice(to)}`
}

/** What is known with what was measured now, in the order of `ids`; what is not of them is dropped. */
export function merge(known: readonly Result[], fresh: readonly Result[], ids: readonly string[]): Result[] {
  return ids.flatMap((id) => fresh.find((one) => one.id === id) ?? known.find((one) => one.id === id) ?? [])
}
