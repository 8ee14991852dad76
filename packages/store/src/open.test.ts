import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { HEAD_KEY, openDisk, type Disk } from './disk.ts'
import { isStoreError } from './errors.ts'
import { fsckFolder, openStore, type OpenOptions } from './open.ts'
import { scratch } from './scratch.ts'

let place: ReturnType<typeof scratch>
let at: string
beforeEach(() => {
  place = scratch()
  at = join(place.folder, 'store')
})
afterEach(() => place.remove())

const value = Uint8Array.of(1, 2, 3)
const open = (options: OpenOptions = {}) => openStore(at, { buckets: 4, ...options })
const code = (act: Promise<unknown>): Promise<string> =>
  act.then(
    () => 'none',
    (error: unknown) => (isStoreError(error) ? error.code : String(error)),
  )
const codes = async (): Promise<string[]> => (await fsckFolder(at)).findings.map((finding) => finding.code)

/** Writes `n` commits to keys k/0 … and closes. */
const fill = async (n: number): Promise<void> => {
  const store = await open()
  for (let i = 0; i < n; i++) await store.commit({ writes: [{ key: `k/${i}`, value }] })
  await store.close()
}

/** Goes at the folder's LevelDB without the store. */
const around = async (act: (disk: Disk) => Promise<void>): Promise<void> => {
  const disk = await openDisk(at, false)
  await act(disk)
  await disk.close()
}

describe('openStore', () => {
  it('openStore opens what the first version wrote, after a renewal and some work, and goes on from there', async () => {
    // written once by that version, each file in base64, and never again: a form that is changed has to go on opening it
    const sample = new URL('../../../test/stores/level-1.json', import.meta.url)
    // `as`: a file of this repository, whose every member is looked at below
    const files = JSON.parse(readFileSync(sample, 'utf8')) as Record<string, string>
    mkdirSync(at)
    for (const [name, bytes] of Object.entries(files))
      writeFileSync(join(place.folder, name), Buffer.from(bytes, 'base64'), { mode: 0o600 })
    expect(await fsckFolder(at)).toEqual({ genuine: 4, findings: [] })
    const store = await open()
    const kept = store.read(['kept/0', 'kept/1', 'kept/4'])
    const [again, gone, fourth] = ['kept/0', 'kept/1', 'kept/4'].map((key) => kept.get(key))
    const text = (of?: { value: Uint8Array }) => new TextDecoder().decode(of?.value)
    expect([text(again), again?.version, gone, text(fourth)]).toEqual(['again', 2, undefined, 'value 4'])
    await store.commit({ writes: [{ key: 'kept/1', value, expect: 'absent' }] })
    await store.close()
    expect(await fsckFolder(at)).toEqual({ genuine: 5, findings: [] })
  })

  it('openStore refuses a form that it does not know, and says which version to start', async () => {
    await fill(1)
    await around(async (disk) => {
      const head = disk.getSync(HEAD_KEY)?.slice()
      head![0] = 2
      await disk.put(HEAD_KEY, head!)
    })
    await expect(open()).rejects.toThrow('start the newer version of this software')
  })

  it('openStore makes folder, key file and witness, and finds everything again', async () => {
    const store = await open()
    await store.commit({
      writes: [
        { key: 'a', value },
        { key: 'b', value },
      ],
    })
    await store.commit({
      writes: [
        { key: 'a', value },
        { key: 'b', delete: true },
      ],
    })
    await store.close()
    expect(statSync(`${at}.keys`).mode & 0o77).toBe(0)
    const again = await open()
    expect(again.read(['a', 'b']).get('a')).toEqual({ value, version: 2 })
    expect(again.read(['b']).get('b')).toBeUndefined()
    expect(await again.fsck()).toEqual({ genuine: 1, findings: [] })
    await again.close()
    expect(await fsckFolder(at)).toEqual({ genuine: 1, findings: [] })
  })

  it('openStore keeps no byte of a value in any file', async () => {
    const store = await open()
    await store.commit({ writes: [{ key: 'a', value: new TextEncoder().encode('canary '.repeat(20)) }] })
    await store.close()
    await (await open()).close()
    const files = readdirSync(place.folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    const found = files.filter((file) => readFileSync(join(file.parentPath, file.name)).includes('canary'))
    expect([found.map(({ name }) => name), files.length > 6]).toEqual([[], true])
  })

  it('openStore refuses a second opening in this process, by whatever path, and the first goes on', async () => {
    const store = await open()
    symlinkSync(at, join(place.folder, 'link'))
    expect(await code(open())).toBe('locked')
    expect(await code(openStore(join(place.folder, 'link')))).toBe('locked')
    expect(await code(openStore(`${at}/../store/`))).toBe('locked')
    await store.commit({ writes: [{ key: 'a', value }] })
    await store.close()
    await (await open()).close()
  })

  it('openStore refuses while another process has it, naming that, and opens once it is killed', async () => {
    await fill(1)
    const script = `
      import { openStore } from ${JSON.stringify(new URL('./open.ts', import.meta.url).href)}
      await openStore(process.argv[1])
      console.log('open')
      setInterval(() => {}, 1000)`
    const holder = spawn(process.execPath, ['--input-type=module-typescript', '-e', script, at], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(holder.stdout, 'data')
    const refused: unknown = await open().catch((error: unknown) => error)
    expect(isStoreError(refused, 'locked') && refused.message).toContain(`process ${holder.pid}`)
    holder.kill('SIGSTOP')
    expect(await code(open())).toBe('locked')
    holder.kill('SIGKILL')
    await once(holder, 'exit')
    const store = await open()
    expect(store.read(['k/0']).get('k/0')).toEqual({ value, version: 1 })
    await store.close()
  })

  it('openStore refuses a store without its key file, with another, or with a damaged one', async () => {
    await fill(2)
    const keys = readFileSync(`${at}.keys`)
    rmSync(`${at}.keys`)
    expect(await code(open())).toBe('key-missing')
    expect(existsSync(`${at}.keys`)).toBe(false)
    writeFileSync(`${at}.keys`, keys.subarray(0, -50))
    expect(await code(open())).toBe('key-missing')
    const other = join(place.folder, 'other')
    await (await openStore(other, { buckets: 4 })).close()
    cpSync(`${other}.keys`, `${at}.keys`)
    expect(await code(open())).toBe('corrupt')
    expect(await code(open({ check: 'quick' }))).toBe('corrupt')
    writeFileSync(`${at}.keys`, keys)
    expect(await code(open())).toBe('none')
  })

  it('openStore refuses a folder that is gone, and what has lost its index', async () => {
    await fill(2)
    const kept = join(place.folder, 'kept')
    cpSync(at, kept, { recursive: true })
    rmSync(at, { recursive: true })
    expect(await code(open())).toBe('rolled-back')
    mkdirSync(at)
    expect(await code(open())).toBe('rolled-back')
    cpSync(kept, at, { recursive: true })
    rmSync(join(at, 'CURRENT'))
    expect(await code(open())).toBe('corrupt')
    cpSync(kept, at, { recursive: true })
    const store = await open()
    expect(store.read(['k/1']).get('k/1')).toEqual({ value, version: 1 })
    await store.close()
  })

  it('openStore refuses an older copy of the folder until told it is restored', async () => {
    await fill(2)
    const kept = join(place.folder, 'kept')
    cpSync(at, kept, { recursive: true })
    await fill(3)
    rmSync(at, { recursive: true })
    cpSync(kept, at, { recursive: true })
    expect([await code(open()), await code(open({ check: 'quick' }))]).toEqual(['rolled-back', 'rolled-back'])
    expect(await codes()).toEqual(['behind-witness'])
    const store = await open({ restored: true })
    expect((await store.fsck()).genuine).toBe(2)
    await store.close()
    expect(await code(open().then((again) => again.close()))).toBe('none')
  })

  it('openStore refuses a store whose witness is gone or unreadable, and heals one slot', async () => {
    await fill(2)
    const witness = readFileSync(`${at}.head`)
    rmSync(`${at}.head`)
    expect(await code(open())).toBe('rolled-back')
    expect(await codes()).toEqual(['witness-missing'])
    writeFileSync(`${at}.head`, Buffer.alloc(witness.length))
    expect(await code(open())).toBe('rolled-back')
    expect(await codes()).toEqual(['witness-unreadable'])
    for (const slot of [0, 4096]) {
      writeFileSync(`${at}.head`, Buffer.from(witness).fill(9, slot + 20, slot + 24))
      const told: string[] = []
      const store = await open({ onFinding: (finding) => told.push(finding.code) })
      expect(told).toEqual(['witness-slot-damaged'])
      expect((await store.fsck()).findings).toEqual([])
      await store.close()
      witness.set(readFileSync(`${at}.head`))
    }
  })

  it('openStore carries on where its making was cut short', async () => {
    await (await open()).close()
    rmSync(`${at}.head`)
    await (await open()).close() // before the witness
    rmSync(`${at}.head`)
    rmSync(at, { recursive: true })
    await (await open()).close() // before the folder
    expect((await fsckFolder(at)).findings).toEqual([])
  })

  it('openStore fences the owner before it, whatever became of the lock', async () => {
    const first = await open()
    await first.commit({ writes: [{ key: 'a', value }] })
    cpSync(at, join(place.folder, 'second'), { recursive: true })
    for (const kind of ['keys', 'head']) cpSync(`${at}.${kind}`, join(place.folder, `second.${kind}`))
    const second = await openStore(join(place.folder, 'second'))
    writeFileSync(`${at}.head`, readFileSync(join(place.folder, 'second.head')), { flag: 'r+' })
    expect(await code(first.commit({ writes: [{ key: 'b', value }] }))).toBe('fenced')
    expect(isStoreError(await first.failed, 'fenced')).toBe(true)
    expect(await code(first.commit({ writes: [] }))).toBe('fenced')
    await first.close()
    await second.close()
  })

  it('openStore tells onFailed once', async () => {
    const told: Error[] = []
    const store = await open({
      onFailed: (error) => told.push(error),
      disk: (disk) =>
        new Proxy(disk, {
          get: (target, name) => {
            if (name === 'batch') return () => Promise.reject(new Error('ENOSPC: no space left on device'))
            const found: unknown = Reflect.get(target, name, target)
            return typeof found === 'function' ? found.bind(target) : found
          },
        }),
    })
    await Promise.allSettled([1, 2, 3].map(() => store.commit({ writes: [] })))
    expect(told.map((error) => isStoreError(error, 'failed'))).toEqual([true])
    await store.close()
    expect(await code(open().then((again) => again.close()))).toBe('none')
  })
})

describe('fsckFolder', () => {
  it('fsckFolder makes nothing where nothing is', async () => {
    expect(await code(fsckFolder(at))).toBe('key-missing')
    expect(existsSync(at)).toBe(false)
  })

  it('fsckFolder finds what was done around the store', async () => {
    await fill(4)
    const kept = join(place.folder, 'kept')
    cpSync(at, kept, { recursive: true })
    const store = await open()
    await store.commit({ writes: [{ key: 'k/0', value: Uint8Array.of(9) }] })
    await store.close()
    const now = join(place.folder, 'now')
    cpSync(at, now, { recursive: true })
    let old: Uint8Array | undefined
    let head: Uint8Array | undefined
    await around(async (disk) => {
      head = disk.getSync(HEAD_KEY)
    })
    rmSync(at, { recursive: true })
    cpSync(kept, at, { recursive: true })
    await around(async (disk) => {
      old = disk.getSync('k/0')
    })

    const deeds: [string[], (disk: Disk) => Promise<void>][] = [
      [[], async () => {}],
      [['count-differs'], (disk) => disk.del('k/1')],
      [['sum-differs'], (disk) => disk.put('k/0', old!)],
      [['altered'], (disk) => disk.put('k/1', old!)],
      [
        ['altered'],
        (disk) =>
          disk.put(
            'k/1',
            disk.getSync('k/1')!.map((byte, i) => (i === 30 ? byte ^ 1 : byte)),
          ),
      ],
      [['altered', 'count-differs'], (disk) => disk.put('k/9', disk.getSync('k/1')!)],
      [['foreign'], (disk) => disk.put('!mine', Uint8Array.of(1))],
      [['head-missing'], (disk) => disk.del(HEAD_KEY)],
      [
        ['head-altered'],
        (disk) =>
          disk.put(
            HEAD_KEY,
            head!.map((byte, i) => (i === 9 ? byte ^ 1 : byte)),
          ),
      ],
    ]
    for (const [expected, deed] of deeds) {
      rmSync(at, { recursive: true })
      cpSync(now, at, { recursive: true })
      await around(deed)
      expect(await codes()).toEqual(expected)
    }
  })

  it('fsckFolder names every key concerned, and reading one never gives a value', async () => {
    await fill(3)
    await around((disk) => disk.put('k/1', new Uint8Array(60)))
    const { findings, genuine } = await fsckFolder(at)
    expect([genuine, findings.map(({ code, key }) => [code, key])]).toEqual([2, [['altered', 'k/1']]])
    const store = await open({ check: 'quick' })
    const corrupt = expect.objectContaining({ code: 'corrupt', key: 'k/1' })
    expect(() => store.read(['k/0', 'k/1'])).toThrow(corrupt)
    await expect(store.range({ limit: 9 })).rejects.toEqual(corrupt)
    await expect(store.commit({ writes: [{ key: 'k/1', value }] })).rejects.toEqual(corrupt)
    expect(store.read(['k/0']).get('k/0')?.version).toBe(1)
    await store.close()
  })
})
