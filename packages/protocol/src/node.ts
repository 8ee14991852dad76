import { z } from 'zod'
import type { CountryRecord } from './country.ts'
import { ProtocolError, quote } from './errors.ts'
import { admitKey, keyDigest, type PublicKey, publicKeySchema } from './key.ts'
import { limits, times } from './limits.ts'
import { nodeNameSchema, operatorNameSchema } from './name.ts'
import { isOperatorActive, type OperatorRecord } from './operator.ts'
import {
  announcedSchema,
  differsOnlyIn,
  isChange,
  requireNotHeld,
  type Held,
  isSignedBy,
  recordMembers,
  requireSequence,
  requireSigned,
} from './record.ts'
import { admitSealingKey } from './sealing-key.ts'
import type { Judged, Noun } from './signed.ts'
import { plainTextSchema, urlSchema } from './text.ts'
import type { Instant } from './time.ts'

export const nodeSchema = z.strictObject({
  ...recordMembers,
  name: nodeNameSchema,
  operator: operatorNameSchema,
  url: urlSchema,
  /** Accepts passports and speaks for the node in the registry. */
  identity_key: publicKeySchema,
  /** Signs assertions and nothing else. */
  assertion_key: publicKeySchema,
  /** X25519: what is sealed to the node. */
  sealing_key: publicKeySchema,
  region: plainTextSchema(40),
  ttl: z.int().min(times.ttlLeast).max(times.ttlMost),
  status: z.enum(['active', 'draining', 'suspended', 'ended']),
  next: announcedSchema,
})

export type NodeRecord = z.infer<typeof nodeSchema>

export const nodeNoun: Noun<NodeRecord> = {
  typ: 'dcann-node+json',
  schema: nodeSchema,
  mostBytes: limits.zoneRecordBytes,
}

/** Every key that may sign a node record proposed after `held`. */
export function nodeSigners(
  country: CountryRecord,
  operator: OperatorRecord,
  held: NodeRecord | undefined,
  proposed: NodeRecord,
): PublicKey[] {
  return [...country.keys, ...operator.keys, proposed.identity_key, ...(held ? [held.identity_key] : [])]
}

/**
 * Admits a vault node: its accredited operator signs, and the node's identity key with it; a changed identity key needs
 * the key before, or to have been announced. Country, operator and node may each tighten alone; out of `suspended` or
 * `ended` the country signs too. A node stays with its operator.
 *
 * Throws `wrong-zone`, `not-entitled`, `record-stale`, `key-inadmissible` or `rule-broken`.
 *
 * spec: node#admission
 */
export function admitNode(
  country: CountryRecord,
  operator: OperatorRecord,
  held: Held<NodeRecord> | undefined,
  proposed: Judged<NodeRecord>,
  now: Instant,
): void {
  const { payload, signers } = proposed
  requireSequence(held, payload, now)
  for (const key of [payload.identity_key, payload.assertion_key]) admitKey(key)
  admitSealingKey(payload.sealing_key)
  if (payload.identity_key === payload.assertion_key) {
    throw new ProtocolError(
      'key-inadmissible',
      `admitting ${quote(payload.name)}: one key cannot be both identity key and assertion key`,
    )
  }
  if (payload.operator.slice(0, 2) !== payload.name.slice(0, 2)) {
    throw new ProtocolError(
      'wrong-zone',
      `admitting ${quote(payload.name)}: its operator ${quote(payload.operator)} is of another country`,
    )
  }
  if (payload.operator !== operator.name || (held && held.payload.operator !== payload.operator)) {
    throw new ProtocolError(
      'rule-broken',
      `admitting ${quote(payload.name)}: its operator is ${quote(payload.operator)}, expected ${quote(held?.payload.operator ?? operator.name)}; another operator's node takes another name`,
    )
  }
  const before = held ? { keys: [held.payload.identity_key], threshold: 1 } : undefined
  const mayTighten = [country, operator, ...(before ? [before] : [])]
  if (held && isTighteningOfNode(held.payload, payload) && mayTighten.some((set) => isSignedBy(signers, set))) return
  requireNotHeld(country, payload.name)
  if (!isOperatorActive(operator, now)) {
    throw new ProtocolError(
      'not-active',
      `admitting ${quote(payload.name)}: its operator ${quote(operator.name)} is not accredited at this time`,
    )
  }
  requireSigned(signers, operator, payload.name, 'its operator')
  requireSigned(signers, { keys: [payload.identity_key], threshold: 1 }, payload.name, "the node's identity key")
  if (held && isStopped(held.payload) && !isStopped(payload)) {
    requireSigned(signers, country, payload.name, 'the country, since the node was suspended or ended')
  }
  if (!held || held.payload.identity_key === payload.identity_key) return
  const announced = held.payload.next.includes(keyDigest(payload.identity_key))
  if (!announced)
    requireSigned(
      signers,
      { keys: [held.payload.identity_key], threshold: 1 },
      payload.name,
      "the node's identity key before",
    )
}

const strictness = ['active', 'draining', 'suspended', 'ended'] as const

/** What the country can do alone, operator and node cannot undo without it. */
function isStopped({ status }: NodeRecord): boolean {
  return status === 'suspended' || status === 'ended'
}

function isTighteningOfNode(held: NodeRecord, proposed: NodeRecord): boolean {
  return (
    isChange(held, proposed) &&
    differsOnlyIn(held, proposed, ['status']) &&
    strictness.indexOf(proposed.status) >= strictness.indexOf(held.status)
  )
}
