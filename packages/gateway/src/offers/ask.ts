import { secondsOf } from '@dcann/protocol/offer'
import type { RequesterRecord } from '@dcann/protocol/requester'
import { formatTime } from '@dcann/protocol/time'
import { makeOffer, writeAsk } from '@dcann/sdk/requester'
import { instantOf } from '@dcann/sdk/world'
import type { Store } from '@dcann/store/store'
import { renderSVG } from 'uqr'
import type { z } from 'zod'
import type { askAnswer, AskCall } from '../console/calls.ts'
import type { Requester } from '../requester.ts'
import { offers } from './shelf.ts'

export type AskDesk = {
  readonly store: Store
  readonly requester: Requester
  readonly publicUrl: string
  readonly wallet: string | undefined
  readonly language: string
}

/**
 * Signs an offer, keeps it where wallets fetch it, and makes the link that hands it out. Throws what `makeOffer` throws:
 * above all `over-asking` for a term that the requester's record has no registered use for.
 */
export async function makeAsk(desk: AskDesk, call: AskCall): Promise<z.infer<typeof askAnswer>> {
  const { requester, store, publicUrl } = desk
  const { terms, value, lasts, expires_in = 'P7D', qr = false } = call
  const record = await requester.record()
  const expires = instantOf(requester.world) + secondsOf(expires_in)
  const offer = await makeOffer(requester.world, record, requester.by.signer, {
    terms,
    value,
    lasts,
    expires,
    notice: { url: noticeOf(record, call), digest: null, language: desk.language },
    sealing_key: null,
    template: null,
  })
  await store.commit({ writes: [offers.at(offer.id).put(offer.signed)] })
  const ask = writeAsk({ requester: record.name, offer: offer.id, return: `${publicUrl}/return` })
  const link = desk.wallet === undefined ? ask : `${desk.wallet.replace(/\/$/, '')}/${ask}`
  return { offer: offer.id, link, expires: formatTime(expires), ...(qr ? { qr: renderSVG(link) } : {}) }
}

/** The privacy notice that the use of the first term was registered with; `makeOffer` refuses a term without such a use. */
function noticeOf({ uses, offers: own }: RequesterRecord, { terms }: AskCall): string {
  const [first] = terms
  return uses.find(({ purpose }) => purpose === first?.purpose)?.notice ?? own
}
