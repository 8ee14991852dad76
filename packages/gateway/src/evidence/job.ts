import { canonicalBytes } from '@dcann/protocol/canonical'
import { ProtocolError } from '@dcann/protocol/errors'
import { parseSchema, type RecordId } from '@dcann/protocol/signed'
import { evidencePackageSchema, readEvidencePackage } from '@dcann/sdk/evidence-package'
import { createVaultClient } from '@dcann/sdk/vault-client'
import type { Store } from '@dcann/store/store'
import type { Requester } from '../requester.ts'
import { evidenceWanting, putEvidence, readEvidence } from './shelf.ts'

export type EvidenceDesk = { readonly store: Store; readonly requester: Requester }

/** Milliseconds: a node signs the head of its log about once a second; one that does not answer is left alone for a while. */
const soon = 500
const later = 30_000
const perRound = 64

/** Completes what was kept before the node had signed a head over it. */
export async function completeEvidence({ store, requester }: EvidenceDesk, signal?: AbortSignal): Promise<number> {
  const wanting = await store.range(evidenceWanting.page([], { limit: perRound }))
  const silent = new Set<string>()
  for (const entry of wanting) {
    if (signal?.aborted) break
    const id = evidenceWanting.entry(entry).id[0] ?? ''
    const found = await readEvidence(store, id)
    if (!found || silent.has(found.kept.node)) continue
    try {
      await complete({ store, requester }, id, found)
    } catch (error) {
      // the others of this node would only wait as well
      if (!(error instanceof ProtocolError)) throw error
      silent.add(found.kept.node)
    }
  }
  return silent.size > 0 ? later : soon
}

async function complete(
  { store, requester }: EvidenceDesk,
  id: RecordId,
  { kept, bytes }: NonNullable<Awaited<ReturnType<typeof readEvidence>>>,
): Promise<void> {
  const { url } = await requester.home(kept.node)
  const vault = createVaultClient(requester.world, url)
  const { entry, salt, inclusion } = await vault.readEvidence(requester.by, kept.agreement, kept.n ?? 0)
  if (!inclusion) return
  if (entry.n !== kept.n) {
    throw new ProtocolError('answer-invalid', `completing evidence: line ${entry.n} came, asked was ${kept.n}`)
  }
  const whole = { ...readEvidencePackage(bytes), evidence: { entry, salt, inclusion } }
  const completed = canonicalBytes(parseSchema(evidencePackageSchema, whole, 'completing evidence'))
  const { bytes: _, ...rest } = kept
  await store.commit({ writes: putEvidence(id, { ...rest, included: true }, completed) })
}
