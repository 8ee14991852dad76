import { actVectors, agreementVectors, coverVectors, offerVectors } from './agreements.ts'
import {
  assertionVectors,
  claimVectors,
  evidenceVectors,
  requestSignatureVectors,
  statementVectors,
} from './answers.ts'
import { capabilityVectors, stopVectors } from './capabilities.ts'
import { canonicalVectors, keyVectors, signedVectors, verifyStrictVectors } from './bytes.ts'
import { makeFederation } from './federation.ts'
import { noteVectors, checkpointVectors, cosignatureVectors } from './checkpoints.ts'
import { quorumVectors } from './quorums.ts'
import { inclusionVectors, consistencyVectors } from './tree-proofs.ts'
import { tileVectors, bundleVectors, logEntryVectors } from './tiles.ts'
import { mapProofVectors } from './map-proofs.ts'
import { submissionVectors } from './submissions.ts'
import { speakerVectors, frozenVectors } from './log-changes.ts'
import { endingVectors } from './endings.ts'
import { inviteVectors } from './invites.ts'
import { handleVectors, identifierVectors, nameVectors } from './names.ts'
import { noticeVectors } from './notices.ts'
import { recoveryVectors } from './recoveries.ts'
import { residenceVectors } from './residences.ts'
import { rootVectors } from './roots.ts'
import { countryVectors } from './countries.ts'
import { policyVectors } from './policies.ts'
import { operatorVectors } from './operators.ts'
import { nodeVectors } from './nodes.ts'
import { requesterVectors } from './requesters.ts'
import { passportVectors } from './passports.ts'
import { acceptanceVectors, profferVectors } from './proffers.ts'
import { trustQueryVectors } from './trust-queries.ts'
import { readAloudVectors } from './words.ts'
import { standingRefusalVectors } from './refusals.ts'
import { sealedVectors, sealingKeyVectors } from './seals.ts'

/** Every vector as the text of its file, by its path below `test/vectors`; the same bytes each time. */
export async function makeVectors(): Promise<ReadonlyMap<string, string>> {
  const federation = await makeFederation()
  const made = [
    canonicalVectors(),
    await signedVectors(),
    verifyStrictVectors(),
    keyVectors(),
    sealingKeyVectors(),
    identifierVectors(),
    handleVectors(),
    nameVectors(),
    await rootVectors(federation),
    await countryVectors(federation),
    await policyVectors(federation),
    await operatorVectors(federation),
    await nodeVectors(federation),
    await requesterVectors(federation),
    await passportVectors(federation),
    await recoveryVectors(federation),
    await residenceVectors(federation),
    await offerVectors(federation),
    await agreementVectors(federation),
    await profferVectors(),
    await acceptanceVectors(federation),
    await actVectors(),
    await capabilityVectors(),
    await stopVectors(),
    await noticeVectors(),
    inviteVectors(),
    standingRefusalVectors(federation),
    readAloudVectors(),
    coverVectors(federation),
    await assertionVectors(),
    await sealedVectors(),
    evidenceVectors(),
    await requestSignatureVectors(),
    await statementVectors(),
    claimVectors(),
    await trustQueryVectors(federation),
    await noteVectors(),
    await checkpointVectors(),
    await cosignatureVectors(),
    await submissionVectors(),
    await quorumVectors(),
    speakerVectors(),
    frozenVectors(),
    endingVectors(),
    inclusionVectors(),
    consistencyVectors(),
    tileVectors(),
    bundleVectors(),
    logEntryVectors(),
    mapProofVectors(),
  ].flat()
  const files = new Map<string, string>()
  for (const { name, vector } of made) {
    const path = `${vector.noun}/${vector.expect.verdict}/${name}.json`
    if (files.has(path)) throw new Error(`making vectors: two are called ${path}`)
    files.set(path, `${JSON.stringify(vector, null, 2)}\n`)
  }
  return files
}
