import { defineCommand, type Report } from '../command.ts'
import { openHolder } from '../holder.ts'
import { ofWallet } from '../options.ts'
import { minuteOf } from '../plain-words.ts'

type Told = Awaited<ReturnType<Awaited<ReturnType<typeof openHolder>>['vault']['listNotices']>>['notices'][number]

export const notices = defineCommand({
  says: 'Lists what you should hear of soon: asks, answers over special data, and what other keys were given or did. With --follow it stays, and says each as it comes.',
  options: {
    ...ofWallet,
    after: { value: '<cursor>', says: 'only what came after this, which --json gave as next' },
    follow: { says: 'stay, until you end it' },
  },
  example: 'dcann notices --follow',
  run: async ({ given, folder, screen }): Promise<Report> => {
    const { vault, by } = await openHolder({ folder, screen, given })
    let { notices: told, next } = await vault.listNotices(by, given.after === undefined ? {} : { after: given.after })
    while (given.follow) {
      for (const one of told) screen.tell(lineOf(one))
      ;({ notices: told, next } = await vault.listNotices(by, {
        wait: 8,
        ...(next === undefined ? {} : { after: next }),
      }))
    }
    return {
      json: { notices: told, ...(next === undefined ? {} : { next }) },
      lines: told.length === 0 ? ['There is nothing to tell.'] : told.map(lineOf),
    }
  },
})

const words: Readonly<Record<Told['what'], string>> = {
  ask: 'asks you something: dcann asks',
  special: 'was answered with special data: dcann trail',
  key: 'another key got or lost a right: dcann device list',
  'other-key': 'another key acted: dcann trail',
}

function lineOf({ what, at, requester }: Told): string {
  return `${minuteOf(at)}  ${requester ?? 'you'}  ${words[what]}`
}
