import { limits, times } from '@dcann/protocol/limits'

const [begins, ends] = ['<!-- limits: begin -->', '<!-- limits: end -->']

/** The text with its table of limits as the code has them, between two marks that stay. */
export function withLimitsTable(text: string): string {
  const [from, to] = [text.indexOf(begins), text.indexOf(ends)]
  if (from < 0 || to < from) throw new Error(`printing limits: the text lacks ${begins} or ${ends}`)
  return `${text.slice(0, from + begins.length)}\n\n${table()}\n\n${text.slice(to)}`
}

function table(): string {
  const sizes = Object.entries(limits).map(([name, value]) => [name, grouped(value), unitOfSize(name)])
  const lapses = Object.entries(times).map(([name, value]) => [name, grouped(value), unitOfTime(name, value)])
  const rows = [...sizes, ...lapses].map(([name, value, unit]) => `| \`${name}\` | ${value} | ${unit} |`)
  return ['| name | value | unit |', '|---|--:|---|', ...rows].join('\n')
}

function grouped(value: number): string {
  return String(value).replaceAll(/\B(?=(?:[0-9]{3})+$)/g, ',')
}

function unitOfSize(name: string): string {
  return name.endsWith('Bytes') ? 'bytes' : ''
}

function unitOfTime(name: string, seconds: number): string {
  if (name.endsWith('Milliseconds')) return 'milliseconds'
  if (seconds % 86_400 === 0) return `seconds, ${seconds / 86_400} ${seconds === 86_400 ? 'day' : 'days'}`
  return 'seconds'
}
