import type { Entry } from '@dcann/protocol/entry'
import { formatTime } from '@dcann/protocol/time'
import type { Federation } from '../../scripts/federation/parts.ts'
import { sealingPair } from '../cast.ts'
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
import { postOf, type Wire } from './load.ts'

export type Agreed = Consented

const entries = 10

/** So many people with ten rides of one day, each with an agreement about them with the insurer. */
export async function agreeMany(
  federation: Federation,
  label: string,
  count: number,
  { sealed = false }: { readonly sealed?: boolean } = {},
): Promise<Agreed[]> {
  const world = federation.world()
  const { insurer } = federation.cast.requesters
  const sealing_key = sealed ? { sealing_key: sealingPair('bench/insurer').key } : {}
  const offer = await offerOf(world, insurer, [ridesTerm('all', null)], sealing_key)
  const agreed: Agreed[] = []
  for (let i = 0; i < count; i++) {
    const person = await settlePerson(world, `bench/${label}/${i}`, 'IN', federation.cast.nodes.tallinn)
    await person.vault.makeStrand(person.by, ridesStrand)
    await person.vault.addEntries(person.by, ridesStrand.name, ridesOfOneDay(world.now()))
    agreed.push(await consent(world, person, insurer, offer, ['all']))
  }
  return agreed
}

/** Signs requests for all that was agreed in turn. They are good for a minute. */
export async function signMany(
  federation: Federation,
  agreed: readonly Agreed[],
  count: number,
  limit: number = entries,
): Promise<Wire[]> {
  const world = federation.world()
  const wires: Wire[] = []
  for (let i = 0; i < count; i++) {
    const one = agreed[i % agreed.length]
    if (!one) throw new Error('signing requests: nothing is agreed')
    const { url, body, headers } = await signQuery(world, one, [{ strand: ridesStrand.name, limit }])
    wires.push(postOf(new URL(url).pathname, body, headers))
  }
  return wires
}

/** All on one day, so that they lie on one page. */
function ridesOfOneDay(now: number): Entry[] {
  const midnight = Math.floor(now / 86_400) * 86_400 - 86_400
  return dailyRides(midnight, entries).map((entry, i) => ({ ...entry, at: formatTime(midnight + i * 3_600) }))
}

/** One person with a full strand, and so many agreements about it, each under a handle of its own. */
export async function agreeOften(federation: Federation, label: string, count: number): Promise<Agreed[]> {
  const world = federation.world()
  const { insurer } = federation.cast.requesters
  const offer = await offerOf(world, insurer, [ridesTerm('all', null)])
  const person = await settlePerson(world, `bench/${label}`, 'IN', federation.cast.nodes.tallinn)
  await person.vault.makeStrand(person.by, ridesStrand)
  const now = Math.floor(world.now())
  const rides = dailyRides(now, 256).map((entry, i) => ({ ...entry, at: formatTime(now - (i + 1) * 7_200) }))
  await person.vault.addEntries(person.by, ridesStrand.name, rides)
  const agreed: Agreed[] = []
  for (let i = 0; i < count; i++) agreed.push(await consent(world, person, insurer, offer, ['all'], i))
  return agreed
}
