import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type Act, insist, root, type Stage } from './stage.ts'

/** The answer, with how far it is vouched for. */
export const answer: Act = async ({ federation, folder, left, console: ask }) => {
  const items = [{ strand: 'mobility.rides', claims: ['rides_per_week'] }]
  const question = { agreement: left.agreement, purpose: 'dpv:PersonalisedBenefits', items }
  const answered = await ask('/v1/queries', question)
  insist(answered.status === 200, `the insurer got no answer: ${JSON.stringify(answered.body)}`)
  const says = answered.body as Answer
  const derived = says.answer[0]?.derived.rides_per_week
  insist(derived !== undefined, 'the answer does not say how many rides')
  const evidence = await included(ask, says.evidence)
  writeFileSync(join(root, folder, 'evidence.json'), evidence)
  const { assertion } = JSON.parse(evidence) as { readonly assertion: unknown }
  writeFileSync(join(root, folder, 'check/answer.json'), JSON.stringify(assertion))
  const key = federation.cast.nodes.tallinn.assertion.key
  writeFileSync(join(root, folder, 'check/node.jwk'), JSON.stringify({ kty: 'OKP', crv: 'Ed25519', x: key }))
  return {
    claim: 'The insurer asks her vault and gets an assertion, signed by the node, and nothing else of hers.',
    proof: [
      `rides per week ${derived.value}, from ${derived.of} rides · assurance ${derived.assurance} · answer ${says.n} · to be used until ${says.use_until.slice(0, 10)}`,
    ],
    check: {
      command: `node -e "import('jose').then(j=>j.generalVerify(JSON.parse(fs.readFileSync(\n      '${folder}/check/answer.json')),JSON.parse(fs.readFileSync('${folder}/check/node.jwk'))))\n      .then(v=>console.log(Buffer.from(v.payload)+''))"`,
      expect: /"rides_per_week"/,
      byOthers: true,
    },
  }
}

/** The gateway completes evidence when witnesses have cosigned the next head of the node's log, within two or three seconds. */
async function included(ask: Stage['console'], id: string): Promise<string> {
  for (let tries = 0; tries < 150; tries++) {
    const { text, body } = await ask(`/v1/evidence/${id}`)
    if ('evidence' in body) return text
    await wait(100)
  }
  return (await ask(`/v1/evidence/${id}`)).text
}

type Answer = {
  readonly n: number
  readonly use_until: string
  readonly evidence: string
  readonly answer: readonly {
    readonly derived: {
      readonly rides_per_week: { readonly value: string; readonly of: number; readonly assurance: string }
    }
  }[]
}
