import { base64Url } from '@dcann/protocol/bytes'
import type { Signer } from '@dcann/protocol/key'
import { formatBundle } from '@dcann/protocol/log/bundle'
import { signCheckpoint } from '@dcann/protocol/log/checkpoint'
import { formatEntry, type MapEntry } from '@dcann/protocol/log/entry'
import { emptyFrontier, extend, frontierRoot, leafHash } from '@dcann/protocol/log/merkle'
import { parseTilePath, tileWidth } from '@dcann/protocol/log/tile'
import { mapKey, mapLeaf } from '@dcann/protocol/map/node'
import { emptyMap, updateMap } from '@dcann/protocol/map/tree'
import { parseName } from '@dcann/protocol/name'
import { readProposal } from '@dcann/protocol/admission'
import { actsAnswer } from '@dcann/protocol/registry-api'
import type { Signed } from '@dcann/protocol/signed'
import { formatTime } from '@dcann/protocol/time'
import { createLogClient } from '@dcann/sdk/log-client'
import type { Fetch } from '@dcann/sdk/world'
import type { InProcess } from './registry-in-process.ts'

type Record = { readonly signed: Signed }

/** A zone's log gone on by whoever holds its key, with whatever records: well-formed, and by no rule. */
export type ScriptedSource = { readonly fetch: Fetch; readonly checkpoint: string; readonly size: number }

/** Every record of a zone so far, as its acts give them out. */
async function recordsOf(origin: InProcess, zone: string): Promise<Signed[]> {
  const found: Signed[] = []
  const { size = 0 } = origin.registry.heads.get(zone) ?? {}
  for (let from = 0; from < size;) {
    const { records, next } = actsAnswer.parse((await origin.get(`/v1/zones/${zone}/acts?from=${from}`)).body)
    for (const signed of records) if (signed) found.push(signed)
    from = next
  }
  return found
}

/** The map entry that an honest registry would end the batch of these records with. */
export async function mapEntryAfter(
  origin: InProcess,
  zone: string,
  records: readonly Record[],
  now: number,
): Promise<MapEntry> {
  const all = [...(await recordsOf(origin, zone)), ...records.map(({ signed }) => signed)].map(readProposal)
  const standing = new Map(all.map(({ name, submitted }) => [name, submitted.id]))
  const leaves = [...standing].map(([name, id]) => mapLeaf(zone, name, id))
  const { state } = updateMap(emptyMap, leaves, 1, () => undefined)
  return { map: base64Url(state.root), names: state.names, time: formatTime(now) }
}

/** Goes on a zone's log with a batch of these records, ended by `entry` or the honest one, and signs the head. */
export async function withEntries(
  origin: InProcess,
  zone: string,
  by: Signer,
  records: readonly Record[],
  now: number,
  entry?: MapEntry,
): Promise<ScriptedSource> {
  const head = origin.registry.heads.get(zone)
  if (!head) throw new Error('scripting a source: the zone has no head')
  const client = createLogClient({ fetch: origin.fetch }, 'https://registry.example')
  const entries: Uint8Array[] = []
  for await (const part of client.entries(zone, 0, head.size)) entries.push(...part)
  const proposals = records.map(({ signed }) => readProposal(signed))
  for (const { name, submitted } of proposals) {
    const key = base64Url(mapKey(zone, name))
    entries.push(formatEntry({ key, record: submitted.id, type: parseName(name).kind }))
  }
  entries.push(formatEntry(entry ?? (await mapEntryAfter(origin, zone, records, now))))
  const root = frontierRoot(extend(emptyFrontier, entries.map(leafHash)))
  const name = new TextDecoder().decode(await origin.bytes(`/v1/zones/${zone}/checkpoint`)).split('\n')[0] ?? ''
  const all = [...(await recordsOf(origin, zone)), ...records.map(({ signed }) => signed)]
  const fetch: Fetch = async (url, init) => {
    const { pathname, searchParams } = new URL(url)
    if (!pathname.startsWith(`/v1/zones/${zone}/`)) return await origin.fetch(url, init)
    const below = pathname.slice(`/v1/zones/${zone}/`.length)
    if (below === 'acts') {
      const before = entries.slice(0, Number(searchParams.get('from'))).filter((bytes) => !isMap(bytes)).length
      return Response.json({
        zone,
        from: Number(searchParams.get('from')),
        next: entries.length,
        records: all.slice(before),
      })
    }
    const { index, width } = parseTilePath(below)
    const part = entries.slice(index * tileWidth, index * tileWidth + width)
    return part.length === width
      ? new Response(new Uint8Array(formatBundle(part)))
      : new Response(null, { status: 404 })
  }
  return {
    fetch,
    size: entries.length,
    checkpoint: await signCheckpoint({ origin: name, size: entries.length, root }, by),
  }
}

function isMap(bytes: Uint8Array): boolean {
  return new TextDecoder().decode(bytes).includes('"map":')
}
