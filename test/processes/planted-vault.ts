// A vault node with a fault planted in its store, to show that the checks catch it:
// node planted-vault.ts cached|cached-<milliseconds>|forgetful --config file.json [--fsck]
import { readConfig } from '@dcann/vault-node/config'
import { fsck, start } from '@dcann/vault-node/main'
import { text } from '@dcann/store/shelf'
import type { Snapshot, Store, Write } from '@dcann/store/store'

const [, , fault, , file = ''] = process.argv

/** Believes for a while that an agreement it saw active still is. */
function cached(store: Store, milliseconds = 50): Store {
  const activeUntil = new Map<string, number>()
  const isState = (key: string): boolean => key.startsWith('agreements/states/')
  const actedIn = (value: Uint8Array): string => (JSON.parse(text.decode(value)) as { acted: string }).acted
  const withActed = (value: Uint8Array, acted: string): Uint8Array =>
    text.encode(JSON.stringify({ ...(JSON.parse(text.decode(value)) as object), acted }))
  const over = (snapshot: Snapshot): Snapshot => ({
    get(key) {
      const found = snapshot.get(key)
      if (!found || !isState(key)) return found
      if (actedIn(found.value) === 'active') activeUntil.set(key, performance.now() + milliseconds)
      return (activeUntil.get(key) ?? 0) > performance.now()
        ? { ...found, value: withActed(found.value, 'active') }
        : found
    },
  })
  const restored = async (write: Write): Promise<Write> => {
    if (!isState(write.key) || !('value' in write)) return write
    const actual = (await store.read([write.key])).get(write.key)
    return actual ? { ...write, value: withActed(write.value, actedIn(actual.value)) } : write
  }
  return {
    ...passing(store),
    read: (keys) => {
      const read = store.read(keys)
      return read instanceof Promise ? read.then(over) : over(read)
    },
    // an answer given on what was believed must not undo the revoke itself
    commit: async (commit) =>
      await store.commit(commit.lease ? { ...commit, writes: await Promise.all(commit.writes.map(restored)) } : commit),
  }
}

/** Acknowledges what it will write a little later. */
function forgetful(store: Store): Store {
  return {
    ...passing(store),
    commit: async (commit) => {
      setTimeout(() => void store.commit(commit).catch(() => {}), 30)
      return { versions: commit.writes.map(() => 1) }
    },
  }
}

function passing(store: Store): Store {
  return {
    read: (keys) => store.read(keys),
    range: (range) => store.range(range),
    commit: (commit) => store.commit(commit),
    leases: (scope, now) => store.leases(scope, now),
    release: (id) => store.release(id),
    ...(store.recalling ? { recalling: store.recalling } : {}),
    close: () => store.close(),
    failed: store.failed,
  }
}

const faults: Record<string, (store: Store, milliseconds?: number) => Store> = { cached, forgetful }
const [name = '', milliseconds] = (fault ?? '').split('-')
const plant = faults[name]
if (!plant) throw new Error(`planting a fault: ${fault} is none of ${Object.keys(faults).join(', ')}`)
if (process.argv.includes('--fsck')) {
  process.exitCode = (await fsck(readConfig(file), (line) => process.stdout.write(`${line}\n`))) ? 0 : 1
} else {
  const overStore = (store: Store): Store => plant(store, milliseconds === undefined ? undefined : Number(milliseconds))
  await start(readConfig(file), { overStore })
}
