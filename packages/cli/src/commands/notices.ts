import { defineCommand, type Report } from '../command.ts'
import { openHolder } from '../holder.ts'
import { ofWallet } from '../options.ts'
import { minuteOf } from '../plain-words.ts'

type Told = Awaited<ReturnType<Awaited<ReturnType<typeof openHolder>>['vault']['listNotices']>>['notices'][number]

export const notices = defineCommand({
  says: 'Lists what you should hear of soon: asks, what was accepted, answers over special data, who changed hands, and what keys were given or did. With --follow it stays, and says each as it comes.',
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
  accepted: 'accepted what you proffered: dcann agreements list',
  handle: 'knows you by another handle now: dcann agreements list',
  settled: 'what you let settle is in force, or has lapsed: dcann agreements',
  special: 'was answered with special data: dcann trail',
  takeover: 'belongs to somebody else now: its agreements are suspended until you decide anew: dcann agreements list',
  requester: 'was suspended, ended or reinstated by its registrar: dcann agreements list',
  node: 'the node that keeps your vault, or who runs it, was suspended, ended or reinstated: dcann trail',
  passport: 'the record of your passport changed: dcann resolve',
  key: 'another key got or lost a right: dcann device list',
  'other-key': 'another key acted: dcann trail',
}

function lineOf({ what, at, requester }: Told): string {
  return `${minuteOf(at)}  ${requester ?? 'you'}  ${words[what]}`
}
