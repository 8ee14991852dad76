import { offerToRefuse } from '../ask-source.ts'
import { defineCommand, type Report } from '../command.ts'
import { openHolder } from '../holder.ts'
import { ofWallet } from '../options.ts'
import { minuteOf } from '../plain-words.ts'

export const refuse = defineCommand({
  says: 'Says no to an ask. Your vault remembers it; whoever asked hears nothing.',
  takes: ['<link | ask id | offer file>'],
  options: ofWallet,
  example: 'dcann refuse offer.json',
  run: async ({ words: [text = ''], given, folder, screen }): Promise<Report> => {
    const holder = await openHolder({ folder, screen, given })
    const what = await offerToRefuse(text, holder)
    const { re_ask_not_before: until } = await holder.vault.refuse(holder.by, what)
    return {
      json: { refused: true, ...('ask' in what ? what : {}), re_ask_not_before: until },
      lines: [
        'You said no. Whoever asked hears nothing, and it costs you nothing.',
        `Until ${minuteOf(until)} your vault keeps their asks for the same purpose from you.`,
      ],
    }
  },
})
