import { makeCard } from '@dcann/sdk/stop-card'
import { defineCommand, type Report } from '../command.ts'
import { describeDelegated, endDelegated, listDelegated } from '../delegated.ts'
import { openHolder } from '../holder.ts'
import { ofWallet } from '../options.ts'

export const make = defineCommand({
  says: 'Makes a card to print: whoever has it can stop everything, from any machine, and can do nothing else. Shown once, kept nowhere.',
  options: ofWallet,
  example: 'dcann card make',
  run: async ({ given, folder, screen }): Promise<Report> => {
    const { world, passport, node, control, vault } = await openHolder({ folder, screen, given })
    const { text, signer, capability } = await makeCard(world, { passport, node, control })
    // only a card that works is shown
    const { until } = await vault.makeCapability(capability)
    return { json: { card: text, id: signer.kid, until }, lines: printed(text, until) }
  },
})

/** The card itself, within 80 columns, so that it can be cut out. */
function printed(text: string, until: string): string[] {
  const [node = '', code = ''] = text.split(' ')
  const says = [
    'STOP CARD',
    '',
    `Vault:  ${node}`,
    `Code:   ${code}`,
    '',
    'Whoever has this card can pause or revoke what its owner agreed to, at',
    'once, from any machine, and can do nothing else: not read, not agree, not',
    'resume. It names nobody. On any machine that has dcann, with a root file:',
    '',
    '  dcann stop --card "<code>" --node <vault> --root <file> --registry <url>',
    '',
    'Add --pause to hold everything until its owner resumes, and end nothing.',
    '',
    `Good until ${until.slice(0, 10)}.`,
  ]
  const line = `+${'-'.repeat(77)}+`
  return [
    line,
    ...says.map((each) => `| ${each.padEnd(76)}|`),
    line,
    'Print it now: it is shown this once, and kept nowhere. Keep it away from your',
    'phone, or give it to whom you trust to stop things for you. When it is lost:',
    'dcann card list, then dcann card end.',
  ]
}

export const list = defineCommand({
  says: 'Lists your stop cards, and other keys that can only stop.',
  options: ofWallet,
  example: 'dcann card list',
  run: async ({ given, folder, screen }): Promise<Report> => {
    const all = await listDelegated(await openHolder({ folder, screen, given }))
    const cards = all.filter(({ capability }) => capability.right === 'narrow')
    return { json: { cards }, lines: describeDelegated(cards, 'There is no card. Make one: dcann card make') }
  },
})

export const end = defineCommand({
  says: 'Ends a stop card for good; whoever has it can do nothing with it any more.',
  takes: ['<card id>'],
  options: ofWallet,
  example: 'dcann card end kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
  run: async ({ words: [id = ''], given, folder, screen }): Promise<Report> => {
    await endDelegated(await openHolder({ folder, screen, given }), id)
    return { json: { ended: id }, lines: ['The card is ended. Another one: dcann card make'] }
  },
})
