// A registry with a fault planted: it writes over whatever another process has written meanwhile, and keeps its heads to
// itself. To show that the check of two sequencers catches a forked log: node unfenced-registry.ts --config file.json
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
const over: Store = { ...store, commit: async ({ writes }) => await store.commit({ writes: writes.flatMap(careless) }) }
await start(asked.config, { now: () => Date.now() / 1000, store: over })
