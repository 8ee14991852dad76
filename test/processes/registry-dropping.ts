import { openStore } from '@dcann/store/open'
import type { Store } from '@dcann/store/store'
import { readConfig } from '@dcann/registry/config'
import { start } from '@dcann/registry/main'

/** A registry over a store that acknowledges every tenth commit and never writes it: the fault that a check has to find. */
const asked = readConfig(process.argv.slice(2))
if (asked.mode !== 'serve') throw new Error('give it settings to serve')
const { config } = asked
const store = await openStore(config.store.folder)
let commits = 0
const dropping: Store = {
  ...store,
  async commit(commit) {
    commits += 1
    if (commits % 10 === 0) return { versions: commit.writes.map(() => 1) }
    return await store.commit(commit)
  },
}
await start(config, { now: () => Date.now() / 1000, store: dropping })
