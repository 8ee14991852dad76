import { grantNoun } from '@dcann/protocol/agreement'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import type { Handle } from '@dcann/protocol/handle'
import type { Signer } from '@dcann/protocol/key'
import { offerNoun } from '@dcann/protocol/offer'
import { readSigned, type RecordId } from '@dcann/protocol/signed'
import { makeAct } from '@dcann/sdk/wallet-documents'
import { findHandleCounter, handleSigner } from '@dcann/sdk/wallet-keys'
import { defineCommand, type Report } from '../command.ts'
import { UsageError } from '../failure.ts'
import { type Holder, openHolder } from '../holder.ts'
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
    if ((agreement === undefined) === (given.requester === undefined)) {
      throw new UsageError('expected either an agreement or --requester')
    }
    const holder = await openHolder({ folder, screen, given })
    const known = await findAgreements(holder)
    const meant = known.filter((one) => one.agreement === agreement || one.requester === given.requester)
    if (meant.length === 0) {
      throw new ProtocolError(
        'not-found',
        `revoking ${quote(agreement ?? given.requester ?? '', 60)}: no such agreement stands; look at: dcann agreements`,
      )
    }
    const stopped = []
    for (const one of meant) {
      const act = await makeAct(holder.world, 'revoke', one.agreement, signerOf(holder, one))
      const answer = await holder.vault.act(act)
      stopped.push({ ...answer, requester: one.requester })
    }
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

type Known = { readonly agreement: RecordId; readonly requester: string; readonly handle: Handle }

const live = ['active', 'paused', 'suspended']

/** The agreements that stand, as the vault lists them; when it cannot, those of which the wallet has its own copy. */
async function findAgreements({ vault, by, files }: Holder): Promise<readonly Known[]> {
  try {
    const { agreements } = await vault.listAgreements(by)
    return agreements.filter(({ standing }) => live.includes(standing))
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    return files.wallet().agreements.map(({ agreement, offer, grant }) => ({
      agreement,
      requester: readSigned(offerNoun, offer).payload.requester,
      handle: readSigned(grantNoun, grant).payload.handle,
    }))
  }
}

/** The handle key: a control key would show the requester whose other agreements are the same person's. */
function signerOf({ files }: Holder, { requester, handle }: Known): Signer {
  const held = files.wallet().handles.find((one) => one.handle === handle)
  const counter = held?.counter ?? findHandleCounter(files.seed, requester, handle)
  if (counter === undefined) {
    throw new ProtocolError(
      'wallet-invalid',
      `revoking: this wallet does not make the handle known to ${quote(requester, 60)}`,
    )
  }
  return handleSigner(files.seed, requester, counter)
}
