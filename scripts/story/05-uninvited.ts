import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { querySchema } from '@dcann/protocol/request'
import { canonicalBytes } from '@dcann/protocol/canonical'
import { headersOf, signHead } from '@dcann/protocol/request-signature'
import { base64Url } from '@dcann/protocol/bytes'
import { checkCharacters } from '@dcann/protocol/identifier'
import { call } from '../federation/call.ts'
import { type Act, insist, root } from './stage.ts'

/** The insurer asks without asking her. */
export const uninvited: Act = async ({ federation, folder, left, trail }) => {
  const stranger = `IN${'0'.repeat(24)}`
  const nobody = stranger + checkCharacters(stranger)
  const toHer = await askAbout(left.identifier)
  const toNobody = await askAbout(nobody)
  insist(toHer.status === 404 && toHer.body === toNobody.body, 'the answers tell her from nobody')
  writeFileSync(join(root, folder, 'check/about-her.json'), toHer.body)
  writeFileSync(join(root, folder, 'check/about-nobody.json'), toNobody.body)
  const words = await trail()
  insist(words.includes('EE/requester/insurer') && words.includes('not-found'), 'her trail does not say who asked')
  return {
    claim: 'The insurer asks the vault without asking her: nothing, the same as for nobody at all.',
    proof: ['404 for her as for nobody: the same bytes in the same 20 ms slot · on her trail: no agreement'],
    check: {
      command: `sha256sum ${folder}/check/about-her.json ${folder}/check/about-nobody.json`,
      expect: /^([0-9a-f]{64}) .*\n\1 /,
      byOthers: true,
    },
  }

  async function askAbout(to: string): Promise<{ readonly status: number; readonly body: string }> {
    const [signer] = federation.cast.requesters.insurer.keys
    insist(signer !== undefined, 'the insurer has no key')
    const world = federation.world()
    const url = `${federation.tallinn.url}/v1/requests`
    const query = {
      id: base64Url(world.random(16)),
      from: 'EE/requester/insurer',
      to,
      purpose: 'dpv:PersonalisedBenefits',
      items: [{ strand: 'mobility.rides' }],
    }
    const body = canonicalBytes(querySchema.parse(query))
    const head = await signHead(signer, url, body, Math.floor(world.now()), base64Url(world.random(16)))
    const init = { method: 'POST', headers: headersOf(head), body: body as Uint8Array<ArrayBuffer> }
    const { status, text } = await call(url, init)
    return { status, body: text }
  }
}
