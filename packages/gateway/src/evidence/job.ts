import { canonicalBytes } from '@dcann/protocol/canonical'
import { type ErrorCode, ProtocolError } from '@dcann/protocol/errors'
import { witnessPolicy } from '@dcann/protocol/log/quorum'
import { parseName } from '@dcann/protocol/name'
import { parseSchema, type RecordId } from '@dcann/protocol/signed'
import { bearsQuorum } from '@dcann/sdk/evidence-head'
import { evidencePackageSchema, readEvidencePackage } from '@dcann/sdk/evidence-package'
import { createVaultClient } from '@dcann/sdk/vault-client'
import { isStoreError } from '@dcann/store/errors'
import { MAX_RANGE, type Store } from '@dcann/store/store'
import type { Requester } from '../requester.ts'
import { evidenceWanting, putEvidence, readEvidence } from './shelf.ts'

export type EvidenceDesk = { readonly store: Store; readonly requester: Requester }

/** Milliseconds: a node signs the head of its log about once a second; one that does not answer is left alone for a while. */
const soon = 500
const later = 30_000
const callsPerRound = 64
/** Seconds after an answer in which the witnesses of its node's log are as good as there, and in which they are waited for. */
const soonSeconds = 10
const waitedSeconds = 86_400

/** What says that a node cannot be asked now, not that this line of it cannot be had. */
const silences: readonly ErrorCode[] = ['unreachable', 'unavailable', 'rate-limited', 'not-active', 'stale']

/** Completes what was kept before the node had signed a head over it. What cannot be completed is in nobody's way. */
export async function completeEvidence({ store, requester }: EvidenceDesk, signal?: AbortSignal): Promise<number> {
  const wanting = (await store.range(evidenceWanting.page([], { limit: MAX_RANGE }))).map((entry) => {
    const { id, value } = evidenceWanting.entry(entry)
    return { id: id[0] ?? '', node: value }
  })
  const silent = new Set<string>()
  let [calls, failed] = [0, 0]
  for (const { id, node } of wanting) {
    if (signal?.aborted || calls === callsPerRound + failed) break
    const found = silent.has(node) ? undefined : await readEvidence(store, id)
    if (!found || found.kept.deleted) continue
    calls++
    try {
      await complete({ store, requester }, id, found)
    } catch (error) {
      // it was deleted in between
      if (isStoreError(error, 'conflict')) continue
      if (!(error instanceof ProtocolError)) throw error
      failed++
      // the others of this node would only wait as well
      if (silences.includes(error.code)) silent.add(node)
    }
  }
  return failed > 0 ? later : soon
}

async function complete(
  { store, requester }: EvidenceDesk,
  id: RecordId,
  { kept, found, bytes }: NonNullable<Awaited<ReturnType<typeof readEvidence>>>,
): Promise<void> {
  const { url } = await requester.home(kept.node)
  const vault = createVaultClient(requester.world, url)
  const { entry, salt, inclusion } = await vault.readEvidence(requester.by, kept.agreement, kept.n ?? 0)
  if (!inclusion) return
  const age = requester.world.now() - kept.at
  if (age < waitedSeconds && !(await isCosigned(requester, kept.node, inclusion.checkpoint))) {
    if (age < soonSeconds) return
    throw new ProtocolError(
      'unavailable',
      'completing evidence: no quorum of witnesses has cosigned the log of its node yet',
    )
  }
  if (entry.n !== kept.n) {
    throw new ProtocolError('answer-invalid', `completing evidence: line ${entry.n} came, asked was ${kept.n}`)
  }
  const whole = { ...readEvidencePackage(bytes), evidence: { entry, salt, inclusion } }
  const completed = canonicalBytes(parseSchema(evidencePackageSchema, whole, 'completing evidence'))
  const { bytes: _, ...rest } = kept
  await store.commit({ writes: putEvidence(id, found, { ...rest, included: true }, completed) })
}

/** Whether the head that a line stands under has the lines that the root demands for the zone of its node. */
async function isCosigned({ resolver }: Requester, node: string, checkpoint: string): Promise<boolean> {
  const root = (await resolver()).trust.current().payload
  return bearsQuorum(checkpoint, witnessPolicy(root, parseName(node).zone))
}
