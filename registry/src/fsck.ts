import { fsckPlace, openPlace } from '@dcann/store/engines'
import type { Reader } from '@dcann/store/store'
import { type Config, placeOf } from './config.ts'
import { checkLogs } from './log/check-log.ts'
import { fileKeeper, type HeadKeeper } from './log/keeper.ts'
import { keeperFile } from './log/open-keeper.ts'
import { checkRecords } from './records/check-records.ts'
import { ownerOf } from './records/shelf.ts'

/**
 * Checks a registry that is not running: the store's own check, then every log and map made again and held against the
 * heads that were shown, then every act of every zone judged again from the stored bytes, then the indexes. Says each problem on a line and answers how many there are. Changes nothing that was written.
 */
export async function fsck({ store: settings }: Config, say: (line: string) => void): Promise<number> {
  const { place, ...options } = placeOf(settings)
  const { genuine, findings } = await fsckPlace(place, options)
  for (const { code, message } of findings) say(`store: ${code}: ${message}`)
  say(`store: ${genuine} values are as they were written`)
  if (findings.length > 0) return findings.length
  const beside = typeof place === 'string' ? place : { ...place, writer: 'fsck' }
  const store = await openPlace(beside, { ...options, ownerOf, check: 'quick' })
  try {
    return await sayProblems(store, fileKeeper(keeperFile(place)), say)
  } finally {
    await store.close()
  }
}

async function sayProblems(store: Reader, keeper: HeadKeeper, say: (line: string) => void): Promise<number> {
  const logs = await checkLogs(store, keeper.read())
  for (const problem of logs.problems) say(`logs: ${problem}`)
  say(`logs: ${logs.entries} entries made again, ${logs.problems.length} problem(s)`)
  const { acts, problems } = await checkRecords(store)
  for (const problem of problems) say(`records: ${problem}`)
  say(`records: ${acts} acts judged again, ${problems.length} problem(s)`)
  return logs.problems.length + problems.length
}
