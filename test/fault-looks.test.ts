import { beforeAll, describe, expect, test } from 'vitest'
import { type Person, ridesStrand, settlePerson } from './consented.ts'
import { vaultActs } from './faults/vault-acts.ts'
import { notes } from './faults/vault-work.ts'
import { type Network, startNetwork } from './network.ts'

/** The looks by which the fault batteries judge: an act that nobody disturbs is absent before, and whole after. */
let network: Network
let person: Person
let counter = 0

beforeAll(async () => {
  network = await startNetwork({ seed: 'fault-looks' })
  person = await settlePerson(network.world(), 'fault-looks', 'IN', network.cast.nodes.tallinn)
  await person.vault.makeStrand(person.by, ridesStrand)
  await person.vault.makeStrand(person.by, notes)
})

describe('vaultActs', () => {
  test.each(Object.entries(vaultActs))('%s is looked at whole', async (name, ready) => {
    const bench = { federation: { cast: network.cast, world: network.world }, person, next: () => counter++ }
    // the look at an answer asks for it
    const act = await ready(bench)
    if (name !== 'answer') expect(await act.look()).toBe('absent')
    await act.send()
    expect(await act.look()).toBe('there')
  })
})
