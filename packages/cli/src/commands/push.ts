import { defineCommand, type Report } from '../command.ts'
import { openHolder } from '../holder.ts'
import { ofWallet } from '../options.ts'
import { minuteOf } from '../plain-words.ts'
import { table } from '../wrap.ts'

export const add = defineCommand({
  says: 'Has you woken at an address, of a push service or of a server of yours, when there is something to hear of. Nothing is in what is sent there: read dcann notices.',
  takes: ['<address>'],
  options: ofWallet,
  example: 'dcann notices push https://wake.example/me',
  run: async ({ given, words: [address = ''], folder, screen }): Promise<Report> => {
    const { vault, by } = await openHolder({ folder, screen, given })
    const { push } = await vault.addPush(by, address)
    return {
      json: { push },
      lines: [`You are woken at ${address}.`, `No more: dcann notices unpush ${push}`],
    }
  },
})

export const list = defineCommand({
  says: 'Lists the addresses at which you are woken, and which key asked for each.',
  options: ofWallet,
  example: 'dcann notices pushes',
  run: async ({ given, folder, screen }): Promise<Report> => {
    const { vault, by } = await openHolder({ folder, screen, given })
    const { pushes } = await vault.listPushes(by)
    return {
      json: { pushes },
      lines:
        pushes.length === 0
          ? ['You are woken nowhere.']
          : pushes.flatMap(({ push, endpoint, kid, added }) => [
              endpoint,
              ...table([
                ['Push', push],
                ['Since', minuteOf(added)],
                ['By the key', kid],
              ]),
            ]),
    }
  },
})

export const end = defineCommand({
  says: 'Has you woken at an address no more.',
  takes: ['<push>'],
  options: ofWallet,
  example: 'dcann notices unpush Zt3c…',
  run: async ({ given, words: [push = ''], folder, screen }): Promise<Report> => {
    const { vault, by } = await openHolder({ folder, screen, given })
    await vault.endPush(by, push)
    return { json: { push }, lines: ['You are woken there no more.'] }
  },
})
