import { houses, rootNoun } from '@dcann/protocol/root'
import { operatorNoun } from '@dcann/protocol/operator'
import { expect } from 'vitest'
import { signAfter } from '../cast.ts'
import { codeOf } from '../code-of.ts'
import type { Story } from './setting.ts'

/** Story 1. */
export const delegation: Story = {
  claims:
    'four houses sign the root, which delegates IN and EE; each accredits an operator, admits a node, registers a company; no house acts alone',
  async tell({ cast, resolver, submit, world }) {
    const anyone = await resolver()
    expect(anyone.trust.pin).toBe(cast.root.id)
    for (const name of [
      'country/IN',
      'country/EE',
      'IN/operator/sahyadri',
      'EE/operator/laht',
      'IN/node/pune',
      'EE/node/tallinn',
      'IN/requester/rides',
      'EE/requester/insurer',
    ]) {
      const { record, freshness, proof } = await anyone.resolveName(name)
      expect([name, record?.payload.name, freshness, proof]).toEqual([name, name, 'fresh', 'uncosigned'])
    }
    const listed: string[] = []
    for await (const name of anyone.listNames('EE', 'requester')) listed.push(name)
    expect(listed).toContain('EE/requester/insurer')

    const now = Math.floor(world().now())
    for (const house of houses) {
      const alone = await signAfter(rootNoun, cast.root, {}, cast.houses[house], now)
      expect(await codeOf(() => submit(alone.signed))).toBe('not-entitled')
    }
    // three houses without the citizens: citizens cannot be outvoted
    const others = [...cast.houses.governments, ...cast.houses.companies, ...cast.houses.technical]
    const outvoting = await signAfter(rootNoun, cast.root, {}, others, now)
    expect(await codeOf(() => submit(outvoting.signed))).toBe('not-entitled')
    // a country does not accredit in another's zone
    const foreign = await signAfter(
      operatorNoun,
      cast.operators.laht.record,
      { legal_name: 'Taken over' },
      [...cast.countries.IN.keys, ...cast.operators.laht.keys],
      now,
    )
    expect(['key-unknown', 'not-entitled']).toContain(await codeOf(() => submit(foreign.signed)))
  },
}
