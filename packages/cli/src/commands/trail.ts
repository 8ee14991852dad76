import { defineCommand, type Report } from '../command.ts'
import { UsageError } from '../failure.ts'
import { type Holder, openHolder } from '../holder.ts'
import { ofWallet } from '../options.ts'
import { minuteOf } from '../plain-words.ts'
import { type Line, proveLines, type Proof } from '@dcann/sdk/prove-trail'
import { columns, cut } from '../wrap.ts'

export const trail = defineCommand({
  says: 'Lists everything that happened to your passport, newest last: who asked for what, and what became of it.',
  options: {
    last: { value: '<n>', says: 'only the newest lines' },
    prove: { says: "also prove that each line is in the node's signed log, and that no line is missing" },
    ...ofWallet,
  },
  example: 'dcann trail --last 20 --prove',
  run: async ({ given, folder, screen }): Promise<Report> => {
    if (given.last !== undefined && !/^[1-9][0-9]{0,6}$/.test(given.last))
      throw new UsageError('--last is no whole number')
    const holder = await openHolder({ folder, screen, given })
    const all = await readLines(holder, given.prove)
    const lines = given.last === undefined ? all : all.slice(-Number(given.last))
    const proofs = given.prove ? await proveLines(lines, all, holder) : undefined
    const broken = proofs?.find((proof) => proof.is === 'broken')
    return {
      exit: broken ? 1 : 0,
      json: {
        lines: lines.map(({ log: _, inclusion: __, ...line }, i) => ({
          ...line,
          ...(proofs ? { proof: proofs[i] } : {}),
        })),
      },
      lines: [
        ...lines.map((line, i) => `${proofs ? `${markOf(proofs[i])} ` : ''}${describe(line)}`),
        ...(lines.length === 0 ? ['Nothing has happened yet.'] : []),
        ...(proofs ? [summary(proofs, holder.node)] : []),
        ...(broken?.is === 'broken' ? [`✗ ${broken.why}`] : []),
      ],
    }
  },
})

async function readLines({ vault, by }: Holder, prove: true | undefined): Promise<Line[]> {
  const lines: Line[] = []
  let after: string | undefined
  for (;;) {
    const page = await vault.readTrail(by, {
      limit: 256,
      ...(prove ? { prove } : {}),
      ...(after === undefined ? {} : { after }),
    })
    const { log } = page
    lines.push(...page.lines.map((line) => (log ? { ...line, log } : line)))
    if (page.next === undefined || page.next === after) return lines
    after = page.next
  }
}

function describe({ entry, requester, about }: Line): string {
  const what = about.length > 0 ? about.join('; ') : wordsOfKind[entry.kind]
  const before = `${minuteOf(entry.at)}  ${requester ?? 'you'}  `
  const after = `  ${outcomeOf(entry)}`
  // one line each, with room for a mark
  return `${before}${cut(what, columns - 2 - before.length - after.length)}${after}`
}

const wordsOfKind: Readonly<Record<Line['entry']['kind'], string>> = {
  activated: 'an agreement',
  act: 'an agreement',
  answer: 'a request',
  refusal: 'a request',
  ask: 'an ask',
  binding: 'a handle',
  strand: 'a strand',
  import: 'an import',
  capability: 'another key',
  invite: 'an invite',
  proffer: 'a proffer',
  requester: 'whom you agreed with',
  notice: 'where you are woken',
  passport: 'your passport',
}

function outcomeOf({ kind, outcome }: Line['entry']): string {
  switch (kind) {
    case 'activated':
      return 'agreed'
    case 'act':
      return `act: ${outcome}`
    case 'refusal':
      return `refused: ${outcome}`
    default:
      return outcome
  }
}

function markOf(proof: Proof | undefined): string {
  return proof?.is === 'proved' ? '✓' : proof?.is === 'waiting' ? '·' : '✗'
}

function summary(proofs: readonly Proof[], node: string): string {
  const counted = (is: Proof['is']): number => proofs.filter((proof) => proof.is === is).length
  const waiting = counted('waiting')
  return `${counted('proved')} of ${proofs.length} lines proved to be in the signed log of ${node}${waiting > 0 ? `; ${waiting} wait for its next head, a second or so` : ''}.`
}
