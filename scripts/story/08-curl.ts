import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { call } from '../federation/call.ts'
import { type Act, insist, root } from './stage.ts'

/** The same question by nothing but curl. */
export const curl: Act = async ({ federation, folder, left, console: ask }) => {
  const { url } = federation.consoles.insurer
  const question = {
    agreement: left.agreement,
    purpose: 'dpv:PersonalisedBenefits',
    items: [{ strand: 'mobility.rides', claims: ['rides_per_week'] }],
  }
  const file = `${folder}/check/question.json`
  writeFileSync(join(root, file), `${JSON.stringify(question, null, 2)}\n`)
  const withoutToken = await call(`${url}/v1/agreements`)
  const fromPage = await call(`${url}/v1/agreements`, { headers: { origin: 'https://page.example' } })
  insist(withoutToken.status === 401 && fromPage.status === 403, 'the console speaks to somebody without the token')
  const { status, body } = await ask('/v1/queries', question)
  insist(status === 200, `the insurer got no answer: ${JSON.stringify(body)}`)
  return {
    claim: 'A company needs no library: its gateway takes plain JSON, signs, verifies, keeps evidence.',
    proof: [
      `answer ${String(body['n'])} to a plain file · without the token 401 · from a page 403 · once she stopped 404`,
    ],
    check: {
      command: `curl -s ${url}/v1/queries -d @${file} \\\n      -H content-type:application/json -H "authorization: Bearer $(cat ${folder}/insurer/token)"`,
      expect: /"rides_per_week"/,
      byOthers: true,
    },
  }
}
