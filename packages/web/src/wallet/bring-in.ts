import type { Mapping, StrandShape } from '@dcann/sdk/imports/mapping'
import { createBatch } from '@dcann/sdk/imports/batch'
import type { Imported, Passed } from '@dcann/sdk/imports/piece'
import { importFile } from '@dcann/sdk/imports/read'
import type { Skip } from '@dcann/sdk/imports/skip'
import type { Holder } from './holder.ts'

/** What came of a file, so far or in the end. */
export type BroughtIn = {
  readonly file: string
  /** From 0 to 1. */
  readonly read: number
  readonly strands: readonly StrandCount[]
  readonly skipped: readonly (Skip & { readonly file: string })[]
  /** Of `skipped`, by why. */
  readonly reasons: ReadonlyMap<Skip['code'], number>
  /** Files of an archive that were not read. */
  readonly passed: readonly Passed['passed'][]
}

export type StrandCount = {
  readonly strand: string
  readonly title: string
  readonly added: number
  readonly known: number
  /** Of those that went in, how many are about others too: they leave only where a term names them. */
  readonly aboutOthers: number
}

/** Skips kept to be shown; the rest are counted. */
const skipsMost = 100

/** Brings an export into the vault, telling how far it is; what is there already adds nothing. */
export async function bringIn(
  { vault, by }: Pick<Holder, 'vault' | 'by'>,
  file: File,
  tell: (so: BroughtIn) => void,
): Promise<BroughtIn> {
  const fillings = new Map<string, Filling>()
  const skipped: BroughtIn['skipped'][number][] = []
  const passed: Passed['passed'][] = []
  const reasons = new Map<Skip['code'], number>()
  let bytes = 0
  const so = (read = file.size === 0 ? 1 : Math.min(1, bytes / file.size)): BroughtIn => ({
    file: file.name,
    read,
    strands: [...fillings.values()].map(({ done }) => ({ ...done })),
    skipped: [...skipped],
    reasons: new Map(reasons),
    passed: [...passed],
  })
  const fillingOf = (mapping: Mapping): Filling => {
    const found = fillings.get(mapping.strand.name) ?? beginFilling({ vault, by }, mapping)
    fillings.set(mapping.strand.name, found)
    return found
  }
  for await (const piece of importFile({ name: file.name, chunks: file.stream(), onProgress: (n) => (bytes = n) })) {
    if ('passed' in piece) passed.push(piece.passed)
    else if ('skipped' in piece) {
      const { code } = piece.skipped
      reasons.set(code, (reasons.get(code) ?? 0) + 1)
      if (skipped.length < skipsMost) skipped.push({ ...piece.skipped, file: piece.file })
    } else if (await fillingOf(piece.mapping).add(piece)) tell(so())
  }
  for (const { finish } of fillings.values()) await finish()
  const last = so(1)
  tell(last)
  return last
}

type Filling = {
  readonly done: { -readonly [Member in keyof StrandCount]: StrandCount[Member] }
  /** Whether something was sent. */
  readonly add: (one: Imported) => Promise<boolean>
  readonly finish: () => Promise<void>
}

function beginFilling({ vault, by }: Pick<Holder, 'vault' | 'by'>, { strand, title }: Mapping): Filling {
  const batch = createBatch()
  const done = { strand: strand.name, title, added: 0, known: 0, aboutOthers: 0 }
  let made = false
  const send = async (entries: readonly Imported[]): Promise<void> => {
    if (entries.length === 0) return
    if (!made) await vault.makeStrand(by, strandOf(strand))
    made = true
    const { added, known } = await vault.addEntries(
      by,
      strand.name,
      entries.map(({ entry }) => ({ ...entry, body: { ...entry.body } })),
    )
    done.added += added
    done.known += known
    done.aboutOthers += entries.filter(({ entry }) => entry.about !== 'holder').length
  }
  return {
    done,
    add: async (one) => {
      const full = batch.add(one)
      if (full === undefined) return false
      await send(full)
      return true
    },
    finish: async () => await send(batch.rest()),
  }
}

function strandOf(strand: StrandShape): StrandShape & { tags: string[]; custody: 'node' } {
  return { ...strand, tags: [...strand.tags], custody: 'node' }
}
