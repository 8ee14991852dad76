import { describe, expect, test } from 'vitest'
import { utf8 } from '../bytes.ts'
import { testSigner } from '../key.ts'
import { signCheckpoint } from './checkpoint.ts'
import { cosign, proveCosignatures, withSignatures } from './cosignature.ts'
import { leafHash } from './merkle.ts'
import { parseNote } from './note.ts'
import { headTime, type Witness, witnessPolicy } from './quorum.ts'

const now = 1_790_000_000
const signers = new Map(['root', 'IN', 'EE', 'EE-2', 'press'].map((label) => [label, testSigner(`witness ${label}`)]))
const witnessOf = (label: string, by = label): Witness => {
  return { name: `${label.toLowerCase()}.example/witness`, key: signers.get(label)!.key, by }
}
const root = (test: boolean, quorum: number, ...witnesses: Witness[]) => ({ test, witness: { quorum, witnesses } })
const note = parseNote(
  await signCheckpoint({ origin: 'in.example', size: 7, root: leafHash(utf8('x')) }, testSigner('log')),
)

/** The time of a head that these witnesses have cosigned so many seconds ago. */
async function timeOf(policy: ReturnType<typeof witnessPolicy>, ages: [label: string, ago: number][], at = now) {
  if (!policy) throw new Error('no policy')
  const lines = await Promise.all(
    ages.map(([label, ago]) => cosign(note, signers.get(label)!, `${label.toLowerCase()}.example/witness`, now - ago)),
  )
  const all = ['root', 'IN', 'EE', 'EE-2', 'press'].map((label) =>
    witnessOf(label, label.slice(0, 2) === 'EE' ? 'EE' : label),
  )
  const time = headTime(await proveCosignatures(withSignatures(note, lines), all), policy, at)
  return time === undefined ? undefined : now - time
}

describe('witnessPolicy', () => {
  test('leaves out the witness of the zone itself, and counts each runner once', () => {
    const four = [witnessOf('root'), witnessOf('IN'), witnessOf('EE'), witnessOf('press')]
    expect(witnessPolicy(root(false, 2, ...four), 'IN')?.witnesses.map(({ by }) => by)).toEqual(['root', 'EE', 'press'])
    expect(witnessPolicy(root(false, 2, ...four), 'EE')?.quorum).toBe(2)
    expect(witnessPolicy(root(false, 0, ...four), 'IN')).toBeUndefined()
  })

  test.each<[string, ReturnType<typeof root>]>([
    ['a quorum of one', root(false, 1, witnessOf('root'), witnessOf('EE'), witnessOf('press'))],
    ['all of them', root(false, 3, witnessOf('root'), witnessOf('EE'), witnessOf('press'))],
    ['two candidates', root(false, 2, witnessOf('root'), witnessOf('EE'))],
    ['three of which one is its own', root(false, 2, witnessOf('root'), witnessOf('EE'), witnessOf('IN'))],
    ['three of two runners', root(false, 2, witnessOf('root'), witnessOf('EE'), witnessOf('EE-2', 'EE'))],
    ['one candidate in a test', root(true, 1, witnessOf('IN'), witnessOf('EE'))],
    ['both in a test', root(true, 2, witnessOf('root'), witnessOf('EE'))],
  ])('refuses %s', (_, record) => {
    expect(() => witnessPolicy(record, 'IN')).toThrow(expect.objectContaining({ code: 'root-invalid' }))
  })

  test('takes one of two under a test root', () => {
    expect(witnessPolicy(root(true, 1, witnessOf('root'), witnessOf('EE')), 'IN')?.quorum).toBe(1)
  })
})

describe('headTime', () => {
  const three = witnessPolicy(root(false, 2, witnessOf('root'), witnessOf('EE'), witnessOf('press')), 'IN')

  test('is that of the oldest in the freshest quorum', async () => {
    expect(
      await timeOf(three, [
        ['root', 10],
        ['EE', 40],
        ['press', 9000],
      ]),
    ).toBe(40)
    expect(
      await timeOf(three, [
        ['root', 10],
        ['press', 9000],
      ]),
    ).toBe(9000)
    expect(await timeOf(three, [['root', 10]])).toBeUndefined()
    expect(await timeOf(three, [])).toBeUndefined()
  })

  test('is not moved by one witness that signs again and again', async () => {
    const bought: [string, number][] = [300, 200, 100, 1].map((ago) => ['press', ago])
    expect(await timeOf(three, [['EE', 5000], ...bought])).toBe(5000)
    expect(await timeOf(three, bought)).toBeUndefined()
  })

  test('counts no runner twice, nor who is not named, nor the zone itself', async () => {
    const policy = witnessPolicy(
      root(false, 2, witnessOf('root'), witnessOf('EE'), witnessOf('EE-2', 'EE'), witnessOf('press')),
      'IN',
    )
    expect(
      await timeOf(policy, [
        ['EE', 3],
        ['EE-2', 5],
      ]),
    ).toBeUndefined()
    expect(
      await timeOf(policy, [
        ['EE', 3],
        ['EE-2', 5],
        ['root', 7],
      ]),
    ).toBe(7)
    expect(
      await timeOf(three, [
        ['EE', 3],
        ['IN', 5],
      ]),
    ).toBeUndefined()
    expect(
      await timeOf(three, [
        ['EE-2', 3],
        ['root', 5],
      ]),
    ).toBeUndefined()
  })

  test('takes none from the future', async () => {
    expect(
      await timeOf(three, [
        ['EE', -300],
        ['root', 5],
      ]),
    ).toBe(5)
    expect(
      await timeOf(three, [
        ['EE', -301],
        ['root', 5],
      ]),
    ).toBeUndefined()
  })
})
