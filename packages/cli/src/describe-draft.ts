import type { RecordOf } from '@dcann/protocol/admission'
import type { Draft } from '@dcann/protocol/hands'
import type { Held } from '@dcann/protocol/record'
import { recordRows } from './describe-record.ts'
import { countOf, type Signing, type Standing } from './standing.ts'
import { table } from './wrap.ts'

/** What a record would say: in words and then all of it when it is new, else every member that becomes another. */
export function describeDraft(draft: Draft, { held }: Pick<Standing, 'held'>): string[] {
  const { name, seq } = draft.payload
  const before = held(draft.kind, name)
  if (before === undefined) {
    const words = [`${name}, number ${seq}:`, ...table(recordRows(draft.payload))]
    return [...words, 'Every member, as it is signed:', ...table(leaves(draft.payload))]
  }
  const rows = changed(before, draft.payload)
  return [
    `${name}, number ${seq}, in place of number ${before.payload.seq}:`,
    ...table(rows.length > 0 ? rows : [['Changes', 'nothing']]),
  ]
}

/** Whose keys are whose, and who of them has signed. */
export function describeHands({ hands, signers }: Signing): string[] {
  return ['Signatures:', ...table(hands.map((hand) => [hand.who, countOf(hand, signers)]))]
}

type Row = readonly [string, string]

/** Members that say what a record is, rather than where it stands in its chain. */
function leaves(payload: RecordOf[keyof RecordOf]): Row[] {
  return flat(payload).filter(([path]) => !['v', 'name', 'seq', 'prev'].includes(path))
}

function changed({ payload: before }: Held<RecordOf[keyof RecordOf]>, after: RecordOf[keyof RecordOf]): Row[] {
  const [was, is] = [new Map(leaves(before)), new Map(leaves(after))]
  const paths = [...new Set([...was.keys(), ...is.keys()])].filter((path) => path !== 'at')
  return paths.flatMap((path): Row[] => {
    const [from = 'nothing', to = 'nothing'] = [was.get(path), is.get(path)]
    return from === to ? [] : [[path, `${from} → ${to}`]]
  })
}

/** Every value by its path: `valid.until`, `keys.0`. */
function flat(value: unknown, path = ''): Row[] {
  if (typeof value !== 'object' || value === null) return [[path, String(value)]]
  const members = Object.entries(value)
  if (members.length === 0) return [[path, 'none']]
  return members.flatMap(([member, inner]) => flat(inner, path === '' ? member : `${path}.${member}`))
}
