import { createLogger } from '@dcann/http/log'
import { createLogClient } from '@dcann/sdk/log-client'
import { createResolver } from '@dcann/sdk/resolver'
import { seenInMemory } from '@dcann/sdk/world'
import { expect, test } from 'vitest'
import { castUrls, makeCast, makeHolder, signPassport, signPassportAfter, witnessName } from '../../../test/cast.ts'
import { castNow, type InProcess, openInProcess } from '../../../test/registry-in-process.ts'
import { checkLogs } from '../log/check-log.ts'
import { checkRecords } from '../records/check-records.ts'
import { createHander } from '../witness/hand-head.ts'
import { followZone } from './job.ts'

const cast = await makeCast('mirror', castNow, { quorum: 1 })
const zones = ['root', 'IN', 'EE']
const logger = createLogger({ name: 'mirror', level: 'silent' })

async function openMirror(origin: InProcess, cosigns = false): Promise<InProcess> {
  const client = createLogClient({ fetch: origin.fetch }, castUrls.registry)
  return await openInProcess({
    cast,
    zones: [],
    records: [],
    sources: new Map(zones.map((zone) => [zone, client])),
    ...(cosigns ? { witness: { name: witnessName('university'), signer: cast.witnesses.university } } : {}),
  })
}

async function handAll(origin: InProcess, witness: InProcess): Promise<void> {
  const hander = createHander({ ...origin.registry, fetch: witness.fetch })
  for (const zone of zones) await hander.hand(zone, 'https://witness.example/v1', 0, castNow)
}

async function followAll({ registry, clock }: InProcess): Promise<void> {
  for (const zone of zones) await followZone(registry, zone, logger)(new AbortController().signal, () => clock.now)
}

const resolverBy = async (at: InProcess) =>
  await createResolver({
    world: { fetch: at.fetch, now: () => at.clock.now, random: (n) => new Uint8Array(n), seen: seenInMemory() },
    pinned: cast.root.signed,
    registries: [castUrls.registry],
  })

test('followZone: a mirror alone resolves what the origin had cosigned, presence and absence, and takes no record', async () => {
  const origin = await openInProcess({ cast })
  const witness = await openMirror(origin, true)
  const asha = makeHolder('asha')
  const born = await signPassport(asha, 'IN', cast.nodes.tallinn, castNow)
  const next = await signPassportAfter(born, asha, {}, castNow)
  const late = await signPassport(makeHolder('ravi'), 'IN', cast.nodes.pune, castNow)
  await origin.post(born.signed)
  await origin.post(next.signed)
  await handAll(origin, witness)
  await origin.post(late.signed)
  const mirror = await openMirror(origin)
  expect((await mirror.get('/v1/zones/IN/record?name=country/IN')).code).toBe('unavailable')
  await followAll(mirror)

  const resolver = await resolverBy(mirror)
  const found = await resolver.resolvePassport(born.payload.name)
  if (found.kind !== 'passport') throw new Error('an identifier is no handle')
  expect(found.passport).toMatchObject({ proof: 'cosigned', freshness: 'fresh', record: { id: next.id } })
  expect(found.home?.node.payload.name).toBe('EE/node/tallinn')
  // what no witness has seen yet is not there for whoever resolves
  const absent = await resolver.resolveName(late.payload.name)
  expect([absent.record, absent.proof]).toEqual([undefined, 'cosigned'])
  expect((await mirror.post(late.signed)).code).toBe('schema-mismatch')
  expect((await mirror.post(cast.root.signed)).code).toBe('schema-mismatch')
  // as old as the cosignatures, whatever the mirror says
  mirror.clock.now += 3_600
  const older = await (await resolverBy(mirror)).resolveName('EE/node/tallinn')
  expect(older.freshness).toBe('stale')
})

test('followZone: whatever acts there were, the state of mirror and witness is that of the origin', async () => {
  const origin = await openInProcess({ cast })
  const witness = await openMirror(origin, true)
  const mirror = await openMirror(origin)
  const people = await Promise.all(
    Array.from({ length: 30 }, async (_, i) => {
      const holder = makeHolder(`person ${i}`)
      const home = i % 2 ? cast.nodes.pune : cast.nodes.tallinn
      return { holder, written: await signPassport(holder, i % 3 ? 'IN' : 'EE', home, castNow) }
    }),
  )
  // many at once, so that batches are of all sizes, while the mirror pulls
  for (const round of [0, 1, 2, 3]) {
    const each = await Promise.all(
      people.map(async ({ holder, written }, i) =>
        round === 0 ? written : (i + round) % 3 ? written : await signPassportAfter(written, holder, {}, castNow),
      ),
    )
    const fresh = each.filter((written, i) => round === 0 || written !== people[i]?.written)
    const answers = await Promise.all(fresh.map(async ({ signed }) => await origin.post(signed)))
    expect(answers.map(({ status }) => status)).toEqual(fresh.map(() => 201))
    for (const [i, written] of each.entries()) people[i] = { holder: people[i]!.holder, written }
    await handAll(origin, witness)
    await followAll(mirror)
  }
  for (const follower of [witness, mirror]) {
    for (const zone of zones) {
      const [there, here] = [origin, follower].map(({ registry }) => registry.heads.get(zone))
      expect([here?.size, here?.root, here?.map]).toEqual([there?.size, there?.root, there?.map])
    }
    const logs = await checkLogs(follower.registry.store, undefined)
    const records = await checkRecords(follower.registry.store)
    expect([logs.problems, records.problems]).toEqual([[], []])
    expect(records.acts).toBeGreaterThan(70)
  }
})
