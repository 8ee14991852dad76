import { claimedBy, pairIn } from '@dcann/protocol/pair'
import { withAgreement } from '@dcann/sdk/wallet'
import { defineCommand, type Report } from '../command.ts'
import { type Holder, openHolder } from '../holder.ts'
import { withLock } from '../lock.ts'
import { ofWallet } from '../options.ts'
import { minuteOf } from '../plain-words.ts'
import { count, table } from '../wrap.ts'

export const agreements = defineCommand({
  says: 'Lists what you agreed to, how it stands, and how often it was used.',
  options: ofWallet,
  example: 'dcann agreements',
  run: async ({ given, folder, screen }): Promise<Report> =>
    await withLock(folder, async () => {
      const holder = await openHolder({ folder, screen, given })
      const { agreements: listed, settling } = await holder.vault.listAgreements(holder.by)
      await keepMissing(holder, listed)
      return {
        json: { agreements: listed, settling },
        lines: [
          listed.length === 0 ? 'You have agreed to nothing.' : count(listed.length, 'agreement'),
          ...listed.flatMap(({ agreement, requester, standing, suspension, until, answers, refusals, ...pair }) => [
            '',
            `${requester}: ${standing}${suspension === undefined ? '' : ` (${suspension})`}`,
            ...table([
              ['Terms', claimedBy(pair).terms.join(', ')],
              ['Until', minuteOf(until)],
              ['Used', `${count(answers, 'answer')}, ${count(refusals, 'refusal')}`],
              ['Agreement', agreement],
            ]),
          ]),
          ...settling.flatMap(({ agreement, requester, settles }) => [
            '',
            `${requester}: settles until ${minuteOf(settles)}, and does not know`,
            ...table([['Undo', `dcann agreements undo ${agreement}`]]),
          ]),
        ],
      }
    }),
})

/** A copy that the wallet lacks, since a command was interrupted or the wallet was restored, is taken from the vault. */
async function keepMissing(
  { files, passport }: Holder,
  listed: Awaited<ReturnType<Holder['vault']['listAgreements']>>['agreements'],
): Promise<void> {
  const held = new Set(files.wallet().agreements.map(({ agreement }) => agreement))
  const missing = listed.filter(({ agreement }) => !held.has(agreement))
  if (missing.length === 0) return
  await files.keep(missing.reduce((wallet, one) => withAgreement(wallet, { ...pairIn(one), passport }), files.wallet()))
}
