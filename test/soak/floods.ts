import { base64Url } from '@dcann/protocol/bytes'
import type { World } from '@dcann/sdk/world'
import type { Federation } from '../../scripts/federation/parts.ts'
import { postOf, type Wire } from '../bench/load.ts'
import {
  consent,
  type Consented,
  dailyRides,
  offerOf,
  ridesStrand,
  ridesTerm,
  settlePerson,
  signQuery,
} from '../consented.ts'

/** Agreements of one person with a requester, each under a handle of its own: of the insurer, or of who will be greedy. */
export async function agreeAlone(
  federation: Federation,
  label: string,
  who: 'insurer' | 'rides',
  count: number,
): Promise<Consented[]> {
  const world = federation.world()
  const requester = federation.cast.requesters[who]
  const purpose = who === 'rides' ? 'dpv:ServiceProvision' : 'dpv:PersonalisedBenefits'
  const offer = await offerOf(world, requester, [ridesTerm('all', null, { purpose })])
  const person = await settlePerson(world, label, 'IN', federation.cast.nodes.tallinn)
  await person.vault.makeStrand(person.by, ridesStrand)
  await person.vault.addEntries(person.by, ridesStrand.name, dailyRides(Math.floor(world.now()), 10))
  // one after another is what a person does; all at once is what keeps a test short
  return await Promise.all(
    Array.from({ length: count }, (_, i) => consent(world, person, requester, offer, ['all'], i)),
  )
}

/** Requests under agreements in turn; those of the greedy one unless the change says another purpose. */
export async function signFlood(
  world: World,
  agreed: readonly Consented[],
  count: number,
  change: Parameters<typeof signQuery>[3] = { purpose: 'dpv:ServiceProvision' },
): Promise<Wire[]> {
  const wires: Wire[] = []
  for (let i = 0; i < count; i++) {
    const one = agreed[i % agreed.length]
    if (!one) throw new Error('signing a flood: nothing is agreed')
    wires.push(await wireOf(world, one, change))
  }
  return wires
}

/** Somebody who is a requester and asks about people of whom they know nothing: signed well, and evidence each time. */
export async function signProbes(federation: Federation, like: Consented, count: number): Promise<Wire[]> {
  const world = federation.world()
  const { health: requester } = federation.cast.requesters
  const wires: Wire[] = []
  for (let i = 0; i < count; i++)
    wires.push(
      await wireOf(world, { ...like, requester }, { purpose: 'dpv:PublicBenefit', id: base64Url(world.random(16)) }),
    )
  return wires
}

/** Signatures that hold for nobody, each with the key of the requester that asks politely: keys are public. */
export async function signFalsely(federation: Federation, like: Consented, count: number): Promise<Wire[]> {
  const world = federation.world()
  const [own] = like.requester.keys
  const [other] = federation.cast.requesters.health.keys
  if (!own || !other) throw new Error('signing falsely: a requester has no key')
  const forger = { ...own, sign: other.sign }
  const wires: Wire[] = []
  for (let i = 0; i < count; i++)
    wires.push(await wireOf(world, { ...like, requester: { ...like.requester, keys: [forger] } }, {}))
  return wires
}

async function wireOf(world: World, agreed: Consented, change: Parameters<typeof signQuery>[3]): Promise<Wire> {
  const { url, body, headers } = await signQuery(world, agreed, [{ strand: ridesStrand.name, limit: 10 }], change)
  return postOf(new URL(url).pathname, body, headers)
}
