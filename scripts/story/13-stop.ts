import { base64Url } from '@dcann/protocol/bytes'
import { canonicalBytes } from '@dcann/protocol/canonical'
import { headersOf, signHead } from '@dcann/protocol/request-signature'
import { call } from '../federation/call.ts'
import { type Act, insist, type Json } from './stage.ts'

const questions = 1_000

/** She stops, with a thousand questions in flight. */
export const stop: Act = async ({ federation, hers, left, dcann }) => {
  const [signer] = federation.cast.requesters.insurer.keys
  insist(signer !== undefined, 'the insurer has no key')
  const world = federation.world()
  const url = `${federation.tallinn.url}/v1/requests`
  const handle = left.address.split('@')[0]
  const signed = await Promise.all(
    Array.from({ length: questions }, async () => {
      const body = canonicalBytes({
        id: base64Url(world.random(16)),
        from: 'EE/requester/insurer',
        to: handle,
        agreement: left.agreement,
        purpose: 'dpv:PersonalisedBenefits',
        items: [{ strand: 'mobility.rides', claims: ['rides_per_week'] }],
      })
      const head = await signHead(signer, url, body, Math.floor(world.now()), base64Url(world.random(16)))
      return { body: body as Uint8Array<ArrayBuffer>, headers: headersOf(head) }
    }),
  )
  const numbers: number[] = []
  const asking = signed.map(async ({ body, headers }) => {
    // a revoke destroys the sockets in its way
    const answer = await call(url, { method: 'POST', headers, body }).catch(() => undefined)
    if (answer?.status === 200) numbers.push(numberIn(answer.text))
    return answer?.status ?? 'cut'
  })
  while (numbers.length < 20) await new Promise((done) => setTimeout(done, 1))
  const revoked = ((await takeBack())['revoked'] as readonly Revoked[])[0]
  const statuses = await Promise.all(asking)
  insist(revoked !== undefined, 'nothing was revoked')
  const answered = statuses.filter((status) => status === 200).length
  const late = numbers.filter((n) => n > revoked.n).length
  insist(late === 0, `${late} answers were given after the revoke`)
  insist(
    answered > 0 && answered < questions,
    `${answered} of ${questions} were answered: the revoke did not come between them`,
  )
  return {
    claim: 'She stops. From the acknowledgement on not a byte leaves, whatever was in flight.',
    proof: [
      `${questions} in flight · ${answered} answered, each numbered before it · 0 after · in effect in ${revoked.effective_after} ms`,
    ],
    check: { command: `npx --no-install dcann agreements --home ${hers}`, expect: /revoked/ },
  }

  /** A machine with much else to do may not answer in time what a thousand others wait for; then she says it again. */
  async function takeBack(tries = 3): Promise<Json> {
    try {
      return await dcann('revoke', left.agreement)
    } catch (error) {
      if (tries === 1) throw error
      return await takeBack(tries - 1)
    }
  }
}

type Revoked = { readonly n: number; readonly effective_after: number }

function numberIn(text: string): number {
  const { assertion } = JSON.parse(text) as { readonly assertion: { readonly payload: string } }
  return (JSON.parse(Buffer.from(assertion.payload, 'base64url').toString()) as { readonly n: number }).n
}
