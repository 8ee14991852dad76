import { ProtocolError, quote } from '@dcann/protocol/errors'
import { parseName } from '@dcann/protocol/name'
import { type Resolution, statementNoun } from '@dcann/protocol/resolution'
import type { RootRecord } from '@dcann/protocol/root'
import { readSigned, type Signed, type Verified } from '@dcann/protocol/signed'
import { type Instant, parseTime } from '@dcann/protocol/time'
import { policyAt, withOwnLines } from './evidence-head.ts'
import type { Resolver } from './resolver.ts'

/** The signed records and statements from which anybody can prove, offline, who a node and a requester are. */
export type EvidenceChain = {
  /** Every version of the root, the first one first. */
  readonly root: readonly Signed[]
  /** Countries, operator, node and requester, each with its zone's statement, sorted by name. */
  readonly resolutions: readonly Resolution[]
}

/**
 * Gathers what supports a conclusion about a node and a requester: what the resolver has, asked again only where it has
 * nothing. Take it when the answer is taken, since a package is judged as of that time.
 *
 * Throws `not-active` for a name that is absent, and what `resolveName` throws.
 *
 * spec: evidence#package
 */
export async function evidenceChain(
  resolver: Resolver,
  nodeName: string,
  requesterName: string,
): Promise<EvidenceChain> {
  const node = await resolver.resolveName(nodeName, { kind: 'node' })
  if (node.record === undefined) throw absent(nodeName)
  const requester = await resolver.resolveName(requesterName, { kind: 'requester' })
  if (requester.record === undefined) throw absent(requesterName)
  const zones = new Set([nodeName, requesterName].map((name) => parseName(name).zone))
  const countries = []
  for (const zone of zones) countries.push(await resolver.resolveName(`country/${zone}`, { kind: 'country' }))
  const operator = await resolver.resolveName(node.record.payload.operator, { kind: 'operator' })
  return {
    root: resolver.trust.roots().map(({ signed }) => signed),
    resolutions: [...countries, operator, node, requester]
      .map(({ resolution }) => withOwnProof(resolution, resolver.trust.roots(), parseTime(statedAt(resolution))))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  }
}

/** A package holds nothing that its verifier does not check: of a head the lines of its log and of the root's witnesses. */
function withOwnProof(resolution: Resolution, roots: readonly Verified<RootRecord>[], at: Instant): Resolution {
  const { proof, zone } = resolution
  if (proof === undefined) return resolution
  const checkpoint = withOwnLines(proof.head.checkpoint, policyAt(roots, zone, at))
  return { ...resolution, proof: { ...proof, head: { ...proof.head, checkpoint } } }
}

function statedAt({ statement }: Resolution): string {
  return readSigned(statementNoun, statement).payload.at
}

function absent(name: string): ProtocolError {
  return new ProtocolError('not-active', `gathering evidence: ${quote(name)} is absent`, { name, is: 'absent' })
}
