import { actOn, requireOne } from '../act-on.ts'
import { defineCommand, type Report } from '../command.ts'
import { openHolder } from '../holder.ts'
import { ofWallet } from '../options.ts'

export const revoke = defineCommand({
  says: 'Takes an agreement back, or all with one requester. When it answers, not a byte leaves under it any more. Works while registries are down.',
  takes: ['[agreement]'],
  options: {
    requester: { value: '<requester>', says: 'every agreement with this requester' },
    ...ofWallet,
  },
  example: 'dcann revoke --requester EE/requester/insurer',
  run: async ({ words: [agreement], given, folder, screen }): Promise<Report> => {
    const meant = { agreement, requester: given.requester }
    requireOne(meant)
    const stopped = await actOn(await openHolder({ folder, screen, given }), 'revoke', meant)
    return {
      json: { revoked: stopped },
      lines: stopped.flatMap(({ requester, agreement: id, effective_after: milliseconds, cut }) => [
        `${requester} gets nothing more: effective after ${milliseconds} ms.`,
        ...(cut > 0 ? [`  ${cut} answer(s) on the way were cut off.`] : []),
        `  Agreement ${id}`,
      ]),
    }
  },
})
