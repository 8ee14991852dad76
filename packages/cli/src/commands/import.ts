import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { catalogue } from '@dcann/sdk/imports/catalogue'
import type { Mapping, StrandShape } from '@dcann/sdk/imports/mapping'
import type { Imported, Passed } from '@dcann/sdk/imports/piece'
import { importFile } from '@dcann/sdk/imports/read'
import type { Skip } from '@dcann/sdk/imports/skip'
import { createBatch } from '@dcann/sdk/imports/batch'
import { defineCommand, type Report } from '../command.ts'
import { CommandError, UsageError } from '../failure.ts'
import { type Holder, openHolder } from '../holder.ts'
import { ofWallet } from '../options.ts'
import type { Screen } from '../screen.ts'
import { count, table } from '../wrap.ts'

export const bringIn = defineCommand({
  says: 'Brings an export that a company gave you, a file or a whole ZIP archive, into your vault. What is there already is known and adds nothing, so it can be given again.',
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
    return { json: { file: basename(path), ...done }, lines: describe(basename(path), done) }
  },
})

type Done = {
  readonly added: number
  readonly known: number
  /** What went into each strand, in the order in which the export came to them. */
  readonly strands: readonly StrandDone[]
  readonly skipped: readonly (Skip & { readonly file: string; readonly strand: string })[]
  readonly passed: readonly Passed['passed'][]
}

type StrandDone = { readonly strand: string; added: number; known: number; skipped: number }

async function bringAll(
  path: string,
  mapping: Mapping | undefined,
  size: number,
  holder: Holder,
  screen: Screen,
): Promise<Done> {
  const fillings = new Map<string, Filling>()
  const skipped: Done['skipped'][number][] = []
  const passed: Done['passed'][number][] = []
  const fillingOf = ({ strand }: Mapping): Filling => {
    const found = fillings.get(strand.name) ?? beginFilling(holder, strand)
    fillings.set(strand.name, found)
    return found
  }
  const sum = (of: 'added' | 'known'): number => [...fillings.values()].reduce((n, { done }) => n + done[of], 0)
  const onProgress = (bytes: number): void =>
    screen.progress(`${barOf(bytes, size)} ${count(sum('added'), 'entry', 'entries')} added`)
  const chunks = createReadStream(path)
  for await (const read of importFile({ name: basename(path), chunks, onProgress, ...(mapping ? { mapping } : {}) })) {
    if ('passed' in read) passed.push(read.passed)
    else if ('skipped' in read) {
      skipped.push({ ...read.skipped, file: read.file, strand: read.mapping.strand.name })
      fillingOf(read.mapping).done.skipped++
    } else await fillingOf(read.mapping).add(read)
  }
  for (const { finish } of fillings.values()) await finish()
  const strands = [...fillings.values()].map(({ done }) => done)
  return { added: sum('added'), known: sum('known'), strands, skipped, passed }
}

type Filling = {
  readonly done: StrandDone
  readonly add: (one: Imported) => Promise<void>
  readonly finish: () => Promise<void>
}

/** Fills one strand, and makes it first, once there is something to put in. */
function beginFilling({ vault, by }: Holder, strand: StrandShape): Filling {
  const batch = createBatch()
  const done = { strand: strand.name, added: 0, known: 0, skipped: 0 }
  let made = false
  const send = async (entries: readonly Imported[]): Promise<void> => {
    if (entries.length === 0) return
    if (!made) await vault.makeStrand(by, { ...strand, tags: [...strand.tags], custody: 'node' })
    made = true
    const answer = await vault.addEntries(
      by,
      strand.name,
      entries.map(({ entry }) => ({ ...entry, body: { ...entry.body } })),
    )
    done.added += answer.added
    done.known += answer.known
  }
  return {
    done,
    add: async (one) => {
      const full = batch.add(one)
      if (full) await send(full)
    },
    finish: () => send(batch.rest()),
  }
}

function mappingOf(id: string): Mapping {
  const found = catalogue.find((mapping) => mapping.id === id)
  if (found !== undefined) return found
  const known = catalogue.map(({ id }) => id).join(' or ')
  throw new UsageError(`there is no mapping ${JSON.stringify(id)}; expected ${known}`)
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

function describe(file: string, { added, known, strands, skipped, passed }: Done): string[] {
  const number = (n: number): string => n.toLocaleString('en')
  const several = new Set(skipped.map((one) => one.file)).size > 1
  return [
    `${file}: ${count(added, 'entry', 'entries')} added, ${number(known)} known already, ${number(skipped.length)} left out.`,
    ...(strands.length === 0 && passed.length > 0
      ? [`  Nothing in it is of an export known: ${catalogue.map(titleOf).join('; ')}.`]
      : []),
    ...table(
      strands.map((one) => [
        one.strand,
        `${number(one.added)} added, ${number(one.known)} known already, ${number(one.skipped)} left out`,
      ]),
    ),
    ...some(
      skipped.map(({ file, line, reason, code }) => [
        several ? `${file}, line ${line}` : `line ${line}`,
        `${reason} (${code})`,
      ]),
    ),
    ...(passed.length > 0 ? [`${count(passed.length, 'file')} inside not read, or not to the end:`] : []),
    ...some(passed.map(({ file, reason }) => [file, reason])),
  ]
}

function titleOf({ title }: Mapping): string {
  return title
}

function some(rows: readonly (readonly [string, string])[]): string[] {
  const more = rows.length - shownMost
  return [
    ...table(rows.slice(0, shownMost)),
    ...(more > 0 ? [`  … and ${more.toLocaleString('en')} more, all of them with --json`] : []),
  ]
}
