import type { Offer, Term } from '@dcann/protocol/offer'
import { ProtocolError } from '@dcann/protocol/errors'
import type { RequesterRecord } from '@dcann/protocol/requester'
import type { RecordId } from '@dcann/protocol/signed'
import { proveAgreement } from '@dcann/sdk/agreement-pair'
import { makeAct } from '@dcann/sdk/wallet-documents'
import type { z } from 'zod'
import type { agreementsAnswer } from '@dcann/protocol/vault-api'
import { type Holder, readState } from './holder.ts'

export type Listed = z.infer<typeof agreementsAnswer>['agreements'][number]

/** An agreement as the vault lists it, and what of that was proved here. */
export type Agreement = {
  readonly listed: Listed
  /** As its country's record names it; absent when no registry answers. */
  readonly requester: RequesterRecord | undefined
  /** The terms that were taken, by the two signed documents. */
  readonly terms: readonly Term[]
  readonly offer: Offer | undefined
  /** `proved` by both signatures; `unknown` while no registry answers; else why not. */
  readonly documents: 'proved' | 'unknown' | ProtocolError
  /** Whether this wallet holds its own copy of the same pair. */
  readonly held: boolean
}

/** Lists every agreement, and proves the documents of each by the keys of its two sides. */
export async function listAgreements(holder: Holder): Promise<readonly Agreement[]> {
  const [{ agreements }, wallet] = await Promise.all([
    holder.vault.listAgreements(holder.by),
    readState(holder, holder.box),
  ])
  return await Promise.all(
    agreements.map(async (listed): Promise<Agreement> => {
      const held = wallet.agreements.some(({ agreement }) => agreement === listed.agreement)
      const nothing = { listed, terms: [], offer: undefined, held }
      if (holder.resolver === undefined) return { ...nothing, requester: undefined, documents: 'unknown' }
      try {
        const { record, chain } = await holder.resolver.resolveName(listed.requester, { kind: 'requester' })
        const keys = chain.flatMap(({ payload }) => payload.keys)
        const pair = await proveAgreement(listed, keys)
        if (pair.allowance.agreement !== listed.agreement || pair.allowance.requester !== listed.requester)
          throw new ProtocolError('evidence-broken', 'listing agreements: the documents are those of another agreement')
        const taken = 'offer' in pair ? pair.offer.payload : undefined
        const { terms } = pair.allowance
        return { listed, requester: record?.payload, terms, offer: taken, documents: 'proved', held }
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error
        return { ...nothing, requester: undefined, documents: error }
      }
    }),
  )
}

/** What came of an act: when no answer could leave any more, in milliseconds as the vault measured it. */
export type Acted = { readonly standing: Listed['standing']; readonly effectiveAfter: number; readonly cut: number }

/** Pauses, resumes or revokes, by the device's own key: it needs no seed, no company and no registry. */
export async function act(
  { world, vault, box }: Holder,
  kind: 'pause' | 'resume' | 'revoke',
  agreement: RecordId,
): Promise<Acted> {
  const { standing, effective_after, cut } = await vault.act(await makeAct(world, kind, agreement, box.device))
  return { standing, effectiveAfter: effective_after, cut }
}

/** Whether anything can still be done with it. */
export function isLive({ standing }: Pick<Listed, 'standing'>): boolean {
  return standing === 'active' || standing === 'paused' || standing === 'suspended'
}
