import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Act, insist, root } from './stage.ts'

/** The answer, with how far it is vouched for. */
export const answer: Act = async ({ federation, folder, left, console: ask }) => {
  const items = [{ strand: 'mobility.rides', claims: ['rides_per_week'] }]
  const answered = await ask(federation.insurer, '/questions', {
    agreement: left.agreement,
    purpose: 'dpv:PersonalisedBenefits',
    items,
    evidence: true,
  })
  insist(answered.status === 200, `the insurer got no answer: ${JSON.stringify(answered.body)}`)
  const says = answered.body['says'] as Assertion
  const derived = says.items[0]?.derived.rides_per_week
  insist(derived !== undefined, 'the answer does not say how many rides')
  writeFileSync(join(root, folder, 'evidence.json'), String(answered.body['package']))
  writeFileSync(join(root, folder, 'check/answer.json'), JSON.stringify(answered.body['assertion']))
  const key = federation.cast.nodes.tallinn.assertion.key
  writeFileSync(join(root, folder, 'check/node.jwk'), JSON.stringify({ kty: 'OKP', crv: 'Ed25519', x: key }))
  return {
    claim: 'The insurer asks her vault and gets an assertion, signed by the node, and nothing else of hers.',
    proof: [
      `rides per week ${derived.value}, from ${derived.of} rides in 90 days · assurance ${derived.assurance}: her own file says so`,
      `answer ${says.n} of this agreement · valid 5 minutes · may be used until ${says.use_until.slice(0, 10)}`,
    ],
    check: {
      command: `node -e "import('jose').then(j=>j.generalVerify(JSON.parse(fs.readFileSync(\n      '${folder}/check/answer.json')),JSON.parse(fs.readFileSync('${folder}/check/node.jwk'))))\n      .then(v=>console.log(Buffer.from(v.payload)+''))"`,
      expect: /"rides_per_week"/,
      byOthers: true,
    },
  }
}

type Assertion = {
  readonly n: number
  readonly use_until: string
  readonly items: readonly {
    readonly derived: {
      readonly rides_per_week: { readonly value: string; readonly of: number; readonly assurance: string }
    }
  }[]
}
