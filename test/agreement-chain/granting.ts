import { expect } from 'vitest'
import { codeOf } from '../code-of.ts'
import { consent } from '../consented.ts'
import { decideAt, hasAgreement, hear, isOdd, keepTime, oddCodes, pick, tally, versionsNow } from './expected.ts'
import { day, hasEnded, type Model, type TermId, terms } from './model.ts'
import { offerAll, readingOf, type System } from './system.ts'

export type GrantHow = {
  readonly take: readonly TermId[]
  readonly days: number
  readonly over: 'a new offer' | 'the last offer'
  readonly succeeds: number | undefined
  readonly sameHandle: boolean
}

/** The person takes an offer, or takes it anew in place of what was agreed. */
export async function grant(model: Model, system: System, how: GrantHow): Promise<void> {
  const { world, person } = system
  const prior = how.succeeds === undefined || !hasAgreement(model) ? undefined : how.succeeds % model.agreements.length
  const before = prior === undefined ? undefined : pick(model.agreements, prior)
  const last = system.offers.at(-1)
  const offer =
    prior !== undefined && how.over === 'the last offer'
      ? pick(system.agreed, prior).offer
      : how.over === 'the last offer' && last
        ? last
        : await offerAll(system, 60, 3_600)
  if (offer !== last) system.offers.push(offer)
  const overSame = prior !== undefined && pick(system.agreed, prior).offer.id === offer.id
  const { cast } = system.network
  // what it may ask is for the node to judge, so the wallet here believes the record of the beginning
  const { control } = system.insurer.payload
  const requester = {
    ...cast.requesters.insurer.record,
    payload: { ...cast.requesters.insurer.record.payload, control },
  }
  const handle = before && how.sameHandle ? before.handle : model.agreements.length
  const made = Math.floor(world.now())
  const until = made + how.days * day
  const take: TermId[] = ['rate', ...how.take]
  const now = decideAt(model, system)
  hear(model)
  const possible = versionsNow(model, system).map(({ status, categories, epoch }) => {
    if (status !== 'active') return 'not-active'
    if (now >= Date.parse(offer.payload.expires) / 1000 && !overSame) return 'expired'
    if (Object.values(terms).some(({ category }) => !categories.includes(category))) return 'over-asking'
    if (Math.abs(now - made) > 300) return 'time-invalid'
    if (epoch !== system.insurer.payload.control.epoch) return 'not-active'
    if (before && hasEnded(before.acted)) return 'not-active'
    return 'admitted'
  })
  const code = await codeOf(async () => {
    const choice = {
      until,
      requester: requester.payload,
      ...(prior === undefined ? {} : { prior: pick(system.agreed, prior).agreement }),
    }
    system.agreed.push(
      await consent(world, person, { ...cast.requesters.insurer, record: requester }, offer, take, handle, choice),
    )
  })
  tally(model, `grant ${code}`)
  // until it hears a registry, a node whose clock is far ahead goes by that, and may hold the offer to have ended
  const hasEndedThere = readingOf(system, model) >= Date.parse(offer.payload.expires) / 1000
  const odd = isOdd(model) ? [...oddCodes, ...(hasEndedThere ? ['expired'] : [])] : []
  expect([...possible, ...odd]).toContain(code)
  if (code !== 'admitted') return
  if (before) {
    before.acted = 'superseded'
    before.chain.push('act superseded')
  }
  const { epoch } = system.insurer.payload.control
  model.newest.set(handle, model.agreements.length)
  model.agreements.push({
    terms: take,
    from: made,
    until,
    epoch,
    handle,
    acted: 'active',
    chain: ['activated activated'],
    used: {},
  })
  keepTime(model)
}
