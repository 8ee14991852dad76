import { setImmediate as breathe } from 'node:timers/promises'
import { createLogger } from '@dcann/http/log'
import { base64Url, fromBase64Url } from '@dcann/protocol/bytes'
import { createLogClient } from '@dcann/sdk/log-client'
import type { Head } from '@dcann/protocol/log/merkle'
import { verifyConsistency } from '@dcann/protocol/log/proof'
import { mapKey } from '@dcann/protocol/map/node'
import { type MapProof, verifyInMap } from '@dcann/protocol/map/proof'
import type { PassportRecord } from '@dcann/protocol/passport'
import { consistencyAnswer } from '@dcann/protocol/registry-api'
import { resolutionSchema } from '@dcann/protocol/resolution'
import { requesterNoun } from '@dcann/protocol/requester'
import { checkLogs } from '@dcann/registry/log/check-log'
import { followZone } from '@dcann/registry/mirror/job'
import { checkRecords } from '@dcann/registry/records/check-records'
import { eraseEnded } from '@dcann/registry/records/job'
import { createHander } from '@dcann/registry/witness/hand-head'
import { tombstoneId } from '@dcann/protocol/tombstone'
import { expect, test } from 'vitest'
import {
  castUrls,
  type Holder,
  makeCast,
  makeHolder,
  signAfter,
  signPassport,
  signPassportAfter,
  witnessName,
  type Written,
} from './cast.ts'
import { codeOf } from './code-of.ts'
import { draws } from './draws.ts'
import { castNow, type InProcess, openInProcess } from './registry-in-process.ts'

const bounds = { passports_per_day: 10_000, acts_per_second: 10_000 }
const cast = await makeCast('zone-acts', castNow, { bounds })
const zones = ['root', 'IN', 'EE']
const day = 86_400
const logger = createLogger({ name: 'acts', level: 'silent' })

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

async function pull({ registry, clock }: InProcess): Promise<void> {
  for (const zone of zones) await followZone(registry, zone, logger)(new AbortController().signal, () => clock.now)
}

async function hand(origin: InProcess, witness: InProcess): Promise<void> {
  const hander = createHander({ ...origin.registry, fetch: witness.fetch })
  for (const zone of zones) await hander.hand(zone, 'https://witness.example/v1', 0, origin.clock.now)
}

async function requireExtends({ get }: InProcess, zone: string, from: Head, to: Head): Promise<void> {
  const { proof } = consistencyAnswer.parse(
    (await get(`/v1/zones/${zone}/consistency?from=${from.size}&to=${to.size}`)).body,
  )
  verifyConsistency({ from, to, proof: proof.map((hash) => fromBase64Url(hash)) })
}

/** What a passport has come to, and what has to stand under its name. */
type Life = { readonly holder: Holder; written: Written<PassportRecord>; stands: string; ended: boolean }

/** Draws acts, batches and pauses, and gives whatever then has to stand under each name. */
async function live(origin: InProcess, seed: number, rounds: number, after: () => Promise<void>) {
  const draw = draws(seed)
  const lives: Life[] = []
  let requester = cast.requesters.rides.record
  for (let round = 0; round < rounds; round++) {
    const acts: { readonly signed: unknown }[] = []
    const touched = new Set<Life>()
    for (let i = 1 + draw(9); i > 0; i--) {
      const life = lives[draw(lives.length + 1)]
      const { now } = origin.clock
      if (life === undefined) {
        const holder = makeHolder(`zone-acts ${seed} ${lives.length}`)
        const written = await signPassport(holder, 'IN', draw(2) ? cast.nodes.pune : cast.nodes.tallinn, now)
        const born: Life = { holder, written, stands: written.id, ended: false }
        lives.push(born)
        touched.add(born)
        acts.push(written)
      } else if (!life.ended && !touched.has(life)) {
        touched.add(life)
        life.ended = draw(4) === 0
        life.written = await signPassportAfter(life.written, life.holder, life.ended ? { status: 'ended' } : {}, now)
        life.stands = life.written.id
        acts.push(life.written)
      }
    }
    if (draw(3) === 0) {
      const signers = [...cast.countries.IN.keys, ...cast.requesters.rides.keys]
      requester = await signAfter(requesterNoun, requester, { legal_name: `Rides ${round}` }, signers, origin.clock.now)
      acts.push(requester)
    }
    const answers = await Promise.all(acts.map(async ({ signed }) => await origin.post(signed)))
    expect(answers.map(({ status }) => status)).toEqual(acts.map(() => 201))
    if (draw(3) === 0) await after()
    // long pauses, so that some are buried and erased on the way
    if (draw(4) === 0) origin.clock.now += (13 + draw(4)) * day
    await eraseEnded(origin.registry, logger)(new AbortController().signal, () => origin.clock.now)
  }
  origin.clock.now += 16 * day
  await eraseEnded(origin.registry, logger)(new AbortController().signal, () => origin.clock.now)
  await eraseEnded(origin.registry, logger)(new AbortController().signal, () => origin.clock.now)
  const stands = new Map(
    lives.map(({ written, stands: id, ended }) => [written.payload.name, ended ? tombstoneId : id]),
  )
  return stands.set('IN/requester/rides', requester.id)
}

/** Whether a proof shows just this under a name, and nothing else of another map, name or proof that is bent. */
async function provesOnly(name: string, record: string | null, root: Uint8Array, proof: MapProof): Promise<void> {
  const key = mapKey('IN', name)
  expect(verifyInMap(root, key, proof).record).toBe(record)
  const bent = async (change: Partial<MapProof>): Promise<void> =>
    expect(await codeOf(() => verifyInMap(root, key, { ...proof, ...change }))).toBe('evidence-broken')
  expect(
    await codeOf(() =>
      verifyInMap(
        root.map((byte) => byte ^ 1),
        key,
        proof,
      ),
    ),
  ).toBe('evidence-broken')
  await bent({ depth: proof.depth + 1 })
  await bent({ siblings: base64Url(new Uint8Array([...fromBase64Url(proof.siblings), ...new Uint8Array(32)])) })
  if (proof.leaf) {
    await bent({ leaf: { ...proof.leaf, record: base64Url(key) } })
    await bent({ leaf: null })
  }
  // under another name it proves nothing of this one: it is refused, or shows that nothing stands there
  const other = mapKey('IN', `${name}x`)
  const code = await codeOf(() => expect(verifyInMap(root, other, proof).record).toBe(null))
  expect(['admitted', 'evidence-broken']).toContain(code)
}

test('whatever acts there are: every proof holds and shows that alone, the log only grows, followers are as the origin', async () => {
  let [names, heads] = [0, 0]
  for (const seed of [1, 2, 3]) {
    const origin = await openInProcess({ cast })
    const [mirror, witness] = [await openMirror(origin), await openMirror(origin, true)]
    const shown = new Map<string, Head[]>(zones.map((zone) => [zone, []]))
    origin.registry.heads.onShown((zone) => {
      const head = origin.registry.heads.get(zone)
      if (head) shown.get(zone)?.push(head)
    })
    const catchUp = async (): Promise<void> => {
      for (const one of [mirror, witness]) one.clock.now = origin.clock.now
      await pull(mirror)
      await hand(origin, witness)
    }
    const stands = await live(origin, seed, 24, catchUp)
    await catchUp()
    for (const zone of zones) {
      const last = origin.registry.heads.get(zone)!
      for (const head of shown.get(zone) ?? []) await requireExtends(origin, zone, head, last)
      heads += shown.get(zone)?.length ?? 0
      for (const { registry } of [mirror, witness]) {
        const here = registry.heads.get(zone)
        expect([here?.size, here?.root, here?.map]).toEqual([last.size, last.root, last.map])
      }
    }
    const { map } = origin.registry.heads.get('IN')!
    const absent = [`IN/node/nobody-${seed}`, `IN/requester/nobody-${seed}`]
    for (const [name, record] of [...stands, ...absent.map((each) => [each, null] as const)]) {
      for (const at of [origin, mirror]) {
        const { body } = await at.get(`/v1/zones/IN/record?name=${name}`)
        const { proof, records } = resolutionSchema.parse(body)
        await provesOnly(name, record, map.root, proof!.map)
        expect(records.length > 0).toBe(record !== null && record !== tombstoneId)
      }
      names += 1
    }
    for (const { registry, clock } of [origin, mirror, witness]) {
      await eraseEnded(registry, logger)(new AbortController().signal, () => clock.now + day)
      expect((await checkLogs(registry.store, undefined)).problems).toEqual([])
      expect((await checkRecords(registry.store)).problems).toEqual([])
    }
    expect([...stands.values()].filter((id) => id === tombstoneId).length).toBeGreaterThan(2)
  }
  expect(names).toBeGreaterThan(45)
  expect(heads).toBeGreaterThan(100)
}, 120_000)

/** How many of these acknowledged births a registry or a mirror of it has not got. */
async function missing(at: InProcess, births: readonly Written<PassportRecord>[]): Promise<number> {
  let lost = 0
  for (const { id } of births) lost += (await at.get(`/v1/records/${id}`)).status === 200 ? 0 : 1
  return lost
}

/** Everybody submits at once; `drop` says whose record is answered for and never handed on. */
async function writeAtOnce(count: number, drop: (i: number) => boolean) {
  const origin = await openInProcess({ cast })
  const mirror = await openMirror(origin)
  const holders = Array.from({ length: count }, (_, i) => makeHolder(`at once ${i}`))
  const births = await Promise.all(holders.map((holder) => signPassport(holder, 'IN', cast.nodes.pune, castNow)))
  const written = new AbortController()
  let pulls = 0
  const pulling = (async (): Promise<void> => {
    for (; !written.signal.aborted; pulls++) {
      await pull(mirror)
      // in one process nobody else has a turn before
      for (let turn = 0; turn < 25; turn++) await breathe()
    }
    await pull(mirror)
  })()
  const answers = await Promise.all(
    births.map(async ({ signed }, i) => (drop(i) ? { status: 201 } : await origin.post(signed))),
  )
  written.abort()
  await pulling
  const acknowledged = births.filter((_, i) => answers[i]?.status === 201)
  const lost = (await missing(origin, acknowledged)) + (await missing(mirror, acknowledged))
  const [there, here] = [origin, mirror].map(({ registry }) => registry.heads.get('IN'))
  expect([here?.size, here?.root, here?.map]).toEqual([there?.size, there?.root, there?.map])
  return { acknowledged: acknowledged.length, lost, pulls, names: there?.map.names ?? 0 }
}

test('a thousand who write at once, while a mirror pulls, lose nothing', async () => {
  const { acknowledged, lost, pulls, names } = await writeAtOnce(1_000, () => false)
  console.log(`${lost} of ${acknowledged} lost by the registry or its mirror, which pulled ${pulls} times meanwhile`)
  expect([acknowledged, lost]).toEqual([1_000, 0])
  expect(names).toBeGreaterThan(1_000)
  expect(pulls).toBeGreaterThan(3)
}, 120_000)

test('and the same look finds one that was acknowledged and dropped', async () => {
  expect(await writeAtOnce(40, (i) => i === 17)).toMatchObject({ acknowledged: 40, lost: 2 })
})
