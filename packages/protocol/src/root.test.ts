import { expect, test } from 'vitest'
import { keySet, makeCast, signAfter, type Written, write } from '../../../test/cast.ts'
import { judged } from '../../../test/holding.ts'
import { keyDigest, type Signer, testSigner } from './key.ts'
import { type House, houses, type RootRecord, rootNoun, rootStanding, signingHouses } from './root.ts'
import { formatTime, parseTime } from './time.ts'

const now = parseTime('2026-11-23T12:00:00Z')
const cast = await makeCast('root', now)
const { root } = cast
const all = houses.flatMap((house) => cast.houses[house])
const subsets = Array.from({ length: 16 }, (_, bits) => houses.filter((_, i) => bits & (1 << i)))
const enough = (present: readonly House[]): boolean => present.length >= 3 && present.includes('citizens')
const signersOf = (present: readonly House[]): Signer[] => present.flatMap((house) => [...cast.houses[house]])
const after = async (change: Partial<RootRecord>, signers: readonly Signer[] = all): Promise<Written<RootRecord>> =>
  await signAfter(rootNoun, root, change, signers, now)

/** The root with a house changed. */
const withHouse = (house: House, set: RootRecord['houses'][House]): Partial<RootRecord> => ({
  houses: { ...root.payload.houses, [house]: set },
})

test.each(subsets.filter(({ length }) => length > 0).map((present) => [present.join(' + '), present] as const))(
  'admitRoot judges the houses %s',
  async (_, present) => {
    const expected = enough(present) ? 'admitted' : 'root-invalid'
    const genesis = await write(rootNoun, root.payload, signersOf(present))
    expect(await judged([], genesis, now)).toBe(expected)
    const next = await after({ expires: formatTime(now + 1000) }, signersOf(present))
    expect(await judged([root], next, now)).toBe(expected)
  },
)

test('admitRoot: no house acts alone, no three outvote the citizens, and any two with the citizens suffice', () => {
  expect(subsets.filter(enough).map((present) => present.length)).toEqual([3, 3, 3, 4])
  expect(signingHouses(root.payload, [])).toEqual([])
})

test('admitRoot counts a house only when its threshold of distinct keys signed', async () => {
  const [citizen] = cast.houses.citizens
  const half = [...signersOf(['governments', 'companies', 'technical']), citizen!]
  expect(await judged([root], await after({}, half), now)).toBe('root-invalid')
  expect(signingHouses(root.payload, [citizen!.key, citizen!.key])).toEqual([])
})

test('admitRoot asks the houses of the version held and of the version proposed', async () => {
  // all three that sign change their keys at once: the old keys alone do not speak for the new version, nor the reverse
  const fresh = Object.fromEntries(
    houses.map((house) => [house, [testSigner(`fresh/${house}/0`), testSigner(`fresh/${house}/1`)]]),
  ) as unknown as Record<House, Signer[]>
  const change: Partial<RootRecord> = {
    houses: {
      governments: keySet(fresh.governments),
      companies: keySet(fresh.companies),
      citizens: keySet(fresh.citizens),
      technical: keySet(fresh.technical),
    },
  }
  const news = houses.flatMap((house) => fresh[house])
  expect(await judged([root], await after(change, all), now)).toBe('root-invalid')
  expect(await judged([root], await after(change, news), now)).toBe('root-invalid')
  expect(await judged([root], await after(change, [...all, ...news]), now)).toBe('admitted')
})

test('admitRoot keeps the keys of each house continuous', async () => {
  const taken = testSigner('taken over')
  const present = signersOf(['governments', 'companies', 'citizens'])
  const stolen = await after(withHouse('technical', keySet([taken])), present)
  expect(await judged([root], stolen, now)).toBe('not-entitled')
  const given = await after(withHouse('technical', keySet([taken])), all)
  expect(await judged([root], given, now)).toBe('admitted')
  const lowered = await after(withHouse('technical', { ...root.payload.houses.technical, threshold: 1 }), present)
  expect(await judged([root], lowered, now)).toBe('not-entitled')
})

test('admitRoot lets a house go to the keys it announced', async () => {
  const [x, y] = [testSigner('announced/0'), testSigner('announced/1')]
  const announced = { ...root.payload.houses.technical, next: [keyDigest(x.key), keyDigest(y.key)] }
  const announcing = await after(withHouse('technical', announced), all)
  expect(await judged([root], announcing, now)).toBe('admitted')
  const present = signersOf(['governments', 'companies', 'citizens'])
  const move = async (signers: readonly Signer[], set = keySet([x, y])): Promise<string> => {
    const moved = { houses: { ...announcing.payload.houses, technical: set } }
    return await judged([announcing], await signAfter(rootNoun, announcing, moved, signers, now), now)
  }
  expect(await move([...present, x, y])).toBe('admitted')
  expect(await move([...present, x])).toBe('not-entitled')
  expect(await move([...present, x], keySet([x]))).toBe('not-entitled')
})

test('admitRoot refuses a key in two houses, one witness key twice, and keys that are none', async () => {
  const shared = withHouse('technical', keySet([testSigner('x'), cast.houses.citizens[0]!]))
  expect(await judged([root], await after(shared), now)).toBe('key-inadmissible')
  const [witness] = root.payload.witness.witnesses
  const twice = { witness: { quorum: 1, witnesses: [witness!, { ...witness!, name: 'another' }] } }
  expect(await judged([root], await after(twice), now)).toBe('key-inadmissible')
  const zero = 'A'.repeat(43)
  const { log, country } = root.payload.roles
  const badLog = { roles: { country, log: { ...log, key: zero } } }
  expect(await judged([root], await after(badLog), now)).toBe('key-inadmissible')
  const badWitness = { witness: { quorum: 1, witnesses: [{ ...witness!, key: zero }] } }
  expect(await judged([root], await after(badWitness), now)).toBe('key-inadmissible')
  const badRole = { roles: { log, country: { ...country, threshold: 3 } } }
  expect(await judged([root], await after(badRole), now)).toBe('rule-broken')
})

test('admitRoot: a test root never becomes a production root, nor the reverse', async () => {
  expect(await judged([root], await after({ test: false }), now)).toBe('rule-broken')
})

test('admitRoot takes versions one after another', async () => {
  expect(await judged([root], await after({ seq: 3 }), now)).toBe('record-stale')
  expect(await judged([root], await after({ seq: 1 }), now)).toBe('record-stale')
  expect(await judged([], await after({}), now)).toBe('record-stale')
})

test('admitRoot hears no key that stands in no house', async () => {
  expect(await judged([root], await after({}, [...all, testSigner('stranger')]), now)).toBe('key-unknown')
  expect(await judged([root], await after({}, [...all, ...cast.roles.country]), now)).toBe('key-unknown')
})

test('rootStanding: delegating stops when it expires, resolving 90 days later, to the second', () => {
  const expires = parseTime(root.payload.expires)
  const day = 86_400
  expect(rootStanding(root.payload, expires - 1)).toBe('current')
  expect(rootStanding(root.payload, expires)).toBe('expired')
  expect(rootStanding(root.payload, expires + 90 * day - 1)).toBe('expired')
  expect(rootStanding(root.payload, expires + 90 * day)).toBe('ended')
})
