import { testSigner } from '@dcann/protocol/key'
import { offerNoun } from '@dcann/protocol/offer'
import { readSigned } from '@dcann/protocol/signed'
import { formatTime } from '@dcann/protocol/time'
import { readAsk, writeAsk } from '@dcann/sdk/requester'
import { signDocument } from '@dcann/sdk/wallet-documents'
import type { Page } from 'playwright-core'

/**
 * The same ask of the insurer's, to be answered within so many seconds: shorter than its gateway makes any. It is signed by
 * the insurer's own key, so what the vault and the wallet say of it is what they say of every offer.
 */
export async function shortLived(page: Page, seed: string, link: string, seconds: number): Promise<string> {
  const ask = readAsk(link)
  const offersAt = new URL(ask.return).origin
  const genuine = readSigned(offerNoun, await (await fetch(`${offersAt}/offers/${ask.offer}`)).json())
  const expires = formatTime(Math.floor(Date.now() / 1000) + seconds)
  const signer = testSigner(`${seed}/EE/requester/insurer/0`)
  const signed = await signDocument(offerNoun, { ...genuine.payload, expires }, signer)
  const { id } = readSigned(offerNoun, signed)
  await page.route(
    `**/offers/${id}`,
    async (route) => await route.fulfill({ json: signed, headers: { 'access-control-allow-origin': '*' } }),
  )
  return link.replace(/ask#.*$/, writeAsk({ ...ask, offer: id }))
}
