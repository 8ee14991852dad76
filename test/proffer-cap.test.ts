import { makeAcceptance, openProffer } from '@dcann/sdk/proffer'
import { createVaultClient, type VaultClient } from '@dcann/sdk/vault-client'
import * as fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { codeOf } from './code-of.ts'
import { settlePerson } from './consented.ts'
import { callerOf, lay, profferText } from './laid.ts'
import { type Network, type NetworkVault, startNetwork } from './network.ts'

let network: Network
/** Two processes over one store. */
let vaults: readonly VaultClient[]
let people = 0

beforeAll(async () => {
  network = await startNetwork({ seed: 'proffer-cap' })
  vaults = [network.vaults.tallinn, await network.again('tallinn')].map(clientOf)
})

function clientOf({ vault, url }: NetworkVault): VaultClient {
  const fetch = async (to: string, init?: RequestInit): Promise<Response> =>
    await vault.app.fetch(new Request(to, init))
  return createVaultClient({ ...network.world(), fetch }, url)
}

test('accept: however many accept at once, and at however many processes, no more begin than the cap admits, and no fewer', async () => {
  const plan = fc.record({
    cap: fc.integer({ min: 1, max: 3 }),
    /** At which process each is accepted, and whether it is sent twice. */
    accepted: fc.array(fc.record({ at: fc.nat(1), twice: fc.boolean() }), { minLength: 2, maxLength: 5 }),
  })
  let most = 0
  await fc.assert(
    fc.asyncProperty(plan, async ({ cap, accepted }) => {
      const world = network.world()
      const { insurer } = network.cast.requesters
      const requester = insurer.record.payload.name
      const person = await settlePerson(world, `cap ${people++}`, 'EE', network.cast.nodes.tallinn)
      const text = profferText(world, 'dpv:PersonalisedBenefits')
      const made = accepted.map(() => ({ for: { requester }, text }))
      const { proffers } = await lay(world, person, made, cap)
      const by = callerOf(insurer)
      const resolver = await network.resolver()
      const signed = await Promise.all(
        proffers.map(async ({ proffer: { id: proffer } }) => {
          const opened = await openProffer(world, resolver, { node: 'EE/node/tallinn', proffer }, by)
          return await makeAcceptance(world, opened.proffer, insurer.record.payload, by.signer, {})
        }),
      )
      const sent = accepted.flatMap(({ at, twice }, i) =>
        twice
          ? [
              { at, i },
              { at: 1 - at, i },
            ]
          : [{ at, i }],
      )
      const codes = await Promise.all(
        sent.map(async ({ at, i }) => await codeOf(() => vaults[at]!.accept(signed[i]!.acceptance.signed))),
      )
      const began = new Set(sent.filter((_, j) => codes[j] === 'admitted').map(({ i }) => i))
      expect(codes.filter((code) => code !== 'admitted' && code !== 'not-found')).toEqual([])
      const expected = Math.min(cap, accepted.length)
      expect(began.size).toBe(expected)
      const [roster] = (await person.vault.listProffers(person.by)).rosters
      expect(roster).toMatchObject({ cap, accepted: expected })
      const { agreements } = await person.vault.listAgreements(person.by)
      expect(agreements.map(({ agreement }) => agreement).sort()).toEqual(
        [...began].map((i) => signed[i]!.acceptance.id).sort(),
      )
      most = Math.max(most, sent.length - expected)
    }),
    { numRuns: 12, seed: 20261124 },
  )
  // it was tried: some came too many
  expect(most).toBeGreaterThan(2)
})
