import { base64Url, equalBytes } from '@dcann/protocol/bytes'
import { ProtocolError } from '@dcann/protocol/errors'
import type { ProvedCheckpoint } from '@dcann/protocol/log/checkpoint'
import { extend, type Frontier, frontierRoot, type Hash, leafHash } from '@dcann/protocol/log/merkle'
import type { Speaker } from '@dcann/protocol/log/succession'
import { mapKey } from '@dcann/protocol/map/node'
import type { ZoneName } from '@dcann/protocol/name'
import type { RecordId } from '@dcann/protocol/signed'
import { type Instant, parseTime } from '@dcann/protocol/time'
import type { LogClient } from '@dcann/sdk/log-client'
import type { Reader } from '@dcann/store/store'
import { keysFor } from '../records/admit-record.ts'
import { beginBatch } from '../records/batch.ts'
import { delegationName, logNamed } from '../zones/delegation.ts'
import { speakersHeld } from '../zones/speakers.ts'
import { broken, pageDigest, proposalOf, readLogEntry, type Surveyed } from './pull-batches.ts'
import { asBroken, judgeAct } from './replay-batch.ts'
import type { Kept } from '../records/shelf.ts'

export type SurveyDesk = { readonly store: Pick<Reader, 'read' | 'range'> }

/** Where a delegation stands in the log, and when and with what head its batch ended. */
type Found = { readonly index: number; readonly record: RecordId; readonly time: Instant; readonly size: number }

/**
 * Looks through the entries between a log as it is held and a head, a page at a time: that they lead from the one to the
 * other, and by which delegations. Those are judged here, since the head counts by what they say.
 *
 * Throws `forked` when they do not lead there, `evidence-broken` for entries without form and for a delegation that breaks a
 * rule.
 */
export async function surveyLog(
  { store }: SurveyDesk,
  client: LogClient,
  zone: ZoneName,
  held: Frontier,
  { size, root }: Pick<ProvedCheckpoint, 'size' | 'root'>,
  roots: readonly Kept[],
): Promise<Surveyed> {
  const named = base64Url(mapKey(zone, delegationName(zone)))
  const pages: Hash[] = []
  const found: Found[] = []
  const gone = new Set<string>()
  let waiting: { index: number; record: RecordId }[] = []
  let edge = held
  for await (const part of client.entries(zone, held.size, size)) {
    for (const [i, bytes] of part.entries()) {
      const entry = readLogEntry(zone, edge.size + i, bytes)
      if ('map' in entry) {
        const time = parseTime(entry.time)
        found.push(...waiting.map((each) => ({ ...each, time, size: edge.size + i + 1 })))
        waiting = []
      } else if (entry.type === 'tombstone') gone.add(entry.key)
      else if (entry.key === named) waiting.push({ index: edge.size + i, record: entry.record })
    }
    const leaves = part.map(leafHash)
    pages.push(pageDigest(leaves))
    edge = extend(edge, leaves)
  }
  if (edge.size !== size || !equalBytes(frontierRoot(edge), root)) {
    throw new ProtocolError(
      'forked',
      `following ${zone}: its entries up to ${size} do not lead from the ${held.size} held here to its checkpoint; keep both and show them`,
      { held: held.size, size },
    )
  }
  const speakers = await speakersHeld(store, zone)
  return {
    from: held.size,
    size,
    pages,
    gone,
    ...(await judgeDelegations(store, client, zone, found, roots, speakers)),
  }
}

async function judgeDelegations(
  store: SurveyDesk['store'],
  client: LogClient,
  zone: ZoneName,
  found: readonly Found[],
  roots: readonly Kept[],
  held: readonly Speaker[],
): Promise<Pick<Surveyed, 'speakers' | 'delegation'>> {
  const speakers = [...held]
  let delegation: Surveyed['delegation']
  const proposals = []
  for (const each of found) {
    const [signed] = (await client.acts(zone, each.index)).records
    if (!signed) throw broken(zone, each.index, 'its record is not given out')
    const entry = { key: base64Url(mapKey(zone, delegationName(zone))), record: each.record } as const
    const type = zone === 'root' ? ('root' as const) : ('country' as const)
    proposals.push({ ...each, proposal: proposalOf(zone, each.index, { ...entry, type }, signed) })
  }
  const keys = [...new Set(proposals.flatMap(({ proposal }) => keysFor(new Set([zone]), proposal)))]
  const batch = beginBatch(await store.read(keys), keys)
  const around = { pinnedRoot: roots.at(-1)?.id ?? '', roots }
  for (const { proposal, index, time, size } of proposals) {
    const { acts } = await asBroken(zone, index, () => judgeAct(zone, proposal, batch, time, around))
    for (const act of acts) {
      batch.take(act)
      const { log, frozen } = logNamed(zone, act.kept)
      const last = speakers.at(-1)
      if (last?.key !== log.key || last.origin !== log.origin) speakers.push({ ...log, from: last ? size : 0 })
      delegation = { id: act.kept.id, frozen }
    }
  }
  // of two in one batch only the last speaks for a head
  return { speakers: speakers.filter(({ from }, i) => speakers[i + 1]?.from !== from || from === 0), delegation }
}
