import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Disk } from './disk.ts'

/**
 * The numbers of the table files whose blocks are not what LevelDB wrote, of those that are part of the store now.
 *
 * Every block carries a CRC-32C, but LevelDB looks at it only when told to, and this binding cannot tell it. Unlooked-at
 * damage to a block gives altered entries, or ends the whole process in an assertion of LevelDB's. So the tables are
 * looked at before LevelDB reads an entry from them. Format: doc/table_format.md of google/leveldb.
 */
export const damagedTables = async (disk: Disk): Promise<readonly string[]> => {
  const damaged: string[] = []
  for (const name of liveTables(disk)) {
    await new Promise(setImmediate) // a large store is checked while the process goes on answering
    const bytes = readTable(disk.location, name)
    if (bytes !== undefined && !isWhole(bytes)) damaged.push(name)
  }
  return damaged
}

/** The files of the current version, as LevelDB lists them: lines like ` 17:4096['a' @ 1 : 1 .. 'b' @ 2 : 1]`. */
const liveTables = (disk: Disk): string[] => {
  const native = disk as unknown as { getProperty(name: string): string } // in Node `Level` is ClassicLevel, which has it
  return [...native.getProperty('leveldb.sstables').matchAll(/^ (\d+):\d+\[/gm)].map(([, number]) =>
    String(number).padStart(6, '0'),
  )
}

/** The file's bytes; undefined when it is not there: a compaction has replaced it, or reading an entry will say so. */
const readTable = (folder: string, name: string): Buffer | undefined => {
  try {
    return readFileSync(join(folder, `${name}.ldb`))
  } catch {
    return undefined
  }
}

const FOOTER = 48
const TRAILER = 5 // kind (1) · masked CRC-32C (4)
const MAGIC = Buffer.from('57fb808b247547db', 'hex')

type Handle = { readonly offset: number; readonly size: number }

/** Whether every block of a table has its checksum and the blocks fill the file. */
export const isWhole = (table: Buffer): boolean => {
  try {
    const footer = table.subarray(-FOOTER)
    if (table.length < FOOTER || !footer.subarray(-8).equals(MAGIC)) return false
    const reader = cursor(footer)
    const [meta, index] = [reader.handle(), reader.handle()]
    let covered = FOOTER
    for (const block of [meta, index]) {
      covered += block.size + TRAILER
      if (!hasChecksum(table, block)) return false
      for (const inner of handlesIn(table.subarray(block.offset, block.offset + block.size))) {
        covered += inner.size + TRAILER
        if (!hasChecksum(table, inner)) return false
      }
    }
    return covered === table.length
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

const hasChecksum = (table: Buffer, { offset, size }: Handle): boolean => {
  const crc = crc32c(table.subarray(offset, offset + size + 1))
  const masked = (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
  return table.readUInt32LE(offset + size + 1) === masked
}

/** The handles that an index or meta block holds as its values. */
const handlesIn = (block: Buffer): Handle[] => {
  const end = block.length - 4 - 4 * block.readUInt32LE(block.length - 4)
  const reader = cursor(block)
  const handles: Handle[] = []
  while (reader.at() < end) {
    reader.varint()
    const [keyLength, valueLength] = [reader.varint(), reader.varint()]
    reader.skip(keyLength)
    const next = reader.at() + valueLength
    handles.push(reader.handle())
    reader.skip(next - reader.at())
  }
  return handles
}

const cursor = (bytes: Buffer) => {
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes.readUInt8(at++)
      value += (byte & 127) * scale
      if (byte < 128) return value
      if (scale > 2 ** 42) throw new RangeError('read a table: a number in it is too long')
    }
  }
  return {
    at: (): number => at,
    skip: (length: number): void => void (at += length),
    varint,
    handle: (): Handle => ({ offset: varint(), size: varint() }),
  }
}

const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  return crc
})

/** CRC-32C (Castagnoli), the checksum of LevelDB and iSCSI. */
export const crc32c = (bytes: Uint8Array): number => {
  let crc = -1
  for (let i = 0; i < bytes.length; i++) crc = (TABLE[(crc ^ (bytes[i] ?? 0)) & 255] ?? 0) ^ (crc >>> 8)
  return ~crc >>> 0
}
