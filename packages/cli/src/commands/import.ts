import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { catalogue } from '@dcann/sdk/imports/catalogue'
import type { Mapping } from '@dcann/sdk/imports/mapping'
import { type Imported, importFile } from '@dcann/sdk/imports/read'
import type { Skip } from '@dcann/sdk/imports/skip'
import { createBatch } from '../batches.ts'
import { defineCommand, type Report } from '../command.ts'
import { CommandError, UsageError } from '../failure.ts'
import { type Holder, openHolder } from '../holder.ts'
import { ofWallet } from '../options.ts'
import type { Screen } from '../screen.ts'
import { count, table } from '../wrap.ts'

export const bringIn = defineCommand({
  says: 'Brings an export that a company gave you into your vault. What is there already is known and adds nothing, so it can be given again.',
  takes: ['<file>'],
  options: {
    mapping: {
      value: '<id>',
      says: `how to read it, when that is not plain: ${catalogue.map(({ id }) => id).join(', ')}`,
    },
    ...ofWallet,
  },
  example: 'dcann import trips_data.csv',
  run: async ({ words: [file = ''], given, folder, screen }): Promise<Report> => {
    const mapping = given.mapping === undefined ? undefined : mappingOf(given.mapping)
    const path = resolve(file)
    const size = await sizeOf(path, file)
    const holder = await openHolder({ folder, screen, given })
    const done = await bringAll(path, mapping, size, holder, screen)
    return { json: { file: basename(path), ...done }, lines: describe(file, done) }
  },
})

type Done = {
  readonly strand: string | null
  readonly added: number
  readonly known: number
  readonly skipped: readonly Skip[]
}

async function bringAll(
  path: string,
  mapping: Mapping | undefined,
  size: number,
  { vault, by }: Holder,
  screen: Screen,
): Promise<Done> {
  const skipped: Skip[] = []
  const batch = createBatch()
  let made: Mapping | undefined
  let added = 0
  let known = 0
  const send = async (entries: readonly Imported[]): Promise<void> => {
    const [first] = entries
    if (first === undefined) return
    if (made === undefined) {
      made = mapping ?? mappingFrom(first)
      await vault.makeStrand(by, { ...made.strand, tags: [...made.strand.tags], custody: 'node' })
    }
    const answer = await vault.addEntries(
      by,
      made.strand.name,
      entries.map(({ entry }) => ({ ...entry, body: { ...entry.body } })),
    )
    added += answer.added
    known += answer.known
  }
  const onProgress = (bytes: number): void =>
    screen.progress(`${barOf(bytes, size)} ${count(added, 'entry', 'entries')} added`)
  const chunks = createReadStream(path)
  for await (const read of importFile({ name: basename(path), chunks, onProgress, ...(mapping ? { mapping } : {}) })) {
    if ('skipped' in read) {
      skipped.push(read.skipped)
      continue
    }
    const full = batch.add(read)
    if (full) await send(full)
  }
  await send(batch.rest())
  return { strand: made?.strand.name ?? null, added, known, skipped }
}

/** Which export an entry comes from, since the file was recognised by how it begins. */
function mappingFrom({ entry }: Imported): Mapping {
  const found = catalogue.find(({ source }) => source === entry.source)
  if (found === undefined) throw new UsageError(`the file is of no known export; expected one of ${idsKnown()}`)
  return found
}

function mappingOf(id: string): Mapping {
  const found = catalogue.find((mapping) => mapping.id === id)
  if (found === undefined) throw new UsageError(`there is no mapping ${JSON.stringify(id)}; expected ${idsKnown()}`)
  return found
}

function idsKnown(): string {
  return catalogue.map(({ id }) => id).join(' or ')
}

async function sizeOf(path: string, shown: string): Promise<number> {
  const found = await stat(path).catch(() => undefined)
  if (found?.isFile() === true) return found.size
  throw new CommandError('file-unreadable', `importing ${shown}: ${found ? 'it is no file' : 'there is no such file'}`)
}

const barWidth = 24

function barOf(bytes: number, size: number): string {
  const part = size === 0 ? 1 : Math.min(1, bytes / size)
  const full = Math.round(part * barWidth)
  return `[${'#'.repeat(full)}${' '.repeat(barWidth - full)}] ${String(Math.floor(part * 100)).padStart(3)}%`
}

const shownMost = 10

function describe(file: string, { strand, added, known, skipped }: Done): string[] {
  const shown = skipped.slice(0, shownMost)
  return [
    `${file}: ${count(added, 'entry', 'entries')} added, ${known.toLocaleString('en')} known already, ${skipped.length.toLocaleString('en')} left out.`,
    ...table([['Strand', strand ?? undefined]]),
    ...table(shown.map(({ line, reason, code }) => [`line ${line}`, `${reason} (${code})`])),
    ...(skipped.length > shown.length
      ? [`  … and ${(skipped.length - shown.length).toLocaleString('en')} more, all of them with --json`]
      : []),
  ]
}
