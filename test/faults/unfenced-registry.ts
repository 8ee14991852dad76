// A registry with a fault planted: it commits late, over whatever another process has written meanwhile, and keeps its heads to
// itself. To show that the check of two sequencers catches a forked log: node unfenced-registry.ts --config file.json
import { setTimeout as wait } from 'node:timers/promises'
import { readConfig } from '@dcann/registry/config'
import { start } from '@dcann/registry/main'
import { openPlace } from '@dcann/store/engines'
import type { Store, Write } from '@dcann/store/store'

const asked = readConfig(process.argv.slice(2))
if (asked.mode === 'make-key' || !('url' in asked.config.store)) throw new Error('planting a fault: give a database')
const store = await openPlace(asked.config.store, { check: 'quick' })

const careless = (write: Write): Write[] => {
  if ('require' in write) return []
  if ('delete' in write) return [{ key: write.key, delete: true }]
  return [{ key: write.key, value: write.value }]
}
/** Milliseconds between a decision and its commit, so that what others write meanwhile does not hang on the machine's speed. */
const late = 40
const over: Store = {
  ...store,
  async commit({ writes }) {
    await wait(late)
    return await store.commit({ writes: writes.flatMap(careless) })
  },
}
await start(asked.config, { now: () => Date.now() / 1000, store: over })
