import { join } from 'node:path'
import { ProtocolError } from '@dcann/protocol/errors'
import { rootNoun } from '@dcann/protocol/root'
import { readSigned, type RecordId, type Signed } from '@dcann/protocol/signed'
import { createResolver, type Resolver } from '@dcann/sdk/resolver'
import { readRootFile } from '@dcann/sdk/trust'
import type { World } from '@dcann/sdk/world'
import { CommandError } from './failure.ts'
import { readIfThere, writeWhole } from './folder.ts'
import { plainFetch } from './plain-fetch.ts'
import { seenInFiles } from './seen-in-files.ts'

/** What `dcann setup` has settled. */
export type Settings = {
  readonly folder: string
  /** The pinned root record. */
  readonly pinned: Signed
  readonly pin: RecordId
  /** Whether it is a root for trying things out. */
  readonly isTest: boolean
  readonly registries: readonly string[]
}

/** Reads the state folder. Throws `not-set-up` when no root is pinned in it. */
export async function readSettings(folder: string): Promise<Settings> {
  const [root, settings] = await Promise.all([
    readIfThere(join(folder, 'root.json')),
    readIfThere(join(folder, 'settings.json')),
  ])
  if (root === undefined || settings === undefined) {
    throw new CommandError(
      'not-set-up',
      `no root is pinned in ${folder}; begin with: dcann setup --root <file> --registry <url>`,
    )
  }
  const pinned = readRootFile(root)
  return { folder, pinned, ...describeRoot(pinned), registries: readRegistries(settings, folder) }
}

/** The root's record id, and whether it is for tests. Proves nothing. */
export function describeRoot(pinned: Signed): Pick<Settings, 'pin' | 'isTest'> {
  const { id, payload } = readSigned(rootNoun, pinned)
  return { pin: id, isTest: payload.test }
}

export async function writeSettings(folder: string, pinned: Signed, registries: readonly string[]): Promise<void> {
  await writeWhole(join(folder, 'settings.json'), `${JSON.stringify({ registries }, null, 2)}\n`)
  await writeWhole(join(folder, 'root.json'), `${JSON.stringify(pinned)}\n`)
}

function readRegistries(text: string, folder: string): string[] {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && 'registries' in value && Array.isArray(value.registries)) {
      return value.registries.filter((url) => typeof url === 'string' && URL.canParse(url))
    }
  } catch {
    // told below, with what to do
  }
  throw new CommandError(
    'not-set-up',
    `reading the settings in ${folder}: they are damaged; write them again with: dcann setup --registry <url>`,
  )
}

/** The world as a command sees it. */
export function worldOf(folder: string): World {
  return {
    fetch: plainFetch,
    now: () => Date.now() / 1000,
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
    seen: seenInFiles(join(folder, 'seen')),
  }
}

/** Everything needed to ask the federation. */
export type Outside = { readonly settings: Settings; readonly world: World; readonly resolver: Resolver }

export async function openOutside(folder: string): Promise<Outside> {
  const settings = await readSettings(folder)
  const world = worldOf(folder)
  const { pinned, registries } = settings
  return { settings, world, resolver: await createResolver({ world, pinned, registries }) }
}

/** Whether what failed was the way to a registry, not its answer. */
export function isUnreachable(error: unknown): boolean {
  return error instanceof ProtocolError && ['unreachable', 'unavailable', 'rate-limited', 'stale'].includes(error.code)
}
