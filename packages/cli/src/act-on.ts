import { ProtocolError, quote } from '@dcann/protocol/errors'
import type { Handle } from '@dcann/protocol/handle'
import type { Signer } from '@dcann/protocol/key'
import { claimedBy } from '@dcann/protocol/pair'
import type { RecordId } from '@dcann/protocol/signed'
import type { VaultClient } from '@dcann/sdk/vault-client'
import { makeAct } from '@dcann/sdk/wallet-documents'
import { signerOfHandle } from '@dcann/sdk/wallet'
import { UsageError } from './failure.ts'
import type { Holder } from './holder.ts'

/** An act that was done, and with whom the agreement is. */
export type Done = Awaited<ReturnType<VaultClient['act']>> & { readonly requester: string }

/** What is meant: one agreement, or all with one requester. */
export type Meant = { readonly agreement: string | undefined; readonly requester: string | undefined }

/** Refuses to guess what is meant. Throws `UsageError`. */
export function requireOne({ agreement, requester }: Meant): void {
  if ((agreement === undefined) === (requester === undefined)) {
    throw new UsageError('expected either an agreement or --requester')
  }
}

/** Does an act on each agreement that is meant, by its handle key. Throws `not-found` when none is. */
export async function actOn(holder: Holder, kind: 'pause' | 'resume' | 'revoke', what: Meant): Promise<Done[]> {
  const known = await findAgreements(holder)
  const meant = known.filter((one) => one.agreement === what.agreement || one.requester === what.requester)
  if (meant.length === 0) {
    throw new ProtocolError(
      'not-found',
      `${doing[kind]} ${quote(what.agreement ?? what.requester ?? '', 60)}: no such agreement stands; look at: dcann agreements`,
    )
  }
  const done: Done[] = []
  for (const one of meant) {
    const act = await makeAct(holder.world, kind, one.agreement, signerOf(holder, one))
    done.push({ ...(await holder.vault.act(act)), requester: one.requester })
  }
  return done
}

const doing = { pause: 'pausing', resume: 'resuming', revoke: 'revoking' }

type Known = { readonly agreement: RecordId; readonly requester: string; readonly handle: Handle }

const live = ['active', 'paused', 'suspended']

/** The agreements that stand, as the vault lists them; when it cannot, those of which the wallet has its own copy. */
async function findAgreements({ vault, by, files }: Holder): Promise<readonly Known[]> {
  try {
    const { agreements } = await vault.listAgreements(by)
    return agreements.filter(({ standing }) => live.includes(standing))
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    return files.wallet().agreements.map((pair) => claimedBy(pair))
  }
}

/**
 * The handle key: it is the one that this requester knows, and a control key is kept for what needs it. A wallet that was made
 * to recover a passport has only the latter.
 */
function signerOf({ files, control }: Holder, { requester, handle }: Known): Signer {
  return signerOfHandle(files.wallet(), files.seed, requester, handle) ?? control
}
