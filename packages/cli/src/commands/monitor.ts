import { setTimeout as wait } from 'node:timers/promises'
import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseIdentifier } from '@dcann/protocol/identifier'
import type { ZoneName } from '@dcann/protocol/name'
import { formatTime } from '@dcann/protocol/time'
import { createLogClient, type LogClient } from '@dcann/sdk/log-client'
import { createRegistryClient } from '@dcann/sdk/registry-client'
import { instantOf } from '@dcann/sdk/world'
import { defineCommand, type Report } from '../command.ts'
import { readIfThere, writeWhole } from '../folder.ts'
import { openOutside, type Outside } from '../settings.ts'
import { type Looked, watchPassport } from '../watch-passport.ts'

/** What is written down when something is wrong: enough for others to see it too. */
type Evidence = { readonly found: string; readonly pin: string; readonly alarms: readonly object[] }

export const monitor = defineCommand({
  says: 'Watches a passport, or whole zones, and ends with exit code 1 and a file of evidence when something is wrong.',
  options: {
    passport: { value: '<identifier>', says: 'a passport to watch: whatever is new about it is an alarm' },
    zone: {
      value: '<zone>',
      says: 'a zone to watch, every act of it; all that the registries serve when nothing is named',
    },
    every: { value: '<seconds>', says: 'between two looks; 15 unless said' },
    once: { says: 'looks once and ends' },
    accept: { says: 'takes what stands of the passport now for right, as after a change of your own' },
    evidence: { value: '<file>', says: 'where what is wrong is written; monitor-evidence.json unless said' },
  },
  example: 'dcann monitor --zone IN --once',
  run: async ({ given, folder, screen }): Promise<Report> => {
    const outside = await openOutside(folder)
    const look =
      given.passport === undefined
        ? await zoneWatch(outside, given.zone)
        : passportWatch(outside, parseIdentifier(given.passport), given.accept === true)
    const seconds = Math.max(1, Number(given.every ?? 15) || 15)
    for (;;) {
      const { lines, alarms } = await look()
      if (alarms.length > 0) {
        const file = resolve(given.evidence ?? 'monitor-evidence.json')
        const found = formatTime(instantOf(outside.world))
        const evidence: Evidence = { found, pin: outside.settings.pin, alarms }
        await writeFile(file, `${JSON.stringify(evidence, null, 2)}\n`)
        return { exit: 1, json: { holds: false, evidence: file, alarms }, lines: [...lines, `Evidence is in ${file}.`] }
      }
      if (given.once === true) return { json: { holds: true, lines }, lines }
      for (const line of lines) screen.tell(line)
      await wait(seconds * 1000)
    }
  },
})

type Look = () => Promise<Looked>

/** Replays zones from every registry that shows them. */
async function zoneWatch({ settings, world, resolver }: Outside, zone: string | undefined): Promise<Look> {
  const { openWatch } = await import('@dcann/registry/mirror/watch')
  const names = zone === undefined ? await zonesServed(settings.registries, world) : ['root', zone]
  const zones = new Map<ZoneName, readonly LogClient[]>()
  for (const name of new Set(['root', ...names])) {
    const urls = name === 'root' ? settings.registries : await registriesOf(resolver, name)
    zones.set(
      name,
      urls.map((url) => createLogClient(world, url)),
    )
  }
  const look = await openWatch({ root: resolver.trust.roots().map(({ signed }) => signed), zones })
  return async () => {
    const { watched, alarms, silent } = await look(instantOf(world))
    const lines = [
      ...watched.map(
        ({ zone: each, size, names: count, acts }) =>
          `${each}: ${acts} acts, ${count} names, ${size} entries; every one replayed`,
      ),
      ...silent.map((where) => `${where}: no answer`),
      ...alarms.map(({ zone: each, code, message }) => `✗ ${each}: ${code}: ${message}`),
    ]
    return { lines, alarms }
  }
}

/** By the zone's own record. */
async function registriesOf(resolver: Outside['resolver'], zone: ZoneName): Promise<readonly string[]> {
  const { record } = await resolver.resolveName(`country/${zone}`)
  return record !== undefined && 'urls' in record.payload ? record.payload.urls : []
}

async function zonesServed(registries: readonly string[], world: Outside['world']): Promise<string[]> {
  const each = registries.map(
    async (url) =>
      await createRegistryClient(world, url)
        .zones()
        .catch(() => []),
  )
  return (await Promise.all(each)).flat().map(({ zone }) => zone)
}

/** What it is compared with outlives the command. */
function passportWatch({ settings, resolver }: Outside, identifier: string, accepts: boolean): Look {
  const file = join(settings.folder, `watched-${identifier}.json`)
  const kept = {
    read: async () => await readIfThere(file),
    write: async (text: string) => await writeWhole(file, text),
  }
  return watchPassport({ resolver, identifier, kept, accepts })
}
