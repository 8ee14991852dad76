import { existsSync } from 'node:fs'
import { openDisk, HEAD_KEY, holdsDisk, type Disk } from './disk.ts'
import { StoreError } from './errors.ts'
import { inspect, isFatal, sweep, type Finding, type Report } from './fsck.ts'
import { digestOf, encodeHead, noHead, type Head } from './head.ts'
import type { Key } from './key.ts'
import { createKeyFile, openKeyFile, type KeyFile } from './keys.ts'
import { levelStore, type LevelStore } from './level.ts'
import { takeLock, type Lock } from './lock.ts'
import { createWitness, openWitness, type Witness } from './witness.ts'

/** How a folder is opened; all of it may be left out. */
export type OpenOptions = {
  /**
   * The key file; `<folder>.keys` when left out. It is made with the store. Without it every value is lost, and a copy of
   * the folder that comes with it is readable: keep it out of the folder's backups, and a copy of it elsewhere.
   */
  readonly keyFile?: string
  /**
   * `full` (the rule) opens every value before the store is served: about 10 µs each. `quick` looks at the head and the
   * witness only; a record lost from the middle then reads as absent until `fsck()` is run on the opened store.
   */
  readonly check?: 'full' | 'quick'
  /** Whose thing a key is: one owner's values share a bucket, so that `renew` can erase. The key itself when left out. */
  readonly ownerOf?: (key: Key) => string
  /** How many buckets a new key file has. */
  readonly buckets?: number
  /** Told once when the store has failed for good. A node ends its process here. */
  readonly onFailed?: (error: Error) => void
  /** Told of what was found at opening and does not keep the store from being served. */
  readonly onFinding?: (finding: Finding) => void
  /** The operator's word that this folder is a restored copy: it may be older than the witness, which begins anew. */
  readonly restored?: boolean
  /** Stands between the store and LevelDB, for tests of failing disks. */
  readonly disk?: (disk: Disk) => Disk
}

/**
 * Opens a folder, or makes it with its key file and witness when none of the three is there. In order: the lock, the key
 * file, LevelDB, head and witness, every value, the new epoch. StoreError `locked`, `key-missing`, `rolled-back` or
 * `corrupt`; nothing is left open then.
 */
export const openStore = async (folder: string, options: OpenOptions = {}): Promise<LevelStore> => {
  const parts = await openParts(folder, options, true)
  try {
    const found = await check(parts, options)
    for (const finding of found.findings) if (!isFatal(finding)) options.onFinding?.(finding)
    const fatal = found.findings.filter(isFatal)
    if (fatal[0] !== undefined) throw refusal(folder, fatal[0], fatal.length)
    const { head, witness } = await beginEpoch(parts, found.head ?? noHead())
    return levelStore({
      ...parts,
      disk: options.disk?.(parts.disk) ?? parts.disk,
      head,
      witness,
      ownerOf: options.ownerOf ?? ((key) => key),
      onFailed: options.onFailed,
      letGo: () => letGo({ ...parts, witness }),
    })
  } catch (error) {
    await letGo(parts)
    throw error
  }
}

/**
 * Checks a folder that nobody has open, and changes nothing the store says. Reports what `openStore` would refuse, with
 * every key concerned. StoreError `locked`, `key-missing`, or `corrupt` when not even LevelDB opens.
 */
export const fsckFolder = async (folder: string, options: Pick<OpenOptions, 'keyFile'> = {}): Promise<Report> => {
  const parts = await openParts(folder, options, false)
  try {
    const { genuine, findings } = await check(parts, { ...options, check: 'full' })
    return { genuine, findings }
  } finally {
    await letGo(parts)
  }
}

type Parts = {
  readonly lock: Lock
  readonly keys: KeyFile
  readonly disk: Disk
  readonly witness: Witness | undefined
  readonly witnessPath: string
}

const openParts = async (folder: string, options: OpenOptions, mayCreate: boolean): Promise<Parts> => {
  const lock = takeLock(folder)
  const opened: (() => void)[] = [() => lock.release()]
  try {
    const keyPath = options.keyFile ?? `${lock.path}.keys`
    const witnessPath = `${lock.path}.head`
    const there = { folder: holdsDisk(lock.path), keys: existsSync(keyPath), witness: existsSync(witnessPath) }
    if (!there.keys && (there.folder || there.witness || !mayCreate))
      throw new StoreError(
        'key-missing',
        `open the store '${folder}': its key file '${keyPath}' is not there; bring it back, without it no value opens`,
      )
    if (there.witness && !there.folder)
      throw new StoreError(
        'rolled-back',
        `open the store '${folder}': its witness is there but the folder holds no store; bring the folder back`,
      )
    if (!there.keys) createKeyFile(keyPath, options.buckets)
    const keys = openKeyFile(keyPath)
    opened.unshift(() => keys.close())
    const witness = there.witness ? openWitness(witnessPath, keys.derive('witness')) : undefined
    if (witness !== undefined) opened.unshift(() => witness.close())
    const disk = await openDisk(lock.path, !there.folder && mayCreate)
    return { lock, keys, disk, witness, witnessPath }
  } catch (error) {
    for (const close of opened) close()
    throw error
  }
}

const check = async (parts: Parts, options: OpenOptions): Promise<Report & { readonly head: Head | undefined }> => {
  const { disk, keys } = parts
  const stored = disk.getSync(HEAD_KEY)
  if (stored === undefined && parts.witness === undefined && (await disk.keys({ limit: 1 }).all()).length === 0)
    return { head: undefined, genuine: 0, findings: [] } // new, or its making was cut short before the first head
  const { head, findings } = inspect(keys.derive('head'), stored, parts.witness)
  const forgiven = options.restored ? findings.filter(({ code }) => !OUTDATED.has(code)) : findings
  if (options.check === 'quick') return { head, genuine: 0, findings: forgiven }
  const snapshot = disk.snapshot()
  const swept = await sweep(disk, snapshot, keys, head)
  await snapshot.close()
  return { head, genuine: swept.genuine, findings: [...forgiven, ...swept.findings] }
}

/** What a restored copy is excused for. */
const OUTDATED: ReadonlySet<string> = new Set([
  'behind-witness',
  'chain-broken',
  'witness-missing',
  'witness-unreadable',
])

/** One more opening, on disk in the store and then in the witness, before anything else is written. */
const beginEpoch = async ({ disk, keys, witness, witnessPath }: Parts, head: Head) => {
  const stored = disk.getSync(HEAD_KEY)
  const epoch = Math.max(head.epoch, witness?.look().newest?.epoch ?? 0) + 1
  const prev = stored === undefined ? head.prev : digestOf(stored)
  const next: Head = { ...head, n: head.n + 1, epoch, prev }
  const bytes = encodeHead(keys.derive('head'), next)
  await disk.batch([{ type: 'put', key: HEAD_KEY, value: bytes }], { sync: true })
  const sighting = { n: next.n, epoch, digest: digestOf(bytes) }
  if (witness === undefined) createWitness(witnessPath, keys.derive('witness'), sighting)
  const begun = witness ?? openWitness(witnessPath, keys.derive('witness'))
  begun.begin(sighting)
  return { head: next, witness: begun }
}

const letGo = async ({
  disk,
  witness,
  keys,
  lock,
}: Pick<Parts, 'disk' | 'witness' | 'keys' | 'lock'>): Promise<void> => {
  try {
    await disk.close()
  } finally {
    witness?.close()
    keys.close()
    lock.release()
  }
}

const refusal = (folder: string, { code, message, key }: Finding, count: number): StoreError => {
  const old = OUTDATED.has(code)
  const advice = old
    ? 'bring back a newer copy, or say that this one is restored'
    : 'run fsck to see all of it, then bring back a copy'
  return new StoreError(
    old ? 'rolled-back' : 'corrupt',
    `open the store '${folder}': ${count} findings, the first is ${code}: ${message}; ${advice}`,
    key === undefined ? {} : { key },
  )
}
