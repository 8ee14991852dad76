import { ProtocolError } from '@dcann/protocol/errors'
import type { PublicKey } from '@dcann/protocol/key'
import { secondsOf } from '@dcann/protocol/offer'
import type { RequesterRecord } from '@dcann/protocol/requester'
import { formatTime } from '@dcann/protocol/time'
import { isSpecialCategory } from '@dcann/protocol/vocabulary'
import { makeOffer, writeAsk } from '@dcann/sdk/requester'
import { instantOf } from '@dcann/sdk/world'
import type { Store } from '@dcann/store/store'
import { renderSVG, renderUnicodeCompact } from 'uqr'
import type { z } from 'zod'
import type { askAnswer, AskCall } from '../console/calls.ts'
import type { Sealing } from '../keys/sealing.ts'
import type { Requester } from '../requester.ts'
import { offers } from './shelf.ts'

export type AskDesk = {
  readonly store: Store
  readonly requester: Requester
  readonly sealing: Sealing
  readonly publicUrl: string
  readonly wallet: string | undefined
  readonly language: string
}

/**
 * Signs an offer, keeps it where wallets fetch it, and makes the link that hands it out. Throws what `makeOffer` throws:
 * above all `over-asking` for a term that the requester's record has no registered use for; `rule-broken` when answers would
 * have to be sealed and there is no key to seal them to.
 */
export async function makeAsk(desk: AskDesk, call: AskCall): Promise<z.infer<typeof askAnswer>> {
  const { requester, store, publicUrl } = desk
  const { terms, value, lasts, expires_in = 'P7D', qr = false } = call
  const record = await requester.record()
  const sealing_key = sealingKeyFor(desk, call)
  const expires = instantOf(requester.world) + secondsOf(expires_in)
  const offer = await makeOffer(requester.world, record, requester.by.signer, {
    terms,
    value,
    lasts,
    expires,
    notice: { url: noticeOf(record, call), digest: null, language: desk.language },
    sealing_key,
    template: null,
  })
  await store.commit({ writes: [offers.at(offer.id).put(offer.signed)] })
  const ask = writeAsk({ requester: record.name, offer: offer.id, return: `${publicUrl}/return` })
  const link = desk.wallet === undefined ? ask : `${desk.wallet.replace(/\/$/, '')}/${ask}`
  return {
    offer: offer.id,
    link,
    expires: formatTime(expires),
    sealed: sealing_key !== null,
    ...(qr ? { qr: { svg: renderSVG(link), text: renderUnicodeCompact(link) } } : {}),
  }
}

/** The privacy notice that the use of the first term was registered with; `makeOffer` refuses a term without such a use. */
function noticeOf({ uses, offers: own }: RequesterRecord, { terms }: AskCall): string {
  const [first] = terms
  return uses.find(({ purpose }) => purpose === first?.purpose)?.notice ?? own
}

/** The key that answers are to be sealed to: where the call wants it, and where a term is of a special category. */
function sealingKeyFor({ sealing }: AskDesk, { terms, sealed = false }: AskCall): PublicKey | null {
  const special = terms.find(({ category }) => isSpecialCategory(category))
  if (!sealed && special === undefined) return null
  if (sealing.key !== null) return sealing.key
  throw new ProtocolError(
    'rule-broken',
    `making an ask: its answers ${special ? `hold ${special.category}, a special category, and ` : ''}are to be sealed, and the settings name no sealing key; make one with: dcann gateway --make-sealing-key <file>`,
  )
}
