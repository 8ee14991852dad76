import type { Report } from './fsck.ts'
import { fsckFolder, openStore, type OpenOptions } from './open.ts'
import type { Figures, Store } from './store.ts'

/** A schema in a PostgreSQL database, and what stands outside it. */
export type Database = {
  /** `postgres://user@host/database?schema=name` */
  readonly url: string
  /** The key file, the same for every process of the store, outside the database and outside its backups. */
  readonly keyFile: string
  /** Which of the store's processes this is; each has a name of its own. */
  readonly writer?: string | undefined
}

/** Where a store is: a folder that one process owns, or a database that many may share. */
export type Place = string | Database

/** An opened store of either engine. */
export type OpenedStore = Store & {
  /** Reads everything that is acknowledged now and reports what is not as written. */
  fsck(): Promise<Report>
  /** How many batches have been synced since opening. */
  syncs(): number
  /**
   * Makes unreadable, in backups too, all that these owners have deleted or overwritten, or everybody has when none is named:
   * what lives is sealed under new keys, and then the old ones are destroyed. Other processes of the store end by it.
   */
  renew(owners?: readonly string[]): Promise<void>
  /** What it has done since opening, and what waits. */
  figures(): Figures
}

/**
 * A place as a command takes it: `level:<folder>`, or `postgres://…` with the key file. Throws with what was expected.
 */
export function readPlace(text: string, keyFile?: string): Place {
  if (text.startsWith('level:') && text.length > 6) return text.slice(6)
  if (!/^postgres(?:ql)?:\/\//.test(text))
    throw new Error(`reading the place of a store: expected level:<folder> or postgres://…, got '${text.slice(0, 40)}'`)
  if (keyFile === undefined) throw new Error('reading the place of a store: a database needs a key file; give --keys')
  return { url: text, keyFile }
}

/** What holds for both engines. */
export type PlaceOptions = Pick<OpenOptions, 'check' | 'ownerOf' | 'onFailed' | 'onFinding' | 'restored'>

/** Opens a store wherever it is; StoreError as `openStore` and `openPostgres` say. */
export async function openPlace(
  place: Place,
  options: PlaceOptions & Pick<OpenOptions, 'keyFile'> = {},
): Promise<OpenedStore> {
  if (typeof place === 'string') return await openStore(place, options)
  // what speaks to a database is loaded by whoever has one
  const { openPostgres } = await import('./postgres-open.ts')
  const { url, keyFile, writer } = place
  return await openPostgres(url, { ...options, keyFile, ...(writer === undefined ? {} : { writer }) })
}

/**
 * Checks a store and changes nothing it says. A folder must not be open; a database may be in use, and is looked at in one
 * moment.
 */
export async function fsckPlace(place: Place, options: Pick<OpenOptions, 'keyFile'> = {}): Promise<Report> {
  if (typeof place === 'string') return await fsckFolder(place, options)
  // its own row says nothing of the store that the rows of others, which it looks at, do not
  const store = await openPlace({ ...place, writer: 'fsck' }, { check: 'quick', restored: true })
  try {
    return await store.fsck()
  } finally {
    await store.close()
  }
}

/**
 * Gives all that a store holds new keys and destroys the old ones, then checks it. A folder must not be open; processes that
 * use a database end by it, and take the new key file when they are started again.
 */
export async function renewPlace(place: Place, options: Pick<OpenOptions, 'keyFile' | 'ownerOf'>): Promise<Report> {
  const store =
    typeof place === 'string'
      ? await openPlace(place, { ...options, check: 'quick' })
      : await openPlace({ ...place, writer: 'renew' }, { ...options, check: 'quick', restored: true })
  try {
    await store.renew()
    return await store.fsck()
  } finally {
    await store.close()
  }
}

/** The path beside which all else that belongs to the store is kept, `<path>.keys` among it. */
export function pathBeside(place: Place): string {
  return typeof place === 'string' ? place : place.keyFile.replace(/\.keys$/, '')
}
