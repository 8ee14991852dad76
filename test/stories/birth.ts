import { formatIdentifier } from '@dcann/protocol/identifier'
import { expect } from 'vitest'
import { settlePerson } from '../consented.ts'
import { codeOf } from '../code-of.ts'
import { nobodyIn, type Story } from './setting.ts'

/** Story 2, without log proofs. */
export const birth: Story = {
  claims:
    'a passport assigned by IN lives in EE; anyone resolves it and verifies the answer from the pinned root, absence included',
  async tell({ cast, world, resolver, label }) {
    const person = await settlePerson(world(), `birth/${label}`, 'IN', cast.nodes.tallinn)
    const anyone = await resolver()
    const located = await anyone.resolvePassport(formatIdentifier(person.identifier).toLowerCase())
    expect(located.kind === 'passport' && located.passport.record?.payload.home.node).toBe('EE/node/tallinn')
    expect(located.home?.node.payload.url).toBe(cast.nodes.tallinn.record.payload.url)
    expect(located.home?.operator.payload.legal_name).toBe('Laht Andmed (made up)')

    // somebody whom nobody is: the zone states it, and that is an answer
    const nobody = await anyone.resolvePassport(nobodyIn('IN'))
    expect(nobody.kind === 'passport' && nobody.passport.record).toBe(undefined)
    expect(nobody.home).toBe(undefined)

    // one mistyped character is an error, never a nearest match
    const mistyped =
      person.identifier.slice(0, 10) + (person.identifier[10] === '7' ? '8' : '7') + person.identifier.slice(11)
    expect(await codeOf(() => anyone.resolvePassport(mistyped))).toBe('identifier-invalid')
  },
}
