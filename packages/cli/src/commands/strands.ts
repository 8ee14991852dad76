import type { KeptEntry } from '@dcann/protocol/entry'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import { parseSchema } from '@dcann/protocol/signed'
import { type Coverage, type Strand, strandSchema } from '@dcann/protocol/strand'
import { need } from '../arguments.ts'
import { defineCommand, type Report } from '../command.ts'
import { type Holder, openHolder } from '../holder.ts'
import { oneWord, wholeNumber } from '../option-values.ts'
import { ofWallet } from '../options.ts'
import { listOf, minuteOf, wordsOf } from '../plain-words.ts'
import { count, cut, table } from '../wrap.ts'

type Listed = { readonly strand: Strand; readonly coverage: Coverage }

export const list = defineCommand({
  says: 'Lists the strands in your vault: what each is about, from when to when, and what tells it apart.',
  options: ofWallet,
  example: 'dcann strands list',
  run: async ({ given, folder, screen }): Promise<Report> => {
    const { vault, by } = await openHolder({ folder, screen, given })
    const { strands } = await vault.listStrands(by)
    return {
      json: { strands },
      lines:
        strands.length === 0
          ? ['Your vault is empty. Bring something in: dcann import <file>']
          : strands.flatMap((one) => [one.strand.name, ...table(rowsOf(one))]),
    }
  },
})

export const show = defineCommand({
  says: 'Shows one strand and its newest entries, as the vault keeps them.',
  takes: ['<strand>'],
  options: {
    limit: { value: '<n>', says: 'how many entries at most; 10 without this option' },
    tag: { value: '<tag>', says: 'only entries with this tag' },
    ...ofWallet,
  },
  example: 'dcann strands show mobility.rides --limit 5',
  run: async ({ words: [name = ''], given, folder, screen }): Promise<Report> => {
    const limit = given.limit === undefined ? 10 : wholeNumber(given.limit, '--limit', 1)
    const holder = await openHolder({ folder, screen, given })
    const { strands } = await holder.vault.listStrands(holder.by)
    const found = strands.find(({ strand }) => strand.name === name)
    if (found === undefined) {
      throw new ProtocolError(
        'not-found',
        `showing ${quote(name)}: there is no such strand in your vault; there are: ${strands.map(({ strand }) => strand.name).join(', ') || 'none'}`,
      )
    }
    const entries = await newest(holder, name, limit, given.tag)
    return {
      json: { ...found, entries },
      lines: [name, ...table(rowsOf(found)), ...entries.flatMap(describeEntry)],
    }
  },
})

const kinds = ['record', 'stream', 'link'] as const

export const make = defineCommand({
  says: 'Makes an empty strand, for what no export brings. What is there already stays as it is.',
  takes: ['<strand>'],
  options: {
    category: { value: '<pd:…>', says: 'what it is of people, as the Data Privacy Vocabulary has it, like pd:Health' },
    schema: { value: '<urn>', says: "the URN of its entries' schema" },
    kind: { value: '<kind>', says: `what its entries are: ${listOf(kinds, 'or')}; a stream without this option` },
    special: { says: 'law treats it as special: answers from it are sealed' },
    tags: { value: '<a,b>', says: 'tags of every entry' },
    ...ofWallet,
  },
  example: 'dcann strands make health.sleep --category pd:Health --schema urn:dcann:sleep:1 --special',
  run: async ({ words: [name = ''], given, folder, screen }): Promise<Report> => {
    const strand = parseSchema(
      strandSchema,
      {
        name,
        kind: oneWord(given.kind, '--kind', kinds) ?? 'stream',
        schema: need(given.schema, '--schema'),
        category: need(given.category, '--category'),
        special: given.special === true,
        tags: given.tags?.split(',') ?? [],
        custody: 'node',
      },
      `making the strand ${quote(name)}`,
    )
    const { vault, by } = await openHolder({ folder, screen, given })
    const { made } = await vault.makeStrand(by, strand)
    return {
      json: { strand, made },
      lines: [made ? `The strand ${name} is made.` : `The strand ${name} is there already.`],
    }
  },
})

/** A vault gives its pages by month, newest first, and in a month in the order in which entries came. */
async function newest(
  { vault, by }: Pick<Holder, 'vault' | 'by'>,
  strand: string,
  limit: number,
  tag: string | undefined,
): Promise<KeptEntry[]> {
  const found: KeptEntry[] = []
  for (let after: string | undefined; ;) {
    const page = await vault.listEntries(by, strand, after === undefined ? {} : { after })
    found.push(...page.entries.filter(({ tags }) => tag === undefined || tags.includes(tag)))
    found.sort((a, b) => (a.at < b.at ? 1 : -1))
    const last = found[limit - 1]
    const older = last && page.entries.every(({ at }) => at.slice(0, 7) < last.at.slice(0, 7))
    if (older || page.next === undefined) return found.slice(0, limit)
    after = page.next
  }
}

function rowsOf({ strand, coverage: { entries, from, to } }: Listed): (readonly [string, string | undefined])[] {
  return [
    ['About', `${wordsOf(strand.category)}${strand.special ? ', which law treats as special' : ''}`],
    ['Entries', count(entries, 'entry', 'entries')],
    ['From', from && to ? `${from.slice(0, 10)} to ${to.slice(0, 10)}` : undefined],
    ['Tags', strand.tags.join(', ') || undefined],
    ['Schema', strand.schema],
  ]
}

function describeEntry({ at, body, tags, source, assurance, about }: KeptEntry): string[] {
  const says = Object.entries(body).map(
    ([name, value]) => `${name} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`,
  )
  return [
    cut(`  ${minuteOf(at)}  ${says.join(', ')}`),
    ...(tags.length > 0 ? [`      tags ${tags.join(', ')}`] : []),
    `      ${source}; ${assurance}${about === 'holder' ? '' : `; about ${about}`}`,
  ]
}
