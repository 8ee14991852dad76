import { entryId } from '@dcann/protocol/entry'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import { isArchive } from './archive/read.ts'
import { peek, readBlocks, type Chunks, type OnProgress } from './blocks.ts'
import { catalogue, recogniseFile } from './catalogue.ts'
import { createAdmission, type Identify } from './duplicates.ts'
import { readEvents } from './events.ts'
import { describeBinary, readHead } from './head.ts'
import type { Mapping } from './mapping.ts'
import { readMembers } from './members.ts'
import type { Piece } from './piece.ts'

/** A file to bring in. */
export interface ImportFile {
  readonly name: string
  readonly chunks: Chunks
  /** Found by how the file begins when it is not given; of an archive, it reads only the members it recognises. */
  readonly mapping?: Mapping
  /** `entryId` of the protocol when it is not given. */
  readonly identify?: Identify
  /** In bytes of the file, whatever an archive unpacks to. */
  readonly onProgress?: OnProgress
}

/**
 * Reads an export and hands on its entries in the file's order, and between them what stays out and why. A ZIP archive is
 * read as its members, in the order in which they stand in it; each entry says by its mapping which strand it is for.
 * Memory holds one event, one slice of an archive, and the ids met so far.
 *
 * Ids are made of content, so bringing the same file again adds nothing, and two events in one second with one body are one
 * entry.
 *
 * A faulty event never stops the import, nor does a faulty member of an archive. What does, thrown before the first entry:
 * `schema-mismatch` for a file of no known export or of another one than `mapping` says, `media-type-unsupported` for a
 * binary file. Thrown on the way, at the member concerned: `media-type-unsupported` for an archive that is encrypted, of
 * the 64-bit kind or packed in an unknown way, `too-large` for one that unpacks to far more than its size.
 *
 * ```ts
 * for await (const read of importFile({ name: file.name, chunks: file.stream() })) {
 *   if ('entry' in read) await keep(read.mapping.strand, read.id, read.entry)
 *   else if ('skipped' in read) report(read.file, read.skipped)
 *   else tell(read.passed)
 * }
 * ```
 */
export async function* importFile(file: ImportFile): AsyncGenerator<Piece, void, undefined> {
  const { name, mapping, identify = entryId } = file
  const { first, blocks } = await peek(readBlocks(file.chunks, file.onProgress))
  const admit = createAdmission(identify)
  try {
    if (isArchive(first)) yield* readMembers(name, blocks, mapping ? [mapping] : catalogue, admit)
    else {
      refuseBinary(name, first)
      yield* readEvents({ mapping: mapping ?? recogniseFile(readHead(name, first)), file: name }, blocks, admit)
    }
  } finally {
    await blocks.return()
  }
}

function refuseBinary(name: string, first: Uint8Array): void {
  const what = describeBinary(first)
  if (what === undefined) return
  throw new ProtocolError(
    'media-type-unsupported',
    `importing ${quote(name)}: it is ${what}; the file inside, as UTF-8, or a ZIP archive is expected`,
  )
}
