import { entryId } from '@dcann/protocol/entry'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import { applyMapping } from './apply-mapping.ts'
import { peek, readBlocks, type Chunks, type OnProgress } from './blocks.ts'
import { recogniseFile } from './catalogue.ts'
import type { ImportedEntry, Mapping } from './mapping.ts'
import { readRows } from './rows.ts'
import { skip, type OrSkipped } from './skip.ts'

/** A file to bring in. */
export interface ImportFile {
  readonly name: string
  readonly chunks: Chunks
  /** Found by how the file begins when it is not given. */
  readonly mapping?: Mapping
  /** Names an entry by its content; `entryId` of the protocol when it is not given. */
  readonly identify?: (strand: string, entry: ImportedEntry) => string
  readonly onProgress?: OnProgress
}

/** An entry, its id, and the line of the file it was made of. */
export interface Imported {
  readonly id: string
  readonly line: number
  readonly entry: ImportedEntry
}

/**
 * Reads an export and hands on its entries in the file's order, and between them what stays out and why. Memory holds one
 * event and the ids met so far (the last 200,000: a duplicate further apart comes out twice, under one id).
 *
 * Ids are made of content, so bringing the same file again adds nothing, and two events in one second with one body are one
 * entry.
 *
 * A faulty event never stops the import. What does, thrown before the first entry: `schema-mismatch` for a file of no
 * known export or of another one than `mapping` says, `media-type-unsupported` for an archive or another binary file.
 *
 * ```ts
 * for await (const read of importFile({ name: file.name, chunks: file.stream() })) {
 *   if ('entry' in read) await keep(read.id, read.entry)
 *   else report(read.skipped)
 * }
 * ```
 */
export async function* importFile(file: ImportFile): AsyncGenerator<OrSkipped<Imported>, void, undefined> {
  const { name, identify = entryId } = file
  const { first, blocks } = await peek(readBlocks(file.chunks, file.onProgress))
  try {
    refuseBinary(name, first)
    const mapping = file.mapping ?? recogniseFile({ name, text: readHead(first) })
    const lines = new Map<string, number>()
    const admit = (entry: ImportedEntry, line: number): OrSkipped<Imported> => {
      const id = identify(mapping.strand.name, entry)
      const earlier = lines.get(id)
      if (earlier !== undefined) return skip(line, 'duplicate', `the same event stands at line ${earlier}`)
      remember(lines, id, line)
      return { id, line, entry }
    }
    for await (const placed of readRows(mapping, withoutMark(blocks))) {
      if ('skipped' in placed) {
        yield placed
        continue
      }
      const made = applyMapping(mapping, placed.row, placed.line)
      yield 'skipped' in made ? made : admit(made.entry, placed.line)
    }
  } finally {
    await blocks.return()
  }
}

const remembered = 200_000
const headBytes = 4096

function remember(lines: Map<string, number>, id: string, line: number): void {
  lines.set(id, line)
  if (lines.size <= remembered) return
  const [oldest] = lines.keys()
  if (oldest !== undefined) lines.delete(oldest)
}

function refuseBinary(name: string, first: Uint8Array): void {
  const archive = archives.find(({ begins }) => begins.every((byte, at) => first[at] === byte))
  const head = first.subarray(0, headBytes)
  // a stray NUL is forgiven, every other byte NUL is UTF-16
  const zeros = head.reduce((count, byte) => count + (byte === 0 ? 1 : 0), 0)
  if (archive === undefined && zeros * 64 <= head.length) return
  const what = archive?.what ?? 'a binary file or text that is not UTF-8'
  throw new ProtocolError(
    'media-type-unsupported',
    `importing ${quote(name)}: it is ${what}; the file inside, as UTF-8, is expected`,
  )
}

const archives = [
  { begins: [0x1f, 0x8b], what: 'a gzip archive' },
  { begins: [0x50, 0x4b, 0x03, 0x04], what: 'a ZIP archive' },
  { begins: [0xff, 0xfe], what: 'UTF-16 text' },
  { begins: [0xfe, 0xff], what: 'UTF-16 text' },
] as const

function readHead(first: Uint8Array): string {
  return new TextDecoder().decode(first.subarray(0, headBytes))
}

/** Passes over a UTF-8 byte order mark, which spreadsheets write and no format asks for. */
async function* withoutMark(blocks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let begun = false
  for await (const block of blocks) {
    const marked = !begun && block[0] === 0xef && block[1] === 0xbb && block[2] === 0xbf
    yield marked ? block.subarray(3) : block
    begun = true
  }
}
