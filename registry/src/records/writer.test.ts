import { type Proposal, readProposal } from '@dcann/protocol/admission'
import { ProtocolError } from '@dcann/protocol/errors'
import { operatorNoun } from '@dcann/protocol/operator'
import { StoreError } from '@dcann/store/errors'
import { memoryStore } from '@dcann/store/memory'
import { array, assert, asyncProperty, nat } from 'fast-check'
import { expect, test } from 'vitest'
import { checkLogs } from '../log/check-log.ts'
import { makeCast, makeHolder, signPassport, signPassportAfter, write } from '../../../test/cast.ts'
import { castNow, type InProcess, openInProcess } from '../../../test/registry-in-process.ts'
import { checkRecords } from './check-records.ts'

const now = castNow
const cast = await makeCast('registry-tests', now)
const asha = makeHolder('asha')
const born = await signPassport(asha, 'IN', cast.nodes.tallinn, now)

test('createWriter reads and judges again when another has written, and gives up after five times', async () => {
  let conflicts = 0
  const inner = memoryStore()
  const store = {
    ...inner,
    commit: (commit: Parameters<typeof inner.commit>[0]) =>
      conflicts-- > 0 ? Promise.reject(new StoreError('conflict', 'written by another')) : inner.commit(commit),
  }
  const { post } = await openInProcess({ store })
  conflicts = 4
  expect((await post(born.signed)).status).toBe(201)
  conflicts = 5
  expect(await post((await signPassportAfter(born, asha, {}, now)).signed)).toMatchObject({
    status: 409,
    code: 'record-stale',
  })
})

test('createWriter turns away whom it has no room for, before judging anything', async () => {
  const { post, registry } = await openInProcess()
  const { name } = cast.operators.laht.record.payload
  const bare = (await write(operatorNoun, { ...cast.operators.laht.record.payload, name: `${name}-2` }, [asha.control]))
    .signed
  let most = 0
  const looking = setInterval(() => (most = Math.max(most, registry.writer.waiting())), 1)
  const answers = await Promise.all(Array.from({ length: 1200 }, () => post(bare)))
  clearInterval(looking)
  expect([most > 40, most <= 1024, registry.writer.waiting()]).toEqual([true, true, 0])
  const turned = answers.filter(({ code }) => code === 'unavailable')
  expect(turned.length).toBeGreaterThan(50)
  expect(turned[0]?.headers.get('retry-after')).toBe('2')
  expect(answers.filter(({ code }) => code === 'key-unknown')).toHaveLength(1200 - turned.length)
})

test('createWriter: full batches leave no more old pages behind than there is room to clear away', async () => {
  const roomy = await makeCast('full', now, { bounds: { passports_per_day: 10_000, acts_per_second: 10_000 } })
  const { registry, post } = await openInProcess({ cast: roomy })
  const born = await Promise.all(
    Array.from(
      { length: 1_000 },
      async (_, i) => await signPassport(makeHolder(`full ${i}`), 'IN', roomy.nodes.pune, now),
    ),
  )
  const answers = await Promise.all(born.map(async ({ signed }) => await post(signed)))
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1_000)
  const lists = await registry.store.range({ prefix: 'map/stale/IN/', limit: 1_000 })
  expect(lists.length).toBeGreaterThan(0)
  expect(lists.length).toBeLessThanOrEqual(16)
  expect((await checkLogs(registry.store, undefined)).problems).toEqual([])
})

test('createWriter: judged together or one by one, the outcome is the same, and nothing is in half', async () => {
  const bounds = { passports_per_day: 3, acts_per_second: 8 }
  const tight = await makeCast('together', now, { bounds })
  const pool = await Promise.all(Array.from({ length: 4 }, async (_, i) => await life(i)))
  const proposals = pool.flat()
  const open = async (): Promise<InProcess> =>
    await openInProcess({ cast: tight, zones: ['root', 'IN'], records: tight.records.slice(0, 2) })

  async function life(i: number): Promise<Proposal[]> {
    const holder = makeHolder(`together ${i}`)
    const first = await signPassport(holder, 'IN', tight.nodes.pune, now)
    const second = await signPassportAfter(first, holder, {}, now)
    const rival = await signPassportAfter(first, holder, { status: 'ended' }, now)
    const stranger = await signPassportAfter(second, holder, {}, now, [asha.control])
    return [first, second, rival, stranger].map(({ signed }) => readProposal(signed))
  }

  const order = array(nat(proposals.length - 1), { minLength: 1, maxLength: 24 })
  await assert(
    asyncProperty(order, async (picks) => {
      const chosen = picks.flatMap((pick) => proposals[pick] ?? [])
      const [together, apart] = [await open(), await open()]
      const submit = async (to: InProcess, proposal: Proposal): Promise<unknown> =>
        await to.registry.writer
          .submit(proposal, now + 1)
          .catch((error: unknown) => (error instanceof ProtocolError ? error.code : error))
      const one: unknown[] = []
      for (const proposal of chosen) one.push(await submit(apart, proposal))
      expect(await Promise.all(chosen.map((proposal) => submit(together, proposal)))).toEqual(one)
      const { problems } = await checkRecords(together.registry.store)
      expect(problems).toEqual([])
    }),
    { numRuns: 15, seed: 7 },
  )
})
