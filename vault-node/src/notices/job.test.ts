import { noticeNoun } from '@dcann/protocol/notice'
import { times } from '@dcann/protocol/limits'
import { requesterNoun } from '@dcann/protocol/requester'
import { proveSigned, readSigned } from '@dcann/protocol/signed'
import { formatTime } from '@dcann/protocol/time'
import { beforeEach, describe, expect, test } from 'vitest'
import { castUrls, signAfter } from '../../../test/cast.ts'
import { consent, type Consented, offerOf, type Person, ridesTerm, settlePerson } from '../../../test/consented.ts'
import { type Network, startNetwork } from '../../../test/network.ts'

type Told = { readonly agreement: string; readonly n: number }

let network: Network
let person: Person
let told: Told[] = []
let members: ReadonlySet<string> = new Set()
let answer: () => Response | Promise<Response>
let counter = 0

beforeEach(async () => {
  told = []
  answer = () => new Response(null, { status: 202 })
  network = await startNetwork({
    seed: 'outbox',
    hosts: {
      [new URL(castUrls.companies.insurer).hostname]: async (request) => {
        const { identity } = network.cast.nodes.tallinn
        const submitted = readSigned(noticeNoun, await request.json())
        const { payload } = await proveSigned(submitted, [identity.key])
        members = new Set([...members, ...Object.keys(payload)])
        told.push({ agreement: payload.agreement, n: payload.n })
        return await answer()
      },
    },
  })
  person = await settlePerson(network.world(), 'outbox', 'EE', network.cast.nodes.tallinn)
})

async function agreed(lasts = 'P90D'): Promise<Consented> {
  const { insurer } = network.cast.requesters
  const offer = await offerOf(network.world(), insurer, [ridesTerm('rides', ['rides_per_week'])], { lasts })
  return await consent(network.world(), person, insurer, offer, ['rides'], counter++)
}

async function rounds(count: number, seconds: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    network.time.pass(seconds)
    await network.round()
  }
}

describe('noticesRound', () => {
  test('tells of every act of the holder, once each, and of none of the requester', async () => {
    const { agreement, act } = await agreed()
    await network.round()
    expect(told).toEqual([])
    await act('pause')
    await network.round()
    await act('resume')
    await act('revoke')
    await network.round()
    await rounds(3, 60)
    expect(told).toEqual([
      { agreement, n: 2 },
      { agreement, n: 3 },
    ])
    expect([...members].toSorted()).toEqual(['agreement', 'at', 'aud', 'n', 'node', 'v'])
  })

  test('tells of an end that nobody wrote, when it is there and not before', async () => {
    const runsOut = await agreed('P1D')
    const ended = await agreed('P1D')
    await ended.revoke()
    await network.round()
    told = []
    await rounds(1, 86_399)
    expect(told).toEqual([])
    await rounds(3, 60)
    expect(told).toEqual([{ agreement: runsOut.agreement, n: 2 }])
  })

  test('tries an inbox that fails again, less and less often, with the lowest line, until the days are over', async () => {
    const { agreement, act } = await agreed()
    answer = () => new Response(null, { status: 503 })
    await act('pause')
    await act('resume')
    await rounds(60, 60)
    const tries = told.length
    expect(tries).toBeGreaterThan(8)
    expect(tries).toBeLessThan(16)
    expect(new Set(told.map(({ n }) => n))).toEqual(new Set([2]))
    answer = () => new Response(null, { status: 202 })
    await rounds(2, 3_601)
    expect(told.slice(tries)).toEqual([{ agreement, n: 2 }])

    answer = () => new Response(null, { status: 500 })
    await act('revoke')
    await rounds(1, times.noticeKept)
    const before = told.length
    answer = () => new Response(null, { status: 202 })
    await rounds(2, 3_601)
    expect(told.length).toBe(before)
  })

  test('goes on past one notice that an inbox refuses', async () => {
    const [foreign, own] = [await agreed(), await agreed()]
    answer = () => new Response(null, { status: told.at(-1)?.agreement === foreign.agreement ? 404 : 202 })
    await foreign.revoke()
    await own.revoke()
    await network.round()
    await network.round()
    expect(told.filter(({ agreement }) => agreement === own.agreement).length).toBe(1)
    answer = () => new Response(null, { status: 202 })
    await rounds(3, 10)
    expect(told.filter(({ agreement }) => agreement === foreign.agreement).length).toBe(2)
  })

  test('keeps no one waiting for an inbox that hangs, nor the act', async () => {
    answer = () => new Promise(() => {})
    await (await agreed()).revoke()
    await network.round()
    const { standing } = await (await agreed()).revoke()
    await network.round()
    expect(standing).toBe('revoked')
    expect(told.length).toBe(1)
  })

  test('asks the registry where the inbox is, and tells an ended requester nothing', async () => {
    const { insurer } = network.cast.requesters
    const { countries } = network.cast
    const { revoke } = await agreed()
    network.down.add('registry.example')
    network.time.pass(601)
    await revoke()
    await network.round()
    expect(told).toEqual([])
    network.down.delete('registry.example')
    const now = Math.floor(network.time.now())
    const ended = await signAfter(
      requesterNoun,
      insurer.record,
      { status: 'ended', at: formatTime(now) },
      [...countries.EE.keys, ...insurer.keys],
      now,
    )
    await network.submit(ended.signed)
    await rounds(3, 61)
    expect(told).toEqual([])
  })
})
