import { actOn, requireOne } from '../act-on.ts'
import { defineCommand, type Report } from '../command.ts'
import { openHolder } from '../holder.ts'
import { ofWallet } from '../options.ts'

const options = {
  requester: { value: '<requester>', says: 'every agreement with this requester' },
  ...ofWallet,
} as const

export const pause = defineCommand({
  says: 'Holds an agreement, or all with one requester, until you resume it. When it answers, not a byte leaves under it.',
  takes: ['[agreement]'],
  options,
  example: 'dcann pause --requester EE/requester/insurer',
  run: async ({ words: [agreement], given, folder, screen }): Promise<Report> => {
    const meant = { agreement, requester: given.requester }
    requireOne(meant)
    const paused = await actOn(await openHolder({ folder, screen, given }), 'pause', meant)
    return {
      json: { paused },
      lines: paused.flatMap(({ requester, agreement: id, standing, effective_after: milliseconds }) => [
        `${requester} gets nothing now: ${standing}, effective after ${milliseconds} ms.`,
        `  Agreement ${id}`,
      ]),
    }
  },
})

export const resume = defineCommand({
  says: 'Lets an agreement that you paused go on, or all with one requester.',
  takes: ['[agreement]'],
  options,
  example: 'dcann resume --requester EE/requester/insurer',
  run: async ({ words: [agreement], given, folder, screen }): Promise<Report> => {
    const meant = { agreement, requester: given.requester }
    requireOne(meant)
    const resumed = await actOn(await openHolder({ folder, screen, given }), 'resume', meant)
    return {
      json: { resumed },
      lines: resumed.flatMap(({ requester, agreement: id, standing }) => [
        `${requester}: ${standing}.`,
        `  Agreement ${id}`,
      ]),
    }
  },
})
