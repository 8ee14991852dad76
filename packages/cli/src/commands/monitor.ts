import { setTimeout as wait } from 'node:timers/promises'
import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseIdentifier } from '@dcann/protocol/identifier'
import { ProtocolError } from '@dcann/protocol/errors'
import type { ZoneName } from '@dcann/protocol/name'
import { formatTime } from '@dcann/protocol/time'
import { createLogClient, type LogClient } from '@dcann/sdk/log-client'
import { createRegistryClient } from '@dcann/sdk/registry-client'
import { instantOf } from '@dcann/sdk/world'
import { defineCommand, type Report } from '../command.ts'
import { readIfThere, writeWhole } from '../folder.ts'
import { isUnreachable, openOutside, type Outside } from '../settings.ts'

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

type Look = () => Promise<{ readonly lines: readonly string[]; readonly alarms: readonly object[] }>

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

/** Resolves a passport anew each time; what it is compared with outlives the command. */
function passportWatch({ settings, resolver }: Outside, identifier: string, accepts: boolean): Look {
  const kept = join(settings.folder, `watched-${identifier}.json`)
  let accepting = accepts
  return async () => {
    const before = await readIfThere(kept)
    try {
      const { record, resolution } = await resolver.resolveName(identifier, { fresh: true })
      const now = { record: record?.id ?? null, seq: record?.payload.seq ?? 0, resolution }
      const known = before === undefined || accepting ? undefined : (JSON.parse(before) as typeof now)
      accepting = false
      if (known && known.record !== now.record) {
        const line = `✗ record ${now.seq} of the passport is new (${now.record}); known was record ${known.seq}. If it is not yours, recover now; if it is, say --accept.`
        return {
          lines: [line],
          alarms: [{ code: 'record-new', identifier, before: known.resolution, after: resolution }],
        }
      }
      await writeWhole(kept, `${JSON.stringify(now)}\n`)
      return { lines: [`record ${now.seq} of the passport stands, as before`], alarms: [] }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      if (isUnreachable(error)) return { lines: [`no answer: ${error.message}`], alarms: [] }
      const held = before === undefined ? null : (JSON.parse(before) as { resolution: unknown }).resolution
      const { code, message, facts } = error
      return { lines: [`✗ ${code}: ${message}`], alarms: [{ code, message, facts, identifier, before: held }] }
    }
  }
}
