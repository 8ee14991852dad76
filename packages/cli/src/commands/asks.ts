import { ProtocolError } from '@dcann/protocol/errors'
import { offerNoun } from '@dcann/protocol/offer'
import { readSigned } from '@dcann/protocol/signed'
import { instantOf } from '@dcann/sdk/world'
import { openAsk, openOffer } from '../ask-source.ts'
import { defineCommand, type Report } from '../command.ts'
import { describeAsk } from '../describe-ask.ts'
import { type Holder, openHolder } from '../holder.ts'
import { countLetOut } from '@dcann/sdk/let-out'
import { ofWallet } from '../options.ts'
import { listOf, minuteOf } from '../plain-words.ts'
import { count, table } from '../wrap.ts'

export const asks = defineCommand({
  says: 'Lists what waits for your decision at your vault; or shows one ask, by link, id or file, in plain words.',
  takes: ['[link | ask id | offer file]'],
  options: ofWallet,
  example: "dcann asks 'https://wallet.example/ask#eyJvZmZlci…'",
  run: async ({ words: [text], given, folder, screen }): Promise<Report> => {
    const holder = await openHolder({ folder, screen, given })
    return text === undefined ? await listAsks(holder) : await showAsk(text, holder)
  },
})

async function showAsk(text: string, holder: Holder): Promise<Report> {
  const ask = await openAsk(text, holder)
  const letOut = await countLetOut(holder, ask.offer.payload.terms, instantOf(holder.world))
  return {
    json: {
      offer: ask.offer.id,
      ask: ask.delivered ?? null,
      return: ask.returnTo ?? null,
      requester: ask.requester,
      text: ask.offer.payload,
      lets_out: Object.fromEntries(letOut),
    },
    lines: [...describeAsk(ask, letOut), 'Say yes with: dcann agree, or no with: dcann refuse'],
  }
}

async function listAsks(holder: Holder): Promise<Report> {
  const { asks: waiting } = await holder.vault.listAsks(holder.by)
  const shown = await Promise.all(waiting.map(async (one) => ({ ...one, ...(await judge(one, holder)) })))
  return {
    json: { asks: shown },
    lines: [
      waiting.length === 0 ? 'Nothing waits for you.' : `${count(waiting.length, 'ask waits', 'asks wait')} for you.`,
      ...shown.flatMap(({ ask, received, who, what, trouble }) => [
        '',
        who,
        ...table([
          ['Asks for', what],
          ['Beware', trouble],
          ['Since', minuteOf(received)],
          ['Ask', ask],
        ]),
      ]),
      ...(waiting.length === 0 ? [] : ['', 'See one in full with: dcann asks <ask>']),
    ],
  }
}

/** What an ask wants, and whether its requester is who it says to be. One that cannot be proved is listed and says so. */
async function judge(
  { ask, offer, requester }: { readonly ask: string; readonly offer: unknown; readonly requester: string },
  holder: Holder,
): Promise<{ readonly who: string; readonly what: string; readonly trouble: string | undefined }> {
  const { terms } = readSigned(offerNoun, offer).payload
  const what = listOf(
    terms.map(
      ({ strand, claims, optional }) =>
        `${claims ? `${claims.join(', ')} of ` : ''}${strand}${optional ? ' (optional)' : ''}`,
    ),
  )
  try {
    const { requester: record } = await openOffer(offer, ask, holder)
    return { who: `${record.legal_name}, ${record.name}`, what, trouble: undefined }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    return { who: `Somebody who says to be ${requester}`, what, trouble: `this is not proved (${error.code})` }
  }
}
