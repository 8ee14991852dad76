import { join } from 'node:path'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import type { Signed } from '@dcann/protocol/signed'
import { urlSchema } from '@dcann/protocol/text'
import { createRegistryClient } from '@dcann/sdk/registry-client'
import { openTrust, readRootFile } from '@dcann/sdk/trust'
import { seenInMemory } from '@dcann/sdk/world'
import { defineCommand, type Report } from '../command.ts'
import { CommandError, UsageError } from '../failure.ts'
import { makeFolder, readIfThere, readNamed } from '../folder.ts'
import { describeRoot, worldOf, writeSettings } from '../settings.ts'
import { table } from '../wrap.ts'

export const setup = defineCommand({
  says: 'Proves a root record by its own signatures, pins it, and keeps which registries to ask. Once a root is pinned, --registry alone names other registries.',
  options: {
    root: { value: '<file>', says: 'the root record, from somebody you trust' },
    registry: { value: '<url>', many: true, says: 'a registry that serves the root zone; the first is asked first' },
  },
  example: 'dcann setup --root root.json --registry https://registry.example',
  run: async ({ given, folder, screen }): Promise<Report> => {
    const registries = given.registry ?? []
    for (const url of registries) requireAddress(url)
    if (registries.length === 0) throw new UsageError('--registry is missing')
    const pinned = await rootToPin(folder, given.root)
    const world = { ...worldOf(folder), seen: seenInMemory() }
    const trust = await openTrust({ world, pinned, registries })
    const { isTest } = describeRoot(pinned)
    const zones = await firstZones(world, registries)
    await makeFolder(folder)
    await writeSettings(folder, pinned, registries)
    const newest = trust.current().payload.seq
    if (zones === undefined)
      screen.tell('None of the registries answers now. That can wait: the root is proved without them.')
    return {
      json: { pin: trust.pin, version: newest, test: isTest, registries, zones: zones ?? null, home: folder },
      lines: [
        'The root is proved by its own signatures and pinned.',
        ...table([
          ['Record id', trust.pin],
          ['Version', String(newest)],
          ['Kind', isTest ? 'a test root: everything under it is made up' : undefined],
          ['Registries', registries.join(', ')],
          ['Zones', zones?.join(', ')],
          ['Kept in', folder],
        ]),
        'Compare the record id with what somebody else has: whoever gave you another one lied to one of you.',
      ],
    }
  },
})

function requireAddress(url: string): void {
  if (urlSchema.safeParse(url).success) return
  throw new UsageError(`--registry ${quote(url, 80)} is no base address: expected https, or http on this machine`)
}

/** The root that is given, or pinned already; never another one over a pinned one. */
async function rootToPin(folder: string, file: string | undefined): Promise<Signed> {
  const held = await readIfThere(join(folder, 'root.json'))
  const before = held === undefined ? undefined : readRootFile(held)
  if (file === undefined) {
    if (before === undefined) throw new UsageError('--root is missing, and none is pinned yet')
    return before
  }
  const pinned = readRootFile(await readNamed(file, 'the root'))
  if (before !== undefined && describeRoot(before).pin !== describeRoot(pinned).pin) {
    throw new CommandError(
      'file-exists',
      `pinning a root: another one is pinned in ${folder}, of record id ${describeRoot(before).pin}; use another --home`,
    )
  }
  return pinned
}

async function firstZones(
  world: ReturnType<typeof worldOf>,
  registries: readonly string[],
): Promise<string[] | undefined> {
  for (const url of registries) {
    try {
      return (await createRegistryClient(world, url).zones()).map(({ zone }) => zone)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
    }
  }
  return undefined
}
