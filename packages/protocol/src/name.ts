import { z } from 'zod'
import { ProtocolError, quote } from './errors.ts'

/** `root`, or the ISO 3166-1 alpha-2 code of a country zone. */
export type ZoneName = string

const id = '[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?'

export const zoneSchema = z.string().regex(/^(?:root|[A-Z]{2})$/)
export const countryCodeSchema = z.string().regex(/^[A-Z]{2}$/)
export const countryNameSchema = z.string().regex(/^country\/[A-Z]{2}$/)
export const operatorNameSchema = z.string().regex(new RegExp(`^[A-Z]{2}/operator/${id}$`))
export const nodeNameSchema = z.string().regex(new RegExp(`^[A-Z]{2}/node/${id}$`))
export const policyNameSchema = z.string().regex(new RegExp(`^(?:policy|[A-Z]{2}/policy)/${id}$`))
export const requesterNameSchema = z.string().regex(new RegExp(`^[A-Z]{2}/requester/${id}$`))

/** What a name stands for, and the zone that is authoritative for it. */
export const kindSchema = z.enum(['root', 'country', 'operator', 'node', 'requester', 'passport', 'policy'])
export type NameKind = z.infer<typeof kindSchema>
export type ParsedName = { readonly kind: NameKind; readonly zone: ZoneName }

const qualified = new RegExp(`^([A-Z]{2})/(operator|node|requester|policy)/${id}$`)
const rootPolicy = new RegExp(`^policy/${id}$`)

/**
 * Reads a name as it crosses zones: `root`, `country/EE`, `EE/node/x`, or a passport's identifier in machine form.
 * Whether an identifier's check digits hold is `identifier.ts`'s business. Throws `schema-mismatch`.
 *
 * spec: records#names
 */
export function parseName(name: string): ParsedName {
  if (name === 'root') return { kind: 'root', zone: 'root' }
  if (/^country\/[A-Z]{2}$/.test(name)) return { kind: 'country', zone: 'root' }
  if (/^[A-Z]{2}[0-9A-Z]{26}$/.test(name)) return { kind: 'passport', zone: name.slice(0, 2) }
  if (rootPolicy.test(name)) return { kind: 'policy', zone: 'root' }
  const match = qualified.exec(name)
  if (match?.[1] && match[2]) {
    // the expression admits just these four
    return { kind: match[2] as NameKind, zone: match[1] }
  }
  throw new ProtocolError(
    'schema-mismatch',
    `reading the name ${quote(name)}: expected "root", "country/CC", "CC/operator/id", "CC/node/id", "CC/requester/id", "policy/id", "CC/policy/id" or an identifier of 28 characters`,
  )
}
