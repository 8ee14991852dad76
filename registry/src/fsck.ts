import { fsckFolder, openStore } from '@dcann/store/open'
import type { Reader } from '@dcann/store/store'
import type { Config } from './config.ts'
import { checkRecords } from './records/check-records.ts'
import { ownerOf } from './records/shelf.ts'

/**
 * Checks a registry that is not running: the store's own check, then every act of every zone judged again from the stored
 * bytes, then the indexes. Says each problem on a line and answers how many there are. Changes nothing that was written.
 */
export async function fsck({ store: { folder, keyFile } }: Config, say: (line: string) => void): Promise<number> {
  const options = keyFile === undefined ? {} : { keyFile }
  const { genuine, findings } = await fsckFolder(folder, options)
  for (const { code, message } of findings) say(`store: ${code}: ${message}`)
  say(`store: ${genuine} values are as they were written`)
  if (findings.length > 0) return findings.length
  const store = await openStore(folder, { ...options, ownerOf, check: 'quick' })
  try {
    return await sayProblems(store, say)
  } finally {
    await store.close()
  }
}

async function sayProblems(store: Reader, say: (line: string) => void): Promise<number> {
  const { acts, problems } = await checkRecords(store)
  for (const problem of problems) say(`records: ${problem}`)
  say(`records: ${acts} acts judged again, ${problems.length} problem(s)`)
  return problems.length
}
