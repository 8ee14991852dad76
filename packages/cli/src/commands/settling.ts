import { ProtocolError, quote } from '@dcann/protocol/errors'
import { pairIn } from '@dcann/protocol/pair'
import { bringBack } from '@dcann/sdk/bring-back'
import { describeBrought } from '../bring-back.ts'
import { readAsk } from '@dcann/sdk/requester'
import { defineCommand, type Report } from '../command.ts'
import { UsageError } from '../failure.ts'
import { openHolder } from '../holder.ts'
import { ofWallet } from '../options.ts'

export const undo = defineCommand({
  says: 'Takes back what you let settle. Whoever asked never learns that you had agreed.',
  takes: ['<agreement>'],
  options: ofWallet,
  example: 'dcann agreements undo Zt3c…',
  run: async ({ words: [agreement = ''], given, folder, screen }): Promise<Report> => {
    const { vault, by } = await openHolder({ folder, screen, given })
    await vault.undoGrant(by, agreement)
    return { json: { undone: agreement }, lines: ['You have agreed to nothing, and nobody knows that you had.'] }
  },
})

export const bring = defineCommand({
  says: 'Brings an agreement to whoever asked for it by a link: once it has settled, or when it did not arrive before.',
  takes: ['<agreement>', '<link | address>'],
  options: ofWallet,
  example: 'dcann agreements bring Zt3c… https://insurer.example/return',
  run: async ({ words: [agreement = '', text = ''], given, folder, screen }): Promise<Report> => {
    const address = addressIn(text)
    const { vault, by, resolver, node, world } = await openHolder({ folder, screen, given })
    const listed = (await vault.listAgreements(by)).agreements.find((one) => one.agreement === agreement)
    const pair = listed && pairIn(listed)
    if (!listed || !pair || !('offer' in pair)) {
      throw new ProtocolError(
        'not-found',
        `bringing ${quote(agreement, 43)}: you granted no offer under this id, or it has not settled; look at: dcann agreements`,
      )
    }
    const { record } = await resolver().resolveName(listed.requester, { kind: 'requester' })
    if (!record)
      throw new ProtocolError('key-unknown', `bringing ${quote(agreement, 43)}: its zone has no such requester`)
    const brought = await bringBack(address, { grant: pair.grant, handle: listed.handle, node }, record.payload, world)
    return {
      json: { agreement, brought },
      lines: [`The agreement was ${describeBrought(brought, address)}.`],
      exit: brought === 'brought' ? 0 : 1,
    }
  },
})

/** Where the link that was asked by has the agreement brought, or the address itself. */
function addressIn(text: string): string {
  if (/^https?:/.test(text) && URL.canParse(text) && !text.includes('#')) return text
  try {
    return readAsk(text).return
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    throw new UsageError(`${quote(text, 60)} is neither a link that you were asked by nor the address that it names`)
  }
}
