import { type HeldRecords, nouns } from '@dcann/protocol/admission'
import { ProtocolError } from '@dcann/protocol/errors'
import { type NameKind, parseName } from '@dcann/protocol/name'
import type { Resolution } from '@dcann/protocol/resolution'
import { readSigned } from '@dcann/protocol/signed'
import { type Instant, parseTime } from '@dcann/protocol/time'
import {
  judgeTrustQuery,
  momentAsked,
  namesAsked,
  trustAnswer,
  type AuthorizationAnswer,
  type TrustQuery,
  type TrustVerdict,
} from '@dcann/protocol/trust-query'
import { isHere, type ResolveDesk, resolveName } from '../resolve/resolve-name.ts'

export type TrustAnswered = {
  readonly verdict: TrustVerdict
  readonly answer: Omit<AuthorizationAnswer, 'authorized'>
}

/**
 * Answers a trust query out of what is resolved here, and gives that along as its proof. Throws `not-found` for a zone that
 * is not served here.
 */
export async function answerTrustQuery(desk: ResolveDesk, query: TrustQuery, now: Instant): Promise<TrustAnswered> {
  const at = momentAsked(query, now)
  const proof: Resolution[] = []
  const held = heldAt(proof, at)
  for (let found: string | undefined; (found = nextOf(namesAsked(query, held), proof)) !== undefined;) {
    const zone = zoneFor(desk, found)
    proof.push((await resolveName(desk, zone, found, now)).resolution)
  }
  const verdict = judgeTrustQuery(query, held, at)
  return { verdict, answer: { ...trustAnswer(query, verdict, now), proof } }
}

function nextOf(names: readonly string[], proof: readonly Resolution[]): string | undefined {
  return names.find((name) => !proof.some((each) => each.name === name))
}

/** A delegation is the root's to say; where the root is not served, the zone's own copy of it. */
function zoneFor(desk: ResolveDesk, name: string): string {
  const { kind, zone } = parseName(name)
  if (isHere(desk, zone)) return zone
  if (kind === 'country' && isHere(desk, name.slice(-2))) return name.slice(-2)
  throw new ProtocolError('not-found', 'answering a trust query: the zone is not served here')
}

/** What stood under each name at a moment, out of the chains resolved. */
function heldAt(proof: readonly Resolution[], at: Instant): HeldRecords {
  return <K extends NameKind>(kind: K, name: string) => {
    const records = proof.find((each) => each.name === name)?.records ?? []
    return records
      .map((signed) => readSigned(nouns[kind], signed))
      .findLast(({ payload }) => parseTime(payload.at) <= at)
  }
}
