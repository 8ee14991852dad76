import { problems } from '@dcann/http/problem'
import { derivedClaims } from '@dcann/protocol/claim'
import { errorCodes } from '@dcann/protocol/errors'
import { limits, times } from '@dcann/protocol/limits'

/** What the specification repeats from the code, by the text that it stands in and the name of its marks. */
export const printed: Readonly<Record<'limits' | 'errors' | 'claim', () => string>> = {
  limits: limitsTable,
  errors: errorsTable,
  claim: claimsTable,
}

/** The text with what is printed from the code put anew between its two marks. */
export function withPrinted(name: keyof typeof printed, text: string): string {
  const [begins, ends] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`]
  const [from, to] = [text.indexOf(begins), text.indexOf(ends)]
  if (from < 0 || to < from) throw new Error(`printing ${name}: the text lacks ${begins} or ${ends}`)
  return `${text.slice(0, from + begins.length)}\n\n${printed[name]()}\n\n${text.slice(to)}`
}

function limitsTable(): string {
  const sizes = Object.entries(limits).map(([name, value]) => [
    name,
    grouped(value),
    name.endsWith('Bytes') ? 'bytes' : '',
  ])
  const lapses = Object.entries(times).map(([name, value]) => [name, grouped(value), unitOfTime(name, value)])
  const rows = [...sizes, ...lapses].map(([name, value, unit]) => `| \`${name}\` | ${value} | ${unit} |`)
  return ['| name | value | unit |', '|---|--:|---|', ...rows].join('\n')
}

function errorsTable(): string {
  const rows = errorCodes.map((code) => {
    const [status, title] = problems[code]
    return status === 500 && code !== 'internal'
      ? `| \`${code}\` | – | concluded by a client, never sent |`
      : `| \`${code}\` | ${status} | ${title} |`
  })
  return ['| code | status | |', '|---|--:|---|', ...rows].join('\n')
}

function claimsTable(): string {
  const rows = derivedClaims.map(({ name, strand, window, meaning }) => {
    const reach = window === null ? 'everything' : `${window / 86_400} days`
    return `| \`${name}\` | \`${strand}\` | ${reach} | ${meaning} |`
  })
  return ['| claim | strand | looks at | meaning |', '|---|---|---|---|', ...rows].join('\n')
}

function grouped(value: number): string {
  return String(value).replaceAll(/\B(?=(?:[0-9]{3})+$)/g, ',')
}

function unitOfTime(name: string, seconds: number): string {
  if (name.endsWith('Milliseconds')) return 'milliseconds'
  if (seconds % 86_400 === 0) return `seconds, ${seconds / 86_400} ${seconds === 86_400 ? 'day' : 'days'}`
  return 'seconds'
}
