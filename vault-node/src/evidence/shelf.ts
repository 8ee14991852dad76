import { type EvidenceEntry, evidenceEntrySchema, saltSchema } from '@dcann/protocol/evidence'
import { soonSchema } from '@dcann/protocol/notice'
import { json, raw, shelf, text } from '@dcann/store/shelf'
import { z } from 'zod'

/** The end of a chain: how many entries it has, and the leaf of the last. */
export type ChainHead = { readonly n: number; readonly leaf: string | null }

/** A line as it is kept: the entry, what opens its leaf, and what the trail shows beside it. */
const lineSchema = z.strictObject({
  entry: evidenceEntrySchema,
  salt: saltSchema,
  passport: z.string().nullable(),
  requester: z.string().optional(),
  about: z.array(z.string()),
  soon: soonSchema.optional(),
})
export type Line = z.infer<typeof lineSchema>

const headSchema = z.strictObject({ n: z.int(), leaf: z.string().nullable() })

/** `a/<agreement>` or `p/<passport>`. */
export type ChainName = readonly ['a' | 'p', string]

export function chainOf(entry: Pick<EvidenceEntry, 'agreement' | 'passport'>): ChainName {
  return entry.agreement === null ? ['p', entry.passport ?? ''] : ['a', entry.agreement]
}

/** Lines of every chain, by number; heads of the passports' own chains (an agreement's head stands in its state). */
export const lines = shelf(
  'evidence/lines',
  json((value) => lineSchema.parse(value)),
)
export const passportHeads = shelf(
  'evidence/heads',
  json((value) => headSchema.parse(value)),
)
/** A passport's trail: time and leaf → chain and number. */
export const trailIndex = shelf('evidence/trail', text)
/** Leaves that wait for their place in the node's log, oldest first; then their place. */
export const pendingLeaves = shelf('evidence/pending', text)
export const leafIndexes = shelf('evidence/index', text)
export const tiles = shelf('evidence/tiles', raw)
export const logHead = shelf(
  'evidence/log',
  json((value) => z.strictObject({ frontier: z.string(), checkpoint: z.string() }).parse(value)),
)
/** The newest head that a quorum of the root's witnesses has cosigned, with their lines. */
export const cosignedHead = shelf(
  'evidence/cosigned',
  json((value) => z.strictObject({ size: z.int().min(1), checkpoint: z.string() }).parse(value)),
)

/** Numbers in keys are of one width, so that their order is the order of the bytes. */
export function padded(n: number, width = 12): string {
  return String(n).padStart(width, '0')
}
