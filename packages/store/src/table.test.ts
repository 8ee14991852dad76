import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openDisk } from './disk.ts'
import { scratch } from './scratch.ts'
import { crc32c, damagedTables, isWhole } from './table.ts'

/** A LevelDB folder with tables: written, opened again so that its log becomes one, and compacted. */
const tables = async (entries: number) => {
  const { folder, remove } = scratch()
  const path = join(folder, 'disk')
  for (let opening = 0; opening < 2; opening++) {
    const disk = await openDisk(path, opening === 0)
    for (let i = 0; i < entries; i++) await disk.put(`key/${opening}/${i}`, new Uint8Array(300).fill(i))
    await disk.close()
  }
  const disk = await openDisk(path, false)
  const names = readdirSync(path).filter((name) => name.endsWith('.ldb'))
  const end = async () => {
    await disk.close()
    remove()
  }
  return { disk, path, names, end }
}

describe('crc32c', () => {
  it('crc32c gives the check value of its definition', () => {
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283)
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa) // RFC 3720, B.4
  })
})

describe('isWhole', () => {
  it('isWhole takes what LevelDB writes, and no flipped byte of it nor a cut', async () => {
    const { path, names, end } = await tables(30)
    const table = readFileSync(join(path, names[0]!))
    expect(isWhole(table)).toBe(true)
    const [padding, magic] = [table.length - 48, table.length - 8]
    const taken: number[] = []
    for (let at = 0; at < table.length; at++) {
      const flipped = Buffer.from(table)
      flipped[at]! ^= 1 << (at % 8)
      if (isWhole(flipped)) taken.push(at)
    }
    expect(taken.every((at) => at > padding && at < magic)).toBe(true) // the padding of the footer says nothing
    for (const length of [0, 1, 47, 48, table.length - 1]) expect(isWhole(table.subarray(0, length))).toBe(false)
    await end()
  })
})

describe('damagedTables', () => {
  it('damagedTables looks at every table of the store, and names the damaged', async () => {
    const { disk, path, names, end } = await tables(200)
    expect(names.length).toBeGreaterThan(0)
    expect(await damagedTables(disk)).toEqual([])
    for (const name of names) {
      const bytes = readFileSync(join(path, name))
      bytes[100]! ^= 1
      writeFileSync(join(path, name), bytes)
    }
    expect(await damagedTables(disk)).toEqual(names.map((name) => name.replace('.ldb', '')).toSorted())
    await end()
  })
})
