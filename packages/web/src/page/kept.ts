/** What this origin keeps in this browser: values under keys, durable when a write resolves. */
export type Kept = {
  readonly read: (key: string) => Promise<unknown>
  readonly write: (key: string, value: unknown) => Promise<void>
  /** Writes all or none. */
  readonly writeAll: (values: Readonly<Record<string, unknown>>) => Promise<void>
  /** Forgets everything. */
  readonly clear: () => Promise<void>
}

const store = 'kept'

/** Opens the database of this origin; keys that may not be read out lie there as the browser's own objects. */
export async function openKept(name: string): Promise<Kept> {
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const opening = indexedDB.open(name, 1)
    opening.addEventListener('upgradeneeded', () => opening.result.createObjectStore(store))
    opening.addEventListener('success', () => resolve(opening.result))
    opening.addEventListener('error', () => reject(opening.error ?? new Error('no database')))
  })
  const write = async (change: (values: IDBObjectStore) => void): Promise<void> =>
    await new Promise((resolve, reject) => {
      const transaction = database.transaction(store, 'readwrite', { durability: 'strict' })
      change(transaction.objectStore(store))
      transaction.addEventListener('complete', () => resolve())
      transaction.addEventListener('abort', () => reject(transaction.error ?? new Error('not written')))
    })
  return {
    read: async (key) =>
      await new Promise((resolve, reject) => {
        const reading = database.transaction(store).objectStore(store).get(key)
        reading.addEventListener('success', () => resolve(reading.result))
        reading.addEventListener('error', () => reject(reading.error ?? new Error('not read')))
      }),
    write: async (key, value) => await write((values) => values.put(value, key)),
    writeAll: async (values) =>
      await write((kept) => {
        for (const [key, value] of Object.entries(values)) kept.put(value, key)
      }),
    clear: async () => await write((values) => values.clear()),
  }
}
