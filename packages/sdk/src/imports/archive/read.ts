import { type Cursor, openCursor } from './cursor.ts'
import { headerBytes, headerLeast, markAt, marks, readHeader, refuse, viewOf } from './header.ts'
import { readPacked } from './packed.ts'
import { archiveLimits, type ArchiveLimits, unpack } from './unpack.ts'

/** A member of an archive, to be read before the next one is asked for. */
export interface Member {
  readonly name: string
  /** What it holds, unpacked. It may be left unread, or read in part. */
  readonly content: AsyncGenerator<Uint8Array, void, undefined>
}

/** What is wrong with an archive, found behind the member named; nothing more comes where it ends too early. */
export interface ArchiveFault {
  readonly name: string
  readonly fault: 'damaged' | 'truncated'
}

/** Whether a file that begins like this is a ZIP archive, an empty one included. */
export function isArchive(begins: Uint8Array): boolean {
  const mark = markAt(begins)
  return mark === marks.member || mark === marks.end
}

/**
 * The members of a ZIP archive, in the order in which they stand in it; folders are passed over. Memory holds one slice
 * of one member. Only a member that is read is unpacked, and only of one read to its end is it known whether it is sound.
 *
 * Throws `media-type-unsupported` for an archive that is encrypted, of the 64-bit kind or packed in an unknown way, and
 * `too-large` for one that unpacks to more than `limits` allow. Members handed on before stand.
 */
export async function* readArchive(
  archive: string,
  blocks: AsyncGenerator<Uint8Array, void, undefined>,
  limits: ArchiveLimits = archiveLimits,
): AsyncGenerator<Member | ArchiveFault, void, undefined> {
  const cursor = openCursor(blocks)
  const spent = { bytes: 0 }
  let members = 0
  for (;;) {
    const begins = await cursor.look(headerLeast)
    const mark = markAt(begins)
    if (mark !== marks.member) break
    const bytes = begins.length < headerLeast ? headerLeast : headerBytes(begins)
    const whole = await cursor.look(bytes)
    if (whole.length < bytes) return yield { name: archive, fault: 'truncated' }
    const header = readHeader(archive, whole.subarray(0, bytes))
    cursor.skip(bytes)
    if (++members > limits.members) throw refuse(archive, `it holds more than ${limits.members} files`, 'unpack it')
    const packed = readPacked(cursor, header)
    const { content, isDamaged } = unpack(archive, header, packed, limits, spent)
    if (!header.folder) yield { name: header.name, content }
    for await (const _ of packed.slices) {
      // what nobody read is passed over as it is
    }
    if (packed.sums() === undefined) return yield { name: header.name, fault: 'truncated' }
    if (isDamaged()) yield { name: header.name, fault: 'damaged' }
  }
  const fault = await passDirectory(cursor)
  if (fault !== undefined) yield { name: archive, fault }
}

/** Reads over the list of members at the end, whose presence says that nothing before is missing. */
async function passDirectory(cursor: Cursor): Promise<'damaged' | 'truncated' | undefined> {
  for (;;) {
    const begins = await cursor.look(entryLeast)
    const mark = markAt(begins)
    if (mark === marks.end || mark === endOfZip64) break
    if (mark !== marks.directory) return begins.length < 4 ? 'truncated' : 'damaged'
    if (begins.length < entryLeast) return 'truncated'
    const view = viewOf(begins)
    const bytes = entryLeast + view.getUint16(28, true) + view.getUint16(30, true) + view.getUint16(32, true)
    if ((await cursor.look(bytes)).length < bytes) return 'truncated'
    cursor.skip(bytes)
  }
  // what follows is a remark at most; it is read so that progress comes to the end
  let left = (await cursor.look(endLeast)).length
  if (left < endLeast) return 'truncated'
  for (; left > 0; left = (await cursor.look(1)).length) cursor.skip(left)
  return undefined
}

const entryLeast = 46
const endLeast = 22
const endOfZip64 = 0x06064b50
