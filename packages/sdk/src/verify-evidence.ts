import { type Assertion, assertionNoun } from '@dcann/protocol/assertion'
import { fromBase64Url } from '@dcann/protocol/bytes'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import { type NameKind, parseName, type ZoneName } from '@dcann/protocol/name'
import { rootNoun, rootStanding } from '@dcann/protocol/root'
import { readSigned, type RecordId, type Signed, type Submitted, type Verified } from '@dcann/protocol/signed'
import { formatTime, type Instant } from '@dcann/protocol/time'
import type { AgreementPair } from './agreement-pair.ts'
import { proveAgreementLinks } from './evidence-agreement.ts'
import type { EvidenceLink, Prove } from './evidence-link.ts'
import { proveAssertionLink, proveCoverageLink, proveEntryLink, proveInclusionLink } from './evidence-answer.ts'
import {
  proveCountryLink,
  proveNodeLink,
  proveOperatorLink,
  proveRequesterLink,
  type Scene,
} from './evidence-parties.ts'
import { proveRequestLink, proveSignatureLink } from './evidence-request.ts'
import { readEvidencePackage } from './evidence-package.ts'
import { inForce } from './replay.ts'
import { admitRoots } from './root-history.ts'

/** An evidence package that holds. */
export type VerifiedEvidence = {
  /**
   * `verified` when others, as many as the root demands, cosigned every head that it rests on, the node's own among them while
   * its key was good; else `provisional`: for some date nobody's word stands but the zone's or the node's own.
   */
  readonly verdict: 'verified' | 'provisional'
  /** What nobody else vouches for, by link; empty when verified. */
  readonly unvouched: readonly string[]
  /** Every link, in the order in which they were proved. */
  readonly links: readonly EvidenceLink[]
  readonly assertion: Verified<Assertion>
  readonly pair: AgreementPair
  /** As of when it was judged: the time of the answer, in seconds. */
  readonly at: Instant
}

/**
 * Verifies an evidence package offline, link by link, from the pinned root alone, as of the time of the answer and under the
 * keys of that day. `pinned` is a root's record id or the signed root itself; `now`, where given, refuses what is dated later.
 *
 * Throws `evidence-broken` with the first broken link in `facts.link`, and the code of what broke it in `facts.cause`.
 *
 * ```ts
 * const { verdict, links } = await verifyEvidence(file, 'Zt3c…')
 * for (const { link, says } of links) print(`${link}: ${says}`)
 * ```
 *
 * spec: evidence#verification
 */
export async function verifyEvidence(
  bytes: Uint8Array,
  pinned: RecordId | Signed,
  now?: Instant,
): Promise<VerifiedEvidence> {
  const links: EvidenceLink[] = []
  const prove: Prove = async (link, step) => {
    try {
      const [value, says] = await step()
      links.push({ link, says })
      return value
    } catch (error) {
      throw broken(link, error)
    }
  }
  const { file, claimed, at, zones } = await prove('package', async () => [read(bytes, now), 'its form is canonical'])
  const roots = await prove('root', async () => {
    const pin = typeof pinned === 'string' ? pinned : readSigned(rootNoun, pinned).id
    const admitted = await admitRoots(file.chain.root, pin, now ?? latest)
    const root = inForce(admitted, at)
    if (root === undefined || rootStanding(root.payload, at) === 'ended')
      throw new ProtocolError('root-invalid', `verifying the root: none stood at ${file.at}`)
    return [admitted, `${admitted.length} version(s), the pinned ${pin} among them`]
  })
  const scene = { file, claimed: claimed.payload, at, roots, zones }
  const nodeZone = await proveCountryLink(prove, scene, zones.node)
  const requesterZone =
    zones.node === zones.requester ? nodeZone : await proveCountryLink(prove, scene, zones.requester)
  const operators = await proveOperatorLink(prove, scene, nodeZone)
  const nodes = await proveNodeLink(prove, scene, nodeZone, operators)
  const requesters = await proveRequesterLink(prove, scene, requesterZone)
  const pair = await proveAgreementLinks(prove, scene, requesters)
  await proveSignatureLink(prove, scene, requesters)
  const query = await proveRequestLink(prove, scene, nodes, pair)
  const assertion = await proveAssertionLink(prove, scene, claimed, nodes, pair)
  await proveCoverageLink(prove, scene, assertion, query, pair, requesters)
  let isDated = false
  if (file.evidence) {
    await proveEntryLink(prove, file.evidence, assertion)
    isDated = await proveInclusionLink(prove, scene, file.evidence, nodes)
  }
  const parties = {
    [`country ${zones.node}`]: nodeZone,
    [`country ${zones.requester}`]: requesterZone,
    operator: operators,
    node: nodes,
    requester: requesters,
  }
  const unvouched = [
    ...Object.entries(parties).flatMap(([link, { vouched }]) => (vouched === 'cosigned' ? [] : [link])),
    ...(isDated ? [] : ['inclusion']),
  ]
  return { verdict: unvouched.length === 0 ? 'verified' : 'provisional', unvouched, links, assertion, pair, at }
}

function read(
  bytes: Uint8Array,
  now: Instant | undefined,
): {
  readonly file: ReturnType<typeof readEvidencePackage>
  readonly claimed: Submitted<Assertion>
  readonly at: Instant
  readonly zones: Scene['zones']
} {
  const file = readEvidencePackage(bytes)
  const claimed = readSigned(assertionNoun, file.assertion)
  const at = claimed.payload.iat
  if (at < 0 || at > latest || formatTime(at) !== file.at) {
    throw new ProtocolError(
      'evidence-broken',
      `reading an evidence package: it is of ${file.at}, its answer is of another time`,
    )
  }
  if (now !== undefined && at > now) {
    throw new ProtocolError('time-invalid', `reading an evidence package: it is of ${file.at}, which is in the future`)
  }
  // a request in its canonical base64url, so that one body has one form here
  fromBase64Url(file.request.body)
  const zones = { node: zoneOf(claimed.payload.node, 'node'), requester: zoneOf(claimed.payload.aud, 'requester') }
  return { file, claimed, at, zones }
}

function zoneOf(name: string, kind: NameKind): ZoneName {
  const parsed = parseName(name)
  if (parsed.kind === kind) return parsed.zone
  throw new ProtocolError('schema-mismatch', `reading an assertion: ${quote(name)} is no ${kind}'s name`)
}

/** 31 December 9999: no later time has a form. */
const latest = 253_402_300_799

function broken(link: string, error: unknown): ProtocolError {
  if (!(error instanceof ProtocolError)) throw error
  if (error.code === 'evidence-broken' && 'link' in error.facts) return error
  return new ProtocolError(
    'evidence-broken',
    `verifying evidence: the link ${quote(link)} is broken: ${error.message}`,
    { link, cause: error.code },
  )
}
