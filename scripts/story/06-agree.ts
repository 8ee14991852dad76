import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Act, insist, insurersTerms, root } from './stage.ts'

/** The insurer asks her; she grants a part. */
export const agree: Act = async ({ folder, left, dcann, console: ask }) => {
  const value = {
    gives: [{ kind: 'discount', amount: '5.00', currency: 'EUR', per: 'period', terms: ['rides-a-week'] }],
    settle_by: 'P30D',
  }
  const made = await ask('/v1/asks', { terms: insurersTerms(), value, lasts: 'P90D' })
  insist(made.status === 201, `the insurer could not make an offer: ${JSON.stringify(made.body)}`)
  left.offer = String(made.body['offer'])
  left.link = String(made.body['link'])
  const granted = await dcann('agree', left.link, '--yes')
  left.agreement = String(granted['agreement'])
  left.address = String(granted['address'])
  const theirs = (await ask('/v1/agreements')).body['agreements'] as readonly {
    readonly offer: unknown
    readonly grant: unknown
  }[]
  const write = (name: string, pair: { readonly offer: unknown; readonly grant: unknown }): void =>
    writeFileSync(
      join(root, folder, `check/pair-${name}.json`),
      JSON.stringify(sorted({ offer: pair.offer, grant: pair.grant })),
    )
  insist(theirs[0] !== undefined, 'the insurer holds no agreement')
  write('insurer', theirs[0])
  write('asha', { offer: granted['offer'], grant: granted['grant'] })
  return {
    claim: 'The insurer asks her. She grants rides per week and no addresses; both hold the same pair.',
    proof: [
      `granted: rides per week, 5.00 EUR off · the insurer knows her as ${left.address.slice(0, 8)}…, nobody else does`,
    ],
    check: {
      command: `sha256sum ${folder}/check/pair-asha.json ${folder}/check/pair-insurer.json`,
      expect: /^([0-9a-f]{64}) .*\n\1 /,
      byOthers: true,
    },
  }
}

/** Members in the order of their names, all the way down. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, sorted(member)]),
  )
}
