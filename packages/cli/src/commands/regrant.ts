import { ProtocolError, quote } from '@dcann/protocol/errors'
import { handleAddress } from '@dcann/protocol/handle'
import { pairIn } from '@dcann/protocol/pair'
import type { RecordId } from '@dcann/protocol/signed'
import { proveAgreement, signedDocuments } from '@dcann/sdk/agreement-pair'
import { makeSuccessor, type SuccessorChoice, successorCall } from '@dcann/sdk/successor'
import { withAgreement, withHandle } from '@dcann/sdk/wallet'
import { handleSigner } from '@dcann/sdk/wallet-keys'
import { instantOf } from '@dcann/sdk/world'
import { defineCommand, type Report } from '../command.ts'
import { ownerOf } from '../describe-record.ts'
import { CommandError } from '../failure.ts'
import { type Holder, openHolder } from '../holder.ts'
import { withLock } from '../lock.ts'
import { ofWallet } from '../options.ts'
import { listOf, minuteOf } from '../plain-words.ts'
import { table } from '../wrap.ts'
import { chooseEnd } from './agree.ts'

export const reissue = defineCommand({
  says: 'Makes the handle of an agreement anew, when the old one leaked: same company, same terms, same end. From then on nothing is answered under the old handle.',
  takes: ['<agreement>'],
  options: ofWallet,
  example: 'dcann agreements reissue Zt3c…',
  run: async ({ words: [agreement = ''], given, folder, screen }): Promise<Report> =>
    await withLock(folder, async () => {
      const holder = await openHolder({ folder, screen, given })
      const found = await findOld(holder, agreement)
      return await grantAnew(holder, found, {}, 'The handle is new. Under the old one nothing is answered any more.')
    }),
})

export const regrant = defineCommand({
  says: 'Grants an agreement anew, over what the company signed before: after a takeover, once you have seen who owns it now. With --ring-fence nothing goes to the new owner. The old agreement ends.',
  takes: ['<agreement>'],
  options: {
    'ring-fence': { says: 'same company, same use, nothing to the new group' },
    until: { value: '<date>', says: 'when it ends, like 2027-01-31; else when the old one would' },
    days: { value: '<n>', says: 'after how many days it ends, instead of a date' },
    yes: { says: 'do not ask' },
    ...ofWallet,
  },
  example: 'dcann agreements regrant Zt3c… --ring-fence',
  run: async ({ words: [agreement = ''], given, folder, screen }): Promise<Report> =>
    await withLock(folder, async () => {
      const holder = await openHolder({ folder, screen, given })
      const found = await findOld(holder, agreement)
      const { old, requester } = found
      const { lasts } = 'offer' in old ? old.offer.payload : old.proffer.payload
      const asked = given.until !== undefined || given.days !== undefined
      const until = asked ? { until: chooseEnd(given, { lasts }, instantOf(holder.world)) } : {}
      if (given.yes !== true) {
        if (!screen.interactive)
          throw new CommandError('not-confirmed', 'granting anew: nobody is here to say yes; give --yes')
        screen.tell(`${requester.legal_name}: ${ownerOf(requester) ?? 'its owner is not named'}`)
        const terms = listOf(old.allowance.terms.map(({ id }) => id))
        if (!(await screen.confirm(`Grant ${terms} anew?`)))
          throw new CommandError('not-confirmed', 'nothing was granted, and nobody was told')
      }
      const choice = { ...until, ringFence: given['ring-fence'] ?? false }
      return await grantAnew(holder, found, choice, `You granted ${requester.legal_name} anew.`)
    }),
})

/** The agreement as the vault lists it, proved by the requester's keys; the requester asked for anew, since its control is pinned. */
async function findOld({ vault, by, resolver }: Holder, agreement: RecordId) {
  const { agreements } = await vault.listAgreements(by)
  const listed = agreements.find((one) => one.agreement === agreement)
  if (listed === undefined) {
    throw new ProtocolError(
      'not-found',
      `granting ${quote(agreement, 43)} anew: no such agreement; look at: dcann agreements`,
    )
  }
  const { record } = await resolver().resolveName(listed.requester, { kind: 'requester', fresh: true })
  if (record === undefined)
    throw new ProtocolError('not-active', `granting anew: ${quote(listed.requester)} is not registered any more`)
  return { old: await proveAgreement(pairIn(listed), record.payload.keys), requester: record.payload }
}

async function grantAnew(
  { files, passport, control, vault, world, node }: Holder,
  { old, requester }: Awaited<ReturnType<typeof findOld>>,
  choice: Pick<SuccessorChoice, 'until' | 'ringFence'>,
  says: string,
): Promise<Report> {
  const { wallet, made } = withHandle(files.wallet(), files.seed, requester.name, passport)
  await files.keep(wallet)
  const handle = handleSigner(files.seed, requester.name, made.counter)
  const succeeding = await makeSuccessor(world, old, { ...choice, requester, passport, handle, control })
  const granted = await vault.grant(successorCall(succeeding))
  const pair = signedDocuments(succeeding.pair)
  await files.keep(withAgreement(files.wallet(), { ...pair, passport }))
  const address = handleAddress(granted.handle, node)
  return {
    json: { ...granted, address, prior: old.allowance.agreement, ...pair },
    lines: [
      says,
      ...table([
        ['With', requester.legal_name],
        ['Until', minuteOf(granted.until)],
        ['They know you', `as ${address}, which they read beside the end of the old one`],
        ['Agreement', granted.agreement],
      ]),
      `Take it back at any time: dcann revoke ${granted.agreement}`,
    ],
  }
}
