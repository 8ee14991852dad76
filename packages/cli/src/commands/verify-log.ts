import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { concatenate } from '@dcann/protocol/bytes'
import type { Signed } from '@dcann/protocol/signed'
import { createLogClient } from '@dcann/sdk/log-client'
import { type Fetch, instantOf } from '@dcann/sdk/world'
import { need } from '../arguments.ts'
import { defineCommand, type Report } from '../command.ts'
import { CommandError } from '../failure.ts'
import { openOutside, readSettings, worldOf } from '../settings.ts'

export const verifyLog = defineCommand({
  says: 'Makes the state of a zone again from its log, judging every record, and holds it against the heads that its key signed.',
  options: {
    zone: { value: '<zone>', says: 'whose log' },
    from: { value: '<url>', says: 'a registry or mirror that has it; else the first that was set up' },
    save: { value: '<folder>', says: 'keeps everything that was fetched, to be verified without a network' },
    saved: { value: '<folder>', says: 'verifies what was kept there, and asks nobody' },
  },
  example: 'dcann verify-log --zone IN --saved in-log',
  run: async ({ given, folder }): Promise<Report> => {
    const zone = need(given.zone, '--zone')
    const { openWatch } = await import('@dcann/registry/mirror/watch')
    const settings = await readSettings(folder)
    const url = given.from ?? settings.registries[0] ?? 'https://registry.invalid'
    const fetch = await fetchFor(given, worldOf(folder).fetch)
    const root = await rootsFor(given.saved ?? given.save, given.saved !== undefined, folder)
    const client = createLogClient({ fetch }, url)
    const look = await openWatch({ root, zones: new Map(['root', zone].map((each) => [each, [client]])) })
    const { watched, alarms, silent } = await look(instantOf(worldOf(folder)))
    const holds = alarms.length + silent.length === 0
    return {
      exit: holds ? 0 : 1,
      json: { holds, watched, alarms, silent },
      lines: [
        ...watched.map(
          ({ zone: each, acts, names, size }) =>
            `${each}: ${acts} acts judged again, ${names} names, ${size} entries: as its head says`,
        ),
        ...alarms.map(({ zone: each, code, message }) => `✗ ${each}: ${code}: ${message}`),
        ...silent.map((where) => `✗ ${where}: not all of it is there`),
        holds ? 'Everything holds.' : 'Nothing that rests on this log may be relied on.',
      ],
    }
  },
})

async function fetchFor({ save, saved }: { save?: string; saved?: string }, calling: Fetch): Promise<Fetch> {
  if (saved !== undefined) return fromFolder(resolve(saved))
  return save === undefined ? calling : keeping(calling, resolve(save))
}

/** Where the answer to a call is kept: its path and query, with what a file's name cannot hold taken out. */
function fileOf(folder: string, address: string): string {
  const { pathname, search } = new URL(address)
  const segments = pathname.split('/').filter((segment) => /^[A-Za-z0-9._-]+$/.test(segment) && !/^\.+$/.test(segment))
  return join(folder, ...segments, `answer${search.replaceAll(/[^A-Za-z0-9]/g, '_')}`)
}

function fromFolder(folder: string): Fetch {
  return async (address) => {
    const bytes = await readFile(fileOf(folder, address)).catch(() => undefined)
    if (bytes === undefined) throw new TypeError('it was not saved')
    return new Response(new Uint8Array(bytes))
  }
}

function keeping(calling: Fetch, folder: string): Fetch {
  return async (address, init) => {
    const answer = await calling(address, init)
    if (!answer.ok) return answer
    const bytes = await wholeOf(answer)
    const file = fileOf(folder, address)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, bytes)
    return new Response(bytes)
  }
}

/** What a command calls with gives its answers in pieces, and in no other way. */
async function wholeOf({ body }: Response): Promise<Uint8Array<ArrayBuffer>> {
  const reader = body?.getReader()
  const parts: Uint8Array[] = []
  for (;;) {
    const part = await reader?.read()
    if (part?.value === undefined) return new Uint8Array(concatenate(...parts))
    parts.push(part.value)
  }
}

/** Every version of the root: walked now, or as it was when the log was saved. */
async function rootsFor(kept: string | undefined, offline: boolean, folder: string): Promise<readonly Signed[]> {
  const file = kept === undefined ? undefined : join(resolve(kept), 'roots.json')
  if (offline && file !== undefined) {
    const text = await readFile(file, 'utf8').catch(() => {
      throw new CommandError(
        'file-unreadable',
        `reading what was saved: there is no ${file}; save it first with --save`,
      )
    })
    // `as`: the follower proves each version from the pinned genesis on, and refuses what is none
    const roots = JSON.parse(text) as Signed[]
    const { pin } = await readSettings(folder)
    const { readSigned } = await import('@dcann/protocol/signed')
    const { rootNoun } = await import('@dcann/protocol/root')
    if (!roots.some((signed) => readSigned(rootNoun, signed).id === pin))
      throw new CommandError(
        'file-unreadable',
        `reading what was saved: ${file} is of another root than the one pinned`,
      )
    return roots
  }
  const { resolver } = await openOutside(folder)
  const roots = resolver.trust.roots().map(({ signed }) => signed)
  if (file !== undefined) {
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, JSON.stringify(roots))
  }
  return roots
}
