import { ProtocolError } from '@dcann/protocol/errors'
import { type ArchiveFault, type Member, readArchive } from './archive/read.ts'
import { peek, readBlocks } from './blocks.ts'
import type { Admit } from './duplicates.ts'
import { readEvents } from './events.ts'
import { describeBinary, readHead } from './head.ts'
import type { Mapping } from './mapping.ts'
import type { Passed, Piece } from './piece.ts'

/**
 * The events of an archive: each member is read by the first of these mappings that recognises it. What none does is
 * passed over and told, for an archive holds all that a company knows, and nobody asked for all of it.
 */
export async function* readMembers(
  archive: string,
  blocks: AsyncGenerator<Uint8Array, void, undefined>,
  among: readonly Mapping[],
  admit: Admit,
): AsyncGenerator<Piece, void, undefined> {
  for await (const found of readArchive(archive, blocks)) {
    if ('fault' in found) yield describeFault(found)
    else yield* readMember(found, among, admit)
  }
}

async function* readMember(
  { name: file, content }: Member,
  among: readonly Mapping[],
  admit: Admit,
): AsyncGenerator<Piece, void, undefined> {
  const { first, blocks } = await peek(readBlocks(content))
  try {
    const binary = describeBinary(first)
    const head = readHead(file, first)
    const mapping = binary === undefined ? among.find(({ recognise }) => recognise(head)) : undefined
    if (mapping === undefined) {
      yield pass(file, 'unknown', binary === undefined ? 'it is none of the exports known' : `it is ${binary}`)
      return
    }
    yield* readEvents({ mapping, file }, blocks, admit)
  } catch (error) {
    if (!(error instanceof ProtocolError) || error.code !== 'schema-mismatch') throw error
    yield pass(file, 'unlike', error.message)
  } finally {
    await blocks.return()
  }
}

function describeFault({ name, fault }: ArchiveFault): Passed {
  if (fault === 'damaged') return pass(name, fault, 'the archive is damaged here; what came of it before stands')
  return pass(name, fault, 'the archive ends here, too early; fetch it again')
}

function pass(file: string, code: Passed['passed']['code'], reason: string): Passed {
  return { passed: { file, code, reason } }
}
