import { resolve } from 'node:path'
import { parseBounded } from '@dcann/protocol/canonical'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import { judgeOffer, type Offer, offerNoun } from '@dcann/protocol/offer'
import type { RequesterRecord } from '@dcann/protocol/requester'
import {
  proveSigned,
  readSigned,
  type RecordId,
  recordIdSchema,
  type Signed,
  type Verified,
} from '@dcann/protocol/signed'
import { fetchOffer, readAsk } from '@dcann/sdk/requester'
import { instantOf } from '@dcann/sdk/world'
import { UsageError } from './failure.ts'
import { readIfThere } from './folder.ts'
import type { Holder } from './holder.ts'

/** An ask whose offer is proved to be the requester's own and within what it may ask for. */
export type OpenedAsk = {
  readonly offer: Verified<Offer>
  readonly requester: RequesterRecord
  /** Its id at the vault, when it was delivered there. */
  readonly delivered: RecordId | undefined
  /** Where handle and agreement are to be brought, when it came by link. */
  readonly returnTo: string | undefined
}

type Asked = Pick<Holder, 'world' | 'resolver' | 'vault' | 'by'>

/**
 * Opens an ask: a link, the id of one that waits at the vault, or a file with a signed offer. Nothing of it is believed until
 * the requester's record vouches for it. Throws what `fetchOffer` throws, and `not-found` for an id that does not wait.
 */
export async function openAsk(text: string, holder: Asked): Promise<OpenedAsk> {
  if (text.includes('#')) {
    const ask = readAsk(text)
    const { offer, record } = await fetchOffer(holder.world, holder.resolver(), ask)
    return { offer, requester: record.payload, delivered: undefined, returnTo: ask.return }
  }
  const file = await readIfThere(resolve(text))
  if (file !== undefined) return await openOffer(parseBounded(file), undefined, holder)
  if (!recordIdSchema.safeParse(text).success) {
    throw new UsageError(`${quote(text, 60)} is no link, no file, and no id of an ask; what waits shows: dcann asks`)
  }
  const { asks } = await holder.vault.listAsks(holder.by)
  const found = asks.find(({ ask }) => ask === text)
  if (found === undefined) {
    throw new ProtocolError(
      'not-found',
      `opening the ask ${quote(text, 43)}: none of this id waits; look at: dcann asks`,
    )
  }
  return await openOffer(found.offer, found.ask, holder)
}

/** Proves a signed offer against its requester's record as the registry has it. */
export async function openOffer(
  value: unknown,
  delivered: RecordId | undefined,
  { world, resolver }: Pick<Holder, 'world' | 'resolver'>,
): Promise<OpenedAsk> {
  const submitted = readSigned(offerNoun, value)
  const name = submitted.payload.requester
  const { record } = await resolver().resolveName(name, { kind: 'requester' })
  if (record === undefined) {
    throw new ProtocolError('not-active', `opening an ask: it says to be by ${quote(name)}, who is not registered`)
  }
  const offer = await proveSigned(submitted, record.payload.keys)
  judgeOffer(offer, record.payload, instantOf(world))
  return { offer, requester: record.payload, delivered, returnTo: undefined }
}

/** The signed offer of an ask, without proving who made it: to refuse it, nobody needs to be believed. */
export async function offerToRefuse(text: string, holder: Asked): Promise<{ ask: RecordId } | { offer: Signed }> {
  if (recordIdSchema.safeParse(text).success && (await readIfThere(resolve(text))) === undefined) return { ask: text }
  return { offer: (await openAsk(text, holder)).offer.signed }
}
