import { openPlace } from '@dcann/store/engines'
import type { Store } from '@dcann/store/store'
import { placeOf, readConfig } from '@dcann/registry/config'
import { openKeeper } from '@dcann/registry/log/open-keeper'
import { start } from '@dcann/registry/main'

/**
 * A registry over a store that acknowledges every tenth commit of passports and loses the records in it, though not that
 * they were logged: the fault that a check has to find.
 */
const asked = readConfig(process.argv.slice(2))
if (asked.mode !== 'serve') throw new Error('give it settings to serve')
const { config } = asked
const { place } = placeOf(config.store)
const store = await openPlace(place)
const isPassport = /^(?:current|past)\/[A-Z]{2}\/[0-9A-Z]{28}(?:\/|$)/
let commits = 0
const dropping: Store = {
  ...store,
  async commit(commit) {
    if (commit.writes.some(({ key }) => isPassport.test(key))) commits += 1
    if (commits % 10 !== 0) return await store.commit(commit)
    return await store.commit({ ...commit, writes: commit.writes.filter(({ key }) => !isPassport.test(key)) })
  },
}
const keeper = await openKeeper({ place, restored: config.store.restored }, store)
await start(config, { now: () => Date.now() / 1000, store: dropping, keeper })
