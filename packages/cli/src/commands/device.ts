import { publicKeySchema } from '@dcann/protocol/key'
import { type Right, rights, rightSchema } from '@dcann/protocol/right'
import { makeCapability } from '@dcann/sdk/capability'
import { instantOf } from '@dcann/sdk/world'
import { defineCommand, type Report } from '../command.ts'
import { describeDelegated, endDelegated, listDelegated } from '../delegated.ts'
import { UsageError } from '../failure.ts'
import { openHolder } from '../holder.ts'
import { ofWallet } from '../options.ts'

export const add = defineCommand({
  says: "Gives another key a right on your vault: a device's, a relative's, a helpline's.",
  takes: ['<public key>'],
  options: {
    right: { value: `<${rights.join(' | ')}>`, says: 'what it may; without this option all, as a device' },
    days: { value: '<n>', says: 'for how long; 365 without this option' },
    ...ofWallet,
  },
  example: 'dcann device add eXcNLvgx59ZUS2CwJXExgKBSia3zn-z2BPCOxQWKxUA --right narrow --days 90',
  run: async ({ words: [key = ''], given, folder, screen }): Promise<Report> => {
    if (!publicKeySchema.safeParse(key).success)
      throw new UsageError('expected a public key of 43 characters in base64url')
    const right = rightOf(given.right)
    const days = daysOf(given.days)
    const { world, passport, control, vault } = await openHolder({ folder, screen, given })
    const until = instantOf(world) + days * 86_400
    const made = await vault.makeCapability(await makeCapability(world, { passport, key, right, until }, control))
    return { json: { key, right, until: made.until }, lines: [`The key has the right ${right} until ${made.until}.`] }
  },
})

function rightOf(text = 'all'): Right {
  const read = rightSchema.safeParse(text)
  if (!read.success) throw new UsageError(`--right is none of ${rights.join(', ')}`)
  return read.data
}

function daysOf(text = '365'): number {
  if (!/^[1-9][0-9]{0,4}$/.test(text)) throw new UsageError('--days is no whole number from 1')
  return Number(text)
}

export const list = defineCommand({
  says: 'Lists every key that has a right on your vault beside your own, cards among them.',
  options: ofWallet,
  example: 'dcann device list',
  run: async ({ given, folder, screen }): Promise<Report> => {
    const keys = await listDelegated(await openHolder({ folder, screen, given }))
    return { json: { keys }, lines: describeDelegated(keys, 'No other key has a right on your vault.') }
  },
})

export const end = defineCommand({
  says: "Ends a key's right for good, whichever it is.",
  takes: ['<key id>'],
  options: ofWallet,
  example: 'dcann device end kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
  run: async ({ words: [id = ''], given, folder, screen }): Promise<Report> => {
    await endDelegated(await openHolder({ folder, screen, given }), id)
    return { json: { ended: id }, lines: ['The key has no right any more, and gets none again.'] }
  },
})
