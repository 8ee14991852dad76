import { writeProfferLink } from '@dcann/sdk/proffer'
import { makeAct } from '@dcann/sdk/wallet-documents'
import { handleSigner } from '@dcann/sdk/wallet-keys'
import type { Company } from './company.ts'
import { lay, profferText } from './laid.ts'
import { dailyRides, ridesPerWeek, ridesStrand, ridesTerm, settlePerson } from './consented.ts'

/** Every call that a company makes to its console, and every call that wallets and vaults make to it, each at least once well. */
export async function askCompany(company: Company): Promise<void> {
  const { network, call } = company
  await call('/v1/requester')
  const person = await settlePerson(network.world(), 'ask-company', 'IN', network.cast.nodes.tallinn)
  await person.vault.makeStrand(person.by, ridesStrand)
  await person.vault.addEntries(person.by, ridesStrand.name, dailyRides(Math.floor(network.time.now()), 30))
  const terms = [ridesTerm('rides', ['rides_per_week'])]
  const ask = { terms, value: { gives: [], settle_by: 'P30D' }, lasts: 'P90D', qr: true, sealed: true }
  const agreement = await company.agree(person, ask, 0)
  const question = { agreement, purpose: 'dpv:PersonalisedBenefits', items: ridesPerWeek }
  const { body } = await call('/v1/queries', question)
  await call('/v1/queries', { ...question, purpose: 'dpv:Marketing' })
  await call('/v1/agreements')
  await call('/v1/evidence')
  await call(`/v1/evidence/${String(body['evidence'])}`)
  await person.vault.act(await makeAct(network.world(), 'pause', agreement, handleSigner(person.seed, company.name, 0)))
  // the vault's notice comes to the inbox, and its chain is read
  await network.round()
  await company.job('chains')
  const { body: another } = await call('/v1/asks', ask)
  await call('/v1/proposals', { offer: another['offer'], to: person.identifier })
  await call('/v1/proposals')
  await call(`/v1/agreements/${agreement}`)
  await call(`/v1/agreements/${agreement}/chain?limit=2`)
  await call('/v1/receipts', { agreement, kind: 'discount', amount: '5.00', currency: 'EUR', reference: 'inv-7' })
  await call('/v1/acts')
  const text = profferText(network.world(), question.purpose)
  const { proffers } = await lay(network.world(), person, [{ for: { requester: company.name }, text }], 1)
  const link = writeProfferLink({ node: 'EE/node/tallinn', proffer: proffers[0]?.proffer.id ?? '' })
  await call('/v1/proffers', { proffer: link })
  await call('/v1/proffers')
  const { body: accepted } = await call('/v1/acceptances', { proffer: link, take: ['places'], lasts: 'P30D' })
  await call('/v1/queries', { ...question, agreement: accepted['agreement'] })
  await call('/v1/agreements')
  await call('/v1/retire', { agreement })
}
