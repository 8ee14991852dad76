import { readFileSync } from 'node:fs'
import type { Command } from './command.ts'
import { columns, table } from './wrap.ts'
import { verbs } from './verbs.ts'

/** The overview. */
export function help(): string[] {
  const all = [...verbs].map(([name, { says }]): readonly [string, string] => [name, says])
  const isOne = (name: string, of: readonly string[]): boolean => of.includes(name)
  const requesters = ['ask', 'accept', 'query', 'verify', 'verify-log', 'monitor', 'gateway']
  const operators = ['registry serve', 'witness serve', 'mirror serve', 'vault serve', 'fsck']
  const signing = all.filter(([name]) => /^(?:key|sign|check|submit)(?: |$)| draft$/.test(name))
  const holders = all.filter((each) => !isOne(each[0], [...requesters, ...operators]) && !signing.includes(each))
  return [
    'dcann: data passports, the vaults they live in, and what may be asked of them',
    '',
    'Whoever holds a passport:',
    ...table(holders),
    '',
    'Whoever asks, and whoever doubts:',
    ...table(all.filter(([name]) => isOne(name, requesters))),
    '',
    'Whoever signs records: root, country, operator, node, requester:',
    ...table(signing),
    '',
    'Whoever runs a node:',
    ...table(all.filter(([name]) => isOne(name, operators))),
    '',
    'dcann <command> --help shows options and an example; dcann --version says which this is.',
    'Exit codes: 0 done, 1 refused or failed, 2 wrong words.',
  ]
}

/** One command's own help. */
export function helpOf(name: string, { says, takes = [], options, example }: Command): string[] {
  const head = ['dcann', name, ...takes, '[options]'].join(' ')
  return [
    `Usage: ${head}`.slice(0, columns),
    '',
    says,
    '',
    'Options:',
    ...table(
      Object.entries(options).map(([option, { value, many, says: meaning }]) => [
        `--${option}${value === undefined ? '' : ` ${value}${many === true ? '…' : ''}`}`,
        meaning,
      ]),
    ),
    '',
    'Example:',
    `  ${example}`,
  ]
}

/** Which dcann this is, and on what it runs. */
export function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  const number =
    typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : 'unknown'
  return `dcann ${number} (Node ${process.versions.node})`
}
