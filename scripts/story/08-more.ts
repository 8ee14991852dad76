import { type Act, insist } from './stage.ts'

/** The insurer takes more anyway. */
export const more: Act = async ({ federation, hers, left, trail, console: ask }) => {
  const items = [{ strand: 'mobility.rides', claims: ['begin_address', 'rides_per_week'] }]
  const taken = await ask(federation.insurer, '/questions', {
    agreement: left.agreement,
    purpose: 'dpv:PersonalisedBenefits',
    items,
    check: false,
  })
  insist(taken.status === 403 && String(taken.body['type']).endsWith('over-asking'), 'more was given than was agreed')
  insist((await trail()).includes('over-asking'), 'her trail does not say so')
  return {
    claim: 'The insurer asks for addresses all the same: refused, named, and on her trail.',
    proof: [
      '403 over-asking: "begin_address" is not in the agreement, only rides_per_week',
      'the refusal is signed by the node and numbered in the agreement’s chain',
    ],
    check: { command: `npx --no-install dcann trail --home ${hers}`, expect: /begin_address/ },
  }
}
