import { openPlace } from '@dcann/store/engines'
import { openStore } from '@dcann/store/open'
import type { Disk } from '@dcann/store/disk'
import type { Commit, Store } from '@dcann/store/store'
import { placeAt } from './store-place.ts'

/**
 * Sixteen clients that write to one store until they are killed, and say so after each acknowledged commit:
 * `<client> <i>`. A commit of client c, step i, writes three keys: two that must always agree, and one that stays.
 *
 * `engine` plants a fault that the checker has to find: `early` acknowledges at once and writes
 * when it has gathered a hundred commits, `torn` writes the keys of a commit one by one, `unsynced` leaves it to the
 * kernel when what it acknowledged comes to disk.
 */
const [folder, engine] = process.argv.slice(2)
if (folder === undefined) throw new Error('name a folder')

const gathered: Commit[] = []

const faulty = (store: Store): Pick<Store, 'commit'> => ({
  async commit(commit) {
    if (engine === 'early') {
      gathered.push(commit)
      if (gathered.length === 100) await Promise.all(gathered.splice(0).map((each) => store.commit(each)))
      return { versions: [] }
    }
    for (const write of commit.writes) await store.commit({ writes: [write] })
    return { versions: [] }
  },
})

const unsynced = (disk: Disk): Disk =>
  new Proxy(disk, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      // `as`: what a method of LevelDB gives back is the caller's business
      const method = value as (this: Disk, ...rest: unknown[]) => unknown
      return name === 'batch'
        ? (operations: unknown) => method.call(target, operations, { sync: false })
        : method.bind(target)
    },
  })

const place = placeAt(folder)
const onFailed = (): never => process.exit(1)
const store =
  typeof place === 'string'
    ? await openStore(place, { buckets: 16, onFailed, ...(engine === 'unsynced' ? { disk: unsynced } : {}) })
    : await openPlace(place, { onFailed, check: 'quick' })
const target = engine === undefined || engine === 'unsynced' ? store : faulty(store)

const client = async (name: number): Promise<never> => {
  const [left, right] = [`left/${name}`, `right/${name}`]
  const found = (await store.read([left])).get(left)
  for (let i = found === undefined ? 0 : new DataView(found.value.slice().buffer).getUint32(0) + 1; ; i++) {
    const value = new Uint8Array(200).fill(i)
    new DataView(value.buffer).setUint32(0, i)
    await target.commit({
      writes: [
        { key: left, value },
        { key: `stays/${name}/${i}`, value, expect: 'absent' },
        { key: right, value },
      ],
    })
    process.stdout.write(`${name} ${i}\n`)
  }
}

await Promise.all(Array.from({ length: 16 }, (_, name) => client(name)))
