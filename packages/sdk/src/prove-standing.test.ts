import { fromBase64Url, utf8 } from '@dcann/protocol/bytes'
import { testSigner } from '@dcann/protocol/key'
import { signCheckpoint } from '@dcann/protocol/log/checkpoint'
import { cosign, withSignatures } from '@dcann/protocol/log/cosignature'
import { openHead } from '@dcann/protocol/log/head-proof'
import { leafHash } from '@dcann/protocol/log/merkle'
import { formatNote, parseNote } from '@dcann/protocol/log/note'
import { type Witness, witnessPolicy } from '@dcann/protocol/log/quorum'
import type { Resolution } from '@dcann/protocol/resolution'
import { recordIdOf } from '@dcann/protocol/signed'
import { describe, expect, test } from 'vitest'
import { scriptLog } from '../../../test/scripted-log.ts'
import { seenInMemory } from './world.ts'
import { proveStanding, type StandingParts } from './prove-standing.ts'
import { createSeenHeads } from './seen-heads.ts'

const now = 1_790_000_000
const zone = 'EE'
const name = 'EE/node/tallinn'
const origin = 'ee.example/log'
const signer = testSigner('ee log')
const log = { origin, key: signer.key }
const [first, second] = [recordIdOf(utf8('first')), recordIdOf(utf8('second'))]
const bys = ['root', 'IN', 'press']
const witnesses: Witness[] = bys.map((by) => ({ name: `${by}.example/w`, key: testSigner(by).key, by }))
const policy = witnessPolicy({ test: false, witness: { quorum: 2, witnesses } }, zone)!

/** A zone's log and the client that follows it. */
function follow() {
  const scripted = scriptLog(zone, origin)
  const seen = seenInMemory()
  const asked: [number, number][] = []
  let heads = createSeenHeads(seen, 'a pin')
  const resolution = async (record: string | null, of = scripted): Promise<Resolution> => {
    const standing = new Map([['EE/node/narva', first], ...(record === null ? [] : [[name, record] as const])])
    const proof = await of.prove(standing, name, now, signer)
    return {
      v: 1,
      zone,
      name,
      statement: { payload: 'x', signatures: [{ protected: 'x', signature: 'x' }] },
      records: [],
      proof,
    }
  }
  return {
    scripted,
    asked,
    resolution,
    restart: () => void (heads = createSeenHeads(seen, 'a pin')),
    judge: async (given: Resolution, parts: Partial<StandingParts> = {}, of = scripted) =>
      await proveStanding({ zone, name, log, policy: undefined, resolution: given, now, ...parts }, heads, {
        consistency: async (_, from, to) => {
          asked.push([from, to])
          return { from, to, proof: [...of.consistency(from, to)] }
        },
      }),
  }
}

/** The resolution with the witnesses' lines, each so many seconds old. */
async function cosigned(
  resolution: Resolution,
  ages: readonly (readonly [by: string, ago: number])[],
): Promise<Resolution> {
  const { proof } = resolution
  const note = parseNote(proof!.head.checkpoint)
  const lines = await Promise.all(ages.map(([by, ago]) => cosign(note, testSigner(by), `${by}.example/w`, now - ago)))
  const checkpoint = formatNote(withSignatures(note, lines))
  return { ...resolution, proof: { ...proof!, head: { ...proof!.head, checkpoint } } }
}

describe('proveStanding', () => {
  test('proves presence and absence, and asks for consistency once per head, over a restart too', async () => {
    const { judge, resolution, asked, restart } = follow()
    const absent = await resolution(null)
    expect(await judge(absent)).toMatchObject({ record: null, proof: 'uncosigned', at: undefined })
    const present = await resolution(first)
    expect(await judge(present)).toMatchObject({ record: first })
    restart()
    expect(await judge(present)).toMatchObject({ record: first })
    expect(asked).toHaveLength(1)
  })

  test('refuses an answer without proof, by another key, and of another name', async () => {
    const { judge, resolution } = follow()
    const given = await resolution(first)
    const { proof: _, ...bare } = given
    await expect(judge(bare)).rejects.toMatchObject({ code: 'proof-missing' })
    await expect(judge(given, { log: { origin, key: testSigner('x').key } })).rejects.toMatchObject({
      code: 'key-unknown',
    })
    await expect(judge(given, { log: { origin: 'in.example', key: signer.key } })).rejects.toMatchObject({
      code: 'key-unknown',
    })
    await expect(judge(given, { name: 'EE/node/nobody' })).rejects.toMatchObject({ code: 'evidence-broken' })
    await expect(judge(given, { zone: 'IN' })).rejects.toMatchObject({ code: 'evidence-broken' })
  })

  test('refuses a head mixed with the map or the entry of another', async () => {
    const { judge, resolution } = follow()
    const [one, two] = [await resolution(first), await resolution(second)]
    const mixed = { ...two, proof: { ...two.proof!, map: one.proof!.map } }
    await expect(judge(mixed)).rejects.toMatchObject({ code: 'evidence-broken' })
    const entry = { ...two.proof!, head: { ...two.proof!.head, entry: one.proof!.head.entry } }
    await expect(judge({ ...two, proof: entry })).rejects.toMatchObject({ code: 'evidence-broken' })
    expect(await judge(two)).toMatchObject({ record: second })
  })

  test('calls a fork what is not of one log, of the same size and of another', async () => {
    const { judge, resolution, scripted } = follow()
    await judge(await resolution(first))
    const other = scriptLog(zone, origin)
    for (const record of [second, null]) {
      await expect(judge(await resolution(record, other), {}, other)).rejects.toMatchObject({ code: 'forked' })
    }
    expect(await judge(await resolution(second, scripted))).toMatchObject({ record: second })
  })

  test('takes a head a little behind, and calls rollback one of before', async () => {
    const { judge, resolution } = follow()
    const old = await resolution(null)
    await judge(old)
    const mid = await resolution(first)
    await judge(mid, { now: now + 5 })
    const late = await resolution(second)
    await judge(late, { now: now + 10 })
    expect(await judge(mid, { now: now + 500 })).toMatchObject({ record: first })
    await expect(judge(mid, { now: now + 700 })).rejects.toMatchObject({ code: 'rollback' })
    await expect(judge(old, { now: now + 700 })).rejects.toMatchObject({ code: 'rollback' })
    expect(await judge(late, { now: now + 700 })).toMatchObject({ record: second })
  })

  test('demands the quorum that the root names, and tells its time', async () => {
    const { judge, resolution } = follow()
    const given = await resolution(first)
    await expect(judge(given, { policy })).rejects.toMatchObject({ code: 'uncosigned' })
    const one = await cosigned(given, [['root', 5]])
    await expect(judge(one, { policy })).rejects.toMatchObject({ code: 'uncosigned' })
    const two = await cosigned(given, [
      ['root', 5],
      ['IN', 70],
      ['press', 9000],
    ])
    expect(await judge(two, { policy })).toMatchObject({ record: first, proof: 'cosigned', at: now - 70 })
  })

  test('calls frozen a head that only one witness keeps young', async () => {
    const { judge, resolution } = follow()
    const given = await cosigned(await resolution(first), [
      ['root', 86_401],
      ['IN', 1],
    ])
    await expect(judge(given, { policy })).rejects.toMatchObject({ code: 'frozen' })
  })
})

test('openHead refuses an inclusion that is not of the last entry', async () => {
  const { resolution } = follow()
  const { head } = (await resolution(first)).proof!
  await expect(openHead({ ...head, inclusion: head.inclusion.slice(1) }, log)).rejects.toMatchObject({
    code: 'evidence-broken',
  })
  const root = leafHash(utf8('x'))
  const checkpoint = await signCheckpoint({ origin, size: 1, root }, signer)
  await expect(openHead({ ...head, checkpoint, inclusion: [] }, log)).rejects.toMatchObject({ code: 'evidence-broken' })
  expect(fromBase64Url(head.entry.map)).toHaveLength(32)
})
