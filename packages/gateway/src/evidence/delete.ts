import { actNoun } from '@dcann/protocol/act'
import { canonicalBytes } from '@dcann/protocol/canonical'
import { limits } from '@dcann/protocol/limits'
import { parseSchema, readSigned, type RecordId, recordIdSchema, signedSchema } from '@dcann/protocol/signed'
import { formatTime, type Instant, parseTime, timeSchema } from '@dcann/protocol/time'
import { evidencePackageSchema, readEvidencePackage } from '@dcann/sdk/evidence-package'
import { makeAct } from '@dcann/sdk/wallet-documents'
import { instantOf } from '@dcann/sdk/world'
import { isStoreError } from '@dcann/store/errors'
import type { Write } from '@dcann/store/store'
import { z } from 'zod'
import { owe } from '../acts/shelf.ts'
import type { EvidenceDesk } from './job.ts'
import { erasureAsked, evidenceDue, evidenceOf, putEvidence, readEvidence } from './shelf.ts'

const leftMembers = {
  /** Record id of the assertion, which `evidence.entry.answer` names as well. */
  answer: recordIdSchema,
  use_until: timeSchema,
  deleted: timeSchema,
  attestation: signedSchema,
}
const [granted, accepted] = evidencePackageSchema.options

/**
 * What is left of an answer once what it said is deleted: the request, both documents, the line of the chain that names the
 * answer's digest, and the attestation. It proves that something was received and said to be deleted, and not what it was.
 */
export const deletedEvidenceSchema = z.union([
  granted.omit({ assertion: true }).extend(leftMembers),
  accepted.omit({ assertion: true }).extend(leftMembers),
])

/**
 * Deletes what answers said once they may be kept no longer, or their holder has asked for erasure, and owes each holder the act that says so, in one commit: so
 * whatever dies in between, nothing is deleted unsaid and nothing is said twice. Returns how many answers were deleted.
 */
export async function deleteDue(desk: EvidenceDesk, signal?: AbortSignal): Promise<number> {
  const now = instantOf(desk.requester.world)
  const found = (await desk.store.range(evidenceDue.page([], { limit: limits.attestedAnswers }))).map((one) => {
    const { id, value } = evidenceDue.entry(one)
    return { until: Number(id[0]), id: id[1] ?? '', agreement: value }
  })
  const due = Map.groupBy(
    found.filter(({ until }) => until <= now),
    (one) => one.agreement,
  )
  const asked = (await desk.store.range(erasureAsked.page([], { limit: 64 }))).map((one) => erasureAsked.entry(one))
  const batches = [
    ...[...due].map(([agreement, answers]) => ({ agreement, ids: answers.map(({ id }) => id), settles: [] })),
    ...(await Promise.all(asked.map(async ({ value, key, version }) => await whatIsLeft(desk, value, key, version)))),
  ]
  let deleted = 0
  for (const { agreement, ids, settles } of batches) {
    if (signal?.aborted) break
    try {
      deleted += await deleteAnswers(desk, agreement, ids, settles, now)
    } catch (error) {
      // completed in between; the next round finds it as it is
      if (!isStoreError(error, 'conflict')) throw error
    }
  }
  return deleted
}

/** What is here of an agreement whose holder asked for erasure; with the last of it the asking is settled. */
async function whatIsLeft({ store }: EvidenceDesk, agreement: RecordId, key: string, version: number) {
  const page = await store.range(evidenceOf.page([agreement], { limit: limits.attestedAnswers }))
  const ids = page.map((one) => evidenceOf.entry(one).value)
  const settles: Write[] = page.length < limits.attestedAnswers ? [{ key, delete: true, expect: version }] : []
  return { agreement, ids, settles }
}

/** Deletes some answers under one agreement, by one act. */
async function deleteAnswers(
  { store, requester }: EvidenceDesk,
  agreement: RecordId,
  ids: readonly RecordId[],
  settles: readonly Write[],
  now: Instant,
): Promise<number> {
  const held = []
  for (const id of ids) {
    const one = await readEvidence(store, id)
    if (one && !one.kept.deleted && one.kept.n !== null) held.push({ id, n: one.kept.n, ...one })
  }
  if (held.length === 0) {
    if (settles.length > 0) await store.commit({ writes: settles })
    return 0
  }
  const says = { answers: held.map(({ n }) => n).toSorted((a, b) => a - b) }
  const signed = await makeAct(requester.world, 'deletion-attestation', agreement, requester.by.signer, says)
  const act = readSigned(actNoun, signed)
  const writes = held.flatMap(({ id, kept, found, bytes }) => {
    const { assertion: _, ...rest } = readEvidencePackage(bytes)
    const { bytes: __, ...line } = kept
    const use_until = formatTime(kept.use_until ?? now)
    const left = { ...rest, answer: id, use_until, deleted: formatTime(now), attestation: signed }
    const after = canonicalBytes(parseSchema(deletedEvidenceSchema, left, 'deleting an answer'))
    return putEvidence(id, found, { ...line, deleted: { at: now, act: act.id } }, after)
  })
  const owed = owe(act.id, { kind: 'deletion-attestation', agreement, signed, at: parseTime(act.payload.at) })
  await store.commit({ writes: [...writes, ...owed, ...settles] })
  return held.length
}
