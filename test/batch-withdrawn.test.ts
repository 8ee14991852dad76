import { base64Url } from '@dcann/protocol/bytes'
import { canonicalBytes } from '@dcann/protocol/canonical'
import { headersOf, signHead } from '@dcann/protocol/request-signature'
import { checkVerifyStrict } from '@dcann/protocol/verify-strict'
import { memoryStore } from '@dcann/store/memory'
import type { Store } from '@dcann/store/store'
import { expect, test } from 'vitest'
import { consent, offerOf, ridesPerWeek, ridesStrand, ridesTerm, send, settlePerson } from './consented.ts'
import { startNetwork } from './network.ts'

const unreadable = 'z'.repeat(26)

/** A store in which one place cannot be read. */
function brokenAt(store: Store): Store {
  return {
    ...store,
    read: (keys) => {
      if (keys.some((key) => key.endsWith(unreadable))) throw new Error('this place cannot be read')
      return store.read(keys)
    },
  }
}

test('a batch that fails on its way holds no revoke back: what was decided before it is withdrawn', async () => {
  await checkVerifyStrict()
  const network = await startNetwork({ seed: 'batch', vaultStore: () => brokenAt(memoryStore()) })
  const world = network.world()
  const { insurer } = network.cast.requesters
  const person = await settlePerson(world, 'batch', 'IN', network.cast.nodes.tallinn)
  await person.vault.makeStrand(person.by, ridesStrand)
  const offer = await offerOf(world, insurer, [ridesTerm('rate', ['rides_per_week'])])
  const agreed = await consent(world, person, insurer, offer, ['rate'])
  const [signer] = insurer.keys
  if (!signer) throw new Error('the insurer has no key')
  const from = insurer.record.payload.name
  const fresh = (): string => base64Url(world.random(16))
  const asked = { from, purpose: 'dpv:PersonalisedBenefits', items: ridesPerWeek }
  const body = canonicalBytes({
    id: fresh(),
    from,
    requests: [
      { ...asked, id: fresh(), to: agreed.handle, agreement: agreed.agreement },
      { ...asked, id: fresh(), to: unreadable },
    ],
  })
  const url = `${network.vaults.tallinn.url}/v1/requests/batch`
  const head = await signHead(signer, url, body, Math.floor(world.now()), fresh())
  expect((await send(world, { url, body, headers: headersOf(head) })).status).toBe(500)
  expect((await agreed.revoke()).standing).toBe('revoked')
})
