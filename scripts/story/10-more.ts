import { ProtocolError } from '@dcann/protocol/errors'
import { querySchema } from '@dcann/protocol/request'
import { answerBody } from '@dcann/protocol/vault-api'
import { callSigned } from '@dcann/sdk/signed-call'
import { type Act, insist } from './stage.ts'

/** The insurer takes more anyway: past its gateway, which would refuse it, with a request signed by itself. */
export const more: Act = async ({ federation, hers, left, trail }) => {
  const [signer] = federation.cast.requesters.insurer.keys
  insist(signer !== undefined, 'the insurer has no key')
  const query = {
    to: left.address.split('@')[0],
    agreement: left.agreement,
    purpose: 'dpv:PersonalisedBenefits',
    items: [{ strand: 'mobility.rides', claims: ['begin_address', 'rides_per_week'] }],
  }
  const by = { from: 'EE/requester/insurer', signer }
  const url = `${federation.tallinn.url}/v1/requests`
  const refused = await callSigned(federation.world(), url, by, querySchema, query, answerBody).catch(
    (error: unknown) => error,
  )
  insist(refused instanceof ProtocolError && refused.code === 'over-asking', 'more was given than was agreed')
  insist((await trail()).includes('over-asking'), 'her trail does not say so')
  return {
    claim: 'The insurer asks for addresses all the same: refused, named, and on her trail.',
    proof: ['403 over-asking: "begin_address" is not in the agreement · signed, and numbered in its chain'],
    check: { command: `npx --no-install dcann trail --home ${hers}`, expect: /begin_address/ },
  }
}
