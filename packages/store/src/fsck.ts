import { FIRST_KEY, HEAD_KEY, type Disk, type DiskSnapshot } from './disk.ts'
import { isStoreError } from './errors.ts'
import { decodeHead, digestOf, isNewerForm, type Head } from './head.ts'
import type { Key } from './key.ts'
import type { KeyFile } from './keys.ts'
import { markOf, unseal } from './sealed.ts'
import { add, emptySum, sumBytes, termOf } from './sum.ts'
import { damagedTables } from './table.ts'
import type { Witness } from './witness.ts'

/** Every way a folder or a database can be found wanting. */
export type FindingCode =
  /** A value is not what was written at its key. */
  | 'altered'
  /** Something stands where only the store writes. */
  | 'foreign'
  /** There are more or fewer values than the head counts: some were lost, removed or added. */
  | 'count-differs'
  /** As many values as there should be, each one genuine, but not the set that was written: one is an older version. */
  | 'sum-differs'
  /** A block of a LevelDB table has not its checksum; its entries were not looked at. */
  | 'table-damaged'
  /** LevelDB could not read all of its own files. */
  | 'unreadable'
  | 'head-missing'
  | 'head-altered'
  /** The store is older than its witness: what was acknowledged last is lost. Or it was restored from a copy. */
  | 'behind-witness'
  /** The store's newest head does not follow the one its witness saw. */
  | 'chain-broken'
  | 'witness-missing'
  | 'witness-unreadable'
  /** One of the witness's two slots is damaged; the other still speaks, and writing heals it. */
  | 'witness-slot-damaged'
  /** PostgreSQL acknowledges before a second server has it: what was acknowledged last goes with the first. */
  | 'no-standby'

/** One thing found. `key` is the store key concerned: for the operator's eyes, not for a log. */
export type Finding = { readonly code: FindingCode; readonly message: string; readonly key?: Key }

/** What a check saw: how many values it opened and found genuine, and all that is not as it was written. */
export type Report = { readonly genuine: number; readonly findings: readonly Finding[] }

/** Whether a store with this finding must not be served. */
export const isFatal = ({ code }: Finding): boolean => code !== 'witness-slot-damaged' && code !== 'no-standby'

/** Opens every value of a moment of the store and holds the whole against its head of that moment, if there is one. */
export const sweep = async (
  disk: Disk,
  snapshot: DiskSnapshot,
  keys: KeyFile,
  head: Head | undefined,
): Promise<Report> => {
  const tables = await damagedTables(disk)
  if (tables.length > 0) return { genuine: 0, findings: tables.map(tableFinding) }
  const tally = openTally(keys)
  const findings: Finding[] = []
  try {
    const iterator = disk.iterator({ snapshot, highWaterMarkBytes: 1024 * 1024, fillCache: false })
    for (let entries = await iterator.nextv(1000); entries.length > 0; entries = await iterator.nextv(1000))
      for (const [key, sealed] of entries) if (key !== HEAD_KEY) tally.look(key, sealed)
    await iterator.close()
  } catch (error) {
    findings.push({ code: 'unreadable', message: `read all entries: LevelDB stopped with '${String(error)}'` })
  }
  return tally.against(head, findings)
}

/** Values as they are looked at one by one, and what they come to. */
export type Tally = {
  look(key: Key, sealed: Uint8Array): void
  /** The report, held against what a head says of the whole; `found` is what else was found. */
  against(head: Pick<Head, 'count' | 'sum'> | undefined, found?: readonly Finding[]): Report
}

/** A tally of nothing yet. */
export const openTally = (keys: KeyFile): Tally => {
  const altered: Finding[] = []
  const sumKey = keys.derive('sum')
  const sum = emptySum()
  let [genuine, seen] = [0, 0]
  return {
    look(key, sealed) {
      if (key < FIRST_KEY) {
        altered.push({ code: 'foreign', message: 'a key stands in the folder that no store writes', key })
        return
      }
      seen++
      try {
        unseal(keys, key, sealed)
        add(sum, termOf(sumKey, markOf(key, sealed)))
        genuine++
      } catch (error) {
        if (!isStoreError(error, 'corrupt')) throw error
        altered.push({ code: 'altered', message: error.message, key })
      }
    },
    against(head, found = []) {
      const findings = [...altered, ...found]
      if (head === undefined) return { genuine, findings }
      if (seen !== head.count)
        findings.push({
          code: 'count-differs',
          message: `count the values: there are ${seen}, the head says ${head.count}`,
        })
      else if (!sumBytes(sum).every((byte, i) => byte === sumBytes(head.sum)[i]) && findings.length === 0)
        findings.push({
          code: 'sum-differs',
          message: `add up the ${seen} values: each is genuine, but they are not the ones that were written last`,
        })
      return { genuine, findings }
    },
  }
}

const tableFinding = (name: string): Finding => ({
  code: 'table-damaged',
  message: `check table ${name}: a block of it has not its checksum, so no value was looked at`,
})

/** What can be said of a store without reading its values: its head, and the head against the witness. */
export const inspect = (
  headKey: Parameters<typeof decodeHead>[0],
  stored: Uint8Array | undefined,
  witness: Pick<Witness, 'look'> | undefined,
): { readonly head: Head | undefined; readonly findings: readonly Finding[] } => {
  if (stored === undefined)
    return { head: undefined, findings: [{ code: 'head-missing', message: 'read the head: there is none' }] }
  const head = decodeHead(headKey, stored)
  if (head === undefined) return { head, findings: [{ code: 'head-altered', message: unread(stored) }] }
  if (witness === undefined) {
    const justMade = head.n === 1 && head.count === 0 // an opening was cut short before it made the witness
    const message = `find the witness beside the folder: it is gone, so nothing shows that head ${head.n} is the newest`
    return { head, findings: justMade ? [] : [{ code: 'witness-missing', message }] }
  }
  const look = witness.look()
  const { newest } = look
  if (newest === undefined) return { head, findings: slotFindings(look) }
  const findings = [...slotFindings(look)]
  const same = (a: Uint8Array, b: Uint8Array): boolean => a.every((byte, i) => byte === b[i])
  if (head.n < newest.n)
    findings.push({
      code: 'behind-witness',
      message: `hold head ${head.n} against the witness: it has seen head ${newest.n}, so ${newest.n - head.n} batches are lost`,
    })
  else if (
    (head.n === newest.n && !same(digestOf(stored), newest.digest)) ||
    (head.n === newest.n + 1 && !same(head.prev, newest.digest))
  )
    findings.push({
      code: 'chain-broken',
      message: `hold head ${head.n} against the witness: it does not follow head ${newest.n} that the witness saw`,
    })
  return { head, findings }
}

const unread = (stored: Uint8Array): string =>
  isNewerForm(stored)
    ? `read the head: its form is ${stored[0]}, which this version does not know; start the newer version of this software that wrote it, if there is one`
    : 'read the head: it is not what was written'

/** What the slots of a witness say of themselves. */
export const slotFindings = ({ newest, damaged }: ReturnType<Witness['look']>): readonly Finding[] =>
  damaged === 0
    ? []
    : [
        {
          code: newest === undefined ? 'witness-unreadable' : 'witness-slot-damaged',
          message: `read the witness beside the folder: ${damaged} of its 2 slots are damaged`,
        },
      ]
