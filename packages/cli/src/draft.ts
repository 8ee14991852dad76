import { resolve } from 'node:path'
import { nouns } from '@dcann/protocol/admission'
import { z } from 'zod'
import { parseBounded } from '@dcann/protocol/canonical'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import { type Draft, type DraftKind, missingHands } from '@dcann/protocol/hands'
import { parseName } from '@dcann/protocol/name'
import { parseSchema } from '@dcann/protocol/signed'
import { formatTime } from '@dcann/protocol/time'
import type { Report } from './command.ts'
import { describeDraft } from './describe-draft.ts'
import { UsageError } from './failure.ts'
import { readNamed } from './folder.ts'
import { writeNew } from './key-file.ts'
import { defined, type Members } from './draft-members.ts'
import type { Given, ofDraft } from './options.ts'
import { readDraft } from './record-file.ts'
import type { Screen } from './screen.ts'
import { missingWords, type Standing } from './standing.ts'

export type Drafting<K extends DraftKind> = {
  readonly kind: K
  readonly name: string
  readonly given: Given<typeof ofDraft>
  readonly screen: Screen
  readonly standing: Standing
  /** What the options say, over what stands and what the file says. */
  readonly members: (base: Members) => Promise<Members> | Members
  /** Which option gives a member that a first record cannot do without. */
  readonly needs: Readonly<Record<string, string>>
  /** Members that stand and are not carried over. */
  readonly drops?: readonly string[]
}

/** Makes a draft: what stands, carried over, with its number and the record id it replaces; then the file; then the options. */
export async function makeDraft<K extends DraftKind>(drafting: Drafting<K>): Promise<Report | 0> {
  const { kind, name, given, screen, standing, needs, drops = [] } = drafting
  const held = standing.held(kind, name)
  const at = formatTime(standing.now)
  const place = held
    ? { ...held.payload, seq: held.payload.seq + 1, prev: held.id, at }
    : { v: 1, name, seq: 1, prev: null, at }
  const carried = Object.fromEntries(Object.entries(place).filter(([member]) => !drops.includes(member)))
  const base: Members = { ...carried, ...(await readMembers(given.from)) }
  const members: Members = { ...base, ...defined(await drafting.members(base)) }
  const missing = Object.entries(needs).find(([member]) => members[member] === undefined)
  if (missing) throw new UsageError(`${missing[1]} is missing`)
  const payload = parseSchema(nouns[kind].schema, members, `drafting ${quote(name)}`)
  const { draft } = readDraft(payload)
  return await giveDraft(draft, { given, screen, standing })
}

async function giveDraft(
  draft: Draft,
  { given, screen, standing }: Pick<Drafting<DraftKind>, 'given' | 'screen' | 'standing'>,
): Promise<Report | 0> {
  const { name, seq } = draft.payload
  // a record that no signature could make good is not handed round
  const ways = missingHands(draft, [], standing.held, standing.now)
  const wants = missingWords({ ways, signers: [] })
  if (given.out === undefined) {
    screen.printJson(draft.payload)
    screen.tell(...describeDraft(draft, standing), `To be signed by ${wants}: dcann sign <file> --key <key file>`)
    return 0
  }
  await writeNew(given.out, `${JSON.stringify(draft.payload, null, 2)}\n`, 0o644)
  return {
    json: { file: given.out, name, seq, wants: ways.map((hands) => hands.map(({ who }) => who)) },
    lines: [
      ...describeDraft(draft, standing),
      `It is in ${given.out}, to be signed by ${wants}: dcann sign ${given.out} --key <key file>`,
    ],
  }
}

/** The object in a file of members; none without a file. */
async function readMembers(file: string | undefined): Promise<Members> {
  if (file === undefined) return {}
  const value = parseBounded(await readNamed(resolve(file), 'the members'))
  return parseSchema(z.record(z.string(), z.json()), value, `reading the members ${quote(file, 200)}`)
}

/** The name that a draft command is given, of the kind it drafts. */
export function requireName(name: string, kind: DraftKind): string {
  try {
    if (parseName(name).kind === kind) return name
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
  }
  const like = {
    root: 'root',
    country: 'country/LV',
    operator: 'LV/operator/x',
    node: 'LV/node/x',
    requester: 'LV/requester/x',
    policy: 'policy/x',
  }
  throw new UsageError(
    `${JSON.stringify(name)} is no name of ${kind === 'operator' ? 'an' : 'a'} ${kind}; expected one like ${like[kind]}`,
  )
}
