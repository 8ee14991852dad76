import type { Draft } from '@dcann/protocol/hands'
import { instantOf } from '@dcann/sdk/world'
import { CommandError } from './failure.ts'
import { openOutside, readSettings, worldOf } from './settings.ts'
import { nothingStands, operatorOf, type Standing, standingOf } from './standing.ts'

/** What stands around a record that somebody hands round; for the beginning of a root, nothing does. */
export async function standingAround(folder: string, draft: Draft): Promise<Standing> {
  if (draft.kind === 'root' && draft.payload.seq === 1) return nothingStands(instantOf(worldOf(folder)))
  return await standingOf(await openOutside(folder), draft.kind, draft.payload.name, operatorOf(draft))
}

/** Whether a record belongs under a test root: by itself when it is one, else by the root that is pinned. */
export async function isTestRecord(folder: string, draft: Draft): Promise<boolean> {
  if (draft.kind === 'root') return draft.payload.test
  try {
    return (await readSettings(folder)).isTest
  } catch (error) {
    if (error instanceof CommandError && error.code === 'not-set-up') return false
    throw error
  }
}
