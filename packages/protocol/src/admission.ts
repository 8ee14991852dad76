import { fromBase64Url } from './bytes.ts'
import { parseCanonical } from './canonical.ts'
import { admitCountry, countryNoun, type CountryRecord, countrySigners } from './country.ts'
import { ProtocolError, quote } from './errors.ts'
import type { PublicKey } from './key.ts'
import { limits } from './limits.ts'
import { type NameKind, type ParsedName, parseName } from './name.ts'
import { admitNode, nodeNoun, type NodeRecord, nodeSigners } from './node.ts'
import { admitOperator, operatorNoun, type OperatorRecord, operatorSigners } from './operator.ts'
import { admitPassport, passportNoun, type PassportRecord, passportSigners } from './passport.ts'
import { admitCountryPolicy, admitRootPolicy, policyNoun, type PolicyRecord, policySigners } from './policy.ts'
import type { Held } from './record.ts'
import { admitRequester, requesterNoun, type RequesterRecord, requesterSigners } from './requester.ts'
import { admitRoot, rootNoun, type RootRecord, rootSigners } from './root.ts'
import {
  type Noun,
  parseSchema,
  proveSigned,
  readSigned,
  signedSchema,
  type Submitted,
  type Verified,
} from './signed.ts'
import type { Instant } from './time.ts'

/** The record that stands under each kind of name. */
export type RecordOf = {
  root: RootRecord
  country: CountryRecord
  operator: OperatorRecord
  node: NodeRecord
  requester: RequesterRecord
  passport: PassportRecord
  policy: PolicyRecord
}
export type ZoneRecord = RecordOf[NameKind]

export const nouns: { readonly [K in NameKind]: Noun<RecordOf[K]> } = {
  root: rootNoun,
  country: countryNoun,
  operator: operatorNoun,
  node: nodeNoun,
  requester: requesterNoun,
  passport: passportNoun,
  policy: policyNoun,
}

/** A record somebody wants admitted, read but not proved. */
export type Proposal = {
  readonly [K in NameKind]: ParsedName & {
    readonly kind: K
    readonly name: string
    readonly submitted: Submitted<RecordOf[K]>
  }
}[NameKind]

/** What the zone holds under a name; each rule asks only for what `recordsNeeded` lists. */
export type HeldRecords = <K extends NameKind>(kind: K, name: string) => Held<RecordOf[K]> | undefined

/** Reads a submitted record of whatever kind its name says. Throws as `readSigned` does. */
export function readProposal(input: unknown): Proposal {
  const signed = parseSchema(signedSchema, input, 'reading a record')
  if (signed.payload.length > Math.ceil((limits.zoneRecordBytes * 4) / 3)) {
    throw new ProtocolError('too-large', `reading a record: the payload is longer than ${limits.zoneRecordBytes} bytes`)
  }
  const payload = parseCanonical(fromBase64Url(signed.payload), limits.zoneRecordBytes)
  const name = typeof payload === 'object' && payload !== null && 'name' in payload ? payload['name'] : undefined
  if (typeof name !== 'string') throw new ProtocolError('schema-mismatch', 'reading a record: it has no name')
  const parsed = parseName(name)
  // the noun is looked up by the very kind that the result states
  return {
    ...parsed,
    name,
    submitted: readSigned<ZoneRecord>(nouns[parsed.kind], signed),
  } as Proposal
}

/** The names whose held records judging a proposal needs, its own first. */
export function recordsNeeded(proposal: Proposal): string[] {
  const { kind, name, zone } = proposal
  switch (kind) {
    case 'root':
      return [name]
    case 'country':
      return [name, 'root']
    case 'policy':
      return [name, zone === 'root' ? 'root' : `country/${zone}`]
    case 'node':
      return [name, `country/${zone}`, proposal.submitted.payload.operator]
    default:
      return [name, `country/${zone}`]
  }
}

/**
 * Proves a proposal's signatures against the keys that may sign it, then judges it by its noun's rule. The same code in
 * registry, mirror, witness, client and test: past + proposal + now → verdict.
 *
 * Throws the codes of `proveSigned` and of the rule; `not-found` when the zone lacks what the rule needs.
 *
 * spec: records#admission
 */
export async function admitProposal(
  proposal: Proposal,
  held: HeldRecords,
  now: Instant,
): Promise<Verified<ZoneRecord>> {
  const { name } = proposal
  const needed = needing(held, name)
  const country = (): CountryRecord => needed('country', `country/${proposal.zone}`)
  switch (proposal.kind) {
    case 'root': {
      const before = held('root', name)
      return await judge(proposal.submitted, rootSigners(before?.payload, proposal.submitted.payload), (proposed) =>
        admitRoot(before, proposed, now),
      )
    }
    case 'country': {
      const before = held('country', name)
      const root = needed('root', 'root')
      return await judge(
        proposal.submitted,
        countrySigners(root, before?.payload, proposal.submitted.payload),
        (proposed) => admitCountry(root, before, proposed, now),
      )
    }
    case 'operator': {
      const before = held('operator', name)
      const record = country()
      return await judge(
        proposal.submitted,
        operatorSigners(record, before?.payload, proposal.submitted.payload),
        (proposed) => admitOperator(record, before, proposed, now),
      )
    }
    case 'node': {
      const before = held('node', name)
      const record = country()
      const operator = needed('operator', proposal.submitted.payload.operator)
      return await judge(
        proposal.submitted,
        nodeSigners(record, operator, before?.payload, proposal.submitted.payload),
        (proposed) => admitNode(record, operator, before, proposed, now),
      )
    }
    case 'requester': {
      const before = held('requester', name)
      const record = country()
      return await judge(
        proposal.submitted,
        requesterSigners(record, before?.payload, proposal.submitted.payload),
        (proposed) => admitRequester(record, before, proposed, now),
      )
    }
    case 'policy': {
      const before = held('policy', name)
      if (proposal.zone !== 'root') {
        const record = country()
        return await judge(proposal.submitted, policySigners({ country: record }), (proposed) =>
          admitCountryPolicy(record, before, proposed, now),
        )
      }
      const root = needed('root', 'root')
      return await judge(proposal.submitted, policySigners({ root }), (proposed) =>
        admitRootPolicy(root, before, proposed, now),
      )
    }
    case 'passport': {
      const before = held('passport', name)
      const record = country()
      return await judge(proposal.submitted, passportSigners(before?.payload, proposal.submitted.payload), (proposed) =>
        admitPassport(record, before, proposed, now),
      )
    }
  }
}

/** What a rule needs of what is held, beside the name's own record. Throws `not-found`, naming it. spec: records#admission */
export function needing(held: HeldRecords, name: string): <K extends NameKind>(kind: K, needed: string) => RecordOf[K] {
  return (kind, needed) => {
    const found = held(kind, needed)
    if (!found) throw new ProtocolError('not-found', `admitting ${quote(name)}: ${quote(needed)} is not held here`)
    return found.payload
  }
}

async function judge<T extends ZoneRecord>(
  submitted: Submitted<T>,
  keys: readonly PublicKey[],
  rule: (proposed: Verified<T>) => void,
): Promise<Verified<ZoneRecord>> {
  const proposed = await proveSigned(submitted, keys)
  rule(proposed)
  return proposed
}
