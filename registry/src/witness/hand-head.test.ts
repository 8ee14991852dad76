import { createLogClient } from '@dcann/sdk/log-client'
import { createResolver } from '@dcann/sdk/resolver'
import { seenInMemory } from '@dcann/sdk/world'
import { memoryStore } from '@dcann/store/memory'
import { expect, test } from 'vitest'
import { castUrls, type CastWitness, makeCast, makeHolder, signPassport, witnessName } from '../../../test/cast.ts'
import { castNow, type InProcess, openInProcess } from '../../../test/registry-in-process.ts'
import { createHander, type Hander } from './hand-head.ts'

const cast = await makeCast('handing', castNow, { quorum: 1 })
const zones = ['root', 'IN', 'EE']
const refused = (code: string): unknown => expect.objectContaining({ code })

async function openWitness(origin: InProcess, by: CastWitness): Promise<InProcess> {
  const client = createLogClient({ fetch: origin.fetch }, castUrls.registry)
  return await openInProcess({
    cast,
    zones: [],
    records: [],
    sources: new Map(zones.map((zone) => [zone, client])),
    witness: { name: witnessName(by), signer: cast.witnesses[by] },
  })
}

function handerTo({ registry }: InProcess, witness: InProcess): Hander {
  return createHander({ ...registry, fetch: witness.fetch })
}

const prefix = 'https://witness.example/v1'

test('hand: a registry resolves from the newest head that the quorum has cosigned, and keeps what that needs', async () => {
  const store = memoryStore()
  const origin = await openInProcess({ cast, store })
  const witness = await openWitness(origin, 'university')
  const hander = handerTo(origin, witness)
  expect((await origin.get('/v1/zones/IN/record?name=country/IN')).code).toBe('unavailable')
  expect((await origin.get('/v1/zones/IN/checkpoint')).code).toBe('not-found')

  const known = new Map<string, number>()
  const hand = async (zone: string): Promise<void> =>
    void known.set(zone, await hander.hand(zone, prefix, known.get(zone) ?? 0, origin.clock.now))
  for (const zone of zones) await hand(zone)
  const resolver = async (from: InProcess) =>
    await createResolver({
      world: { fetch: from.fetch, now: () => castNow, random: (n) => new Uint8Array(n), seen: seenInMemory() },
      pinned: cast.root.signed,
      registries: [castUrls.registry],
    })
  const held = await (await resolver(origin)).resolveName('IN/node/pune')
  expect([held.proof, held.freshness, held.record?.id]).toEqual(['cosigned', 'fresh', cast.nodes.pune.record.id])

  // many heads later, all of them without a line, everything stands as it did under the one that has some
  const born = await Promise.all(
    Array.from({ length: 40 }, (_, i) => signPassport(makeHolder(`child ${i}`), 'IN', cast.nodes.pune, castNow)),
  )
  for (const { signed } of born) await origin.post(signed)
  const standing = async (from: InProcess): Promise<boolean[]> => {
    const each = await resolver(from)
    return await Promise.all(
      born.map(async ({ payload }) => (await each.resolveName(payload.name)).record !== undefined),
    )
  }
  expect(await standing(origin)).toEqual(born.map(() => false))
  const restarted = await openInProcess({ cast, store, records: [] })
  expect(await standing(restarted)).toEqual(born.map(() => false))
  await hand('IN')
  expect(await standing(origin)).toEqual(born.map(() => true))
})

test('hand: takes no line that does not verify, nor one of a witness that the root does not name', async () => {
  const origin = await openInProcess({ cast })
  const witness = await openWitness(origin, 'university')
  const spoiled: typeof witness.fetch = async (url, init) => {
    const answer = await witness.fetch(url, init)
    const [, name = '', line = ''] = (await answer.text()).split(' ')
    const bytes = Buffer.from(line, 'base64')
    bytes[20] = (bytes[20] ?? 0) ^ 1
    return new Response(`— ${name} ${bytes.toString('base64')}\n`)
  }
  await createHander({ ...origin.registry, fetch: spoiled }).hand('IN', prefix, 0, castNow)
  expect(origin.registry.heads.resolvable('IN')).toBeUndefined()
  const stranger = await openInProcess({
    cast,
    zones: [],
    records: [],
    sources: new Map([['IN', createLogClient({ fetch: origin.fetch }, castUrls.registry)]]),
    witness: { name: 'stranger.example/witness', signer: cast.roles.log },
  })
  await handerTo(origin, stranger).hand('IN', prefix, 0, castNow)
  expect(origin.registry.heads.resolvable('IN')).toBeUndefined()
})

test('hand: says when a witness has cosigned another log than the one here', async () => {
  const origin = await openInProcess({ cast })
  const witness = await openWitness(origin, 'newspaper')
  await handerTo(origin, witness).hand('EE', prefix, 0, castNow)
  // yesterday's store without its heads: the same key goes on with another past
  const other = await openInProcess({
    cast,
    records: [cast.countries.IN.record.signed, cast.countries.EE.record.signed],
  })
  await expect(handerTo(other, witness).hand('EE', prefix, 0, castNow)).rejects.toThrow(refused('record-stale'))
  expect(other.registry.heads.resolvable('EE')).toBeUndefined()
})

test('hand: an idle head gets the newest line of each witness in the place of the one before', async () => {
  const origin = await openInProcess({ cast })
  const hander = {
    university: await openWitness(origin, 'university'),
    newspaper: await openWitness(origin, 'newspaper'),
  }
  const lines = (): number => origin.registry.heads.resolvable('EE')?.checkpoint?.match(/^— /gmu)?.length ?? 0
  let known = 0
  for (const later of [0, 15, 30]) {
    hander.university.clock.now = castNow + later
    const to = createHander({ ...origin.registry, fetch: hander.university.fetch })
    known = await to.hand('EE', prefix, known, castNow + later)
    expect(lines()).toBe(2)
  }
  await createHander({ ...origin.registry, fetch: hander.newspaper.fetch }).hand('EE', prefix, 0, castNow)
  expect(lines()).toBe(3)
})
