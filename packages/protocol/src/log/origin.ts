import { nodeNameSchema } from '../name.ts'
import { plainTextSchema } from '../text.ts'

/**
 * The name of a zone's log: one word without a slash. Whatever else has a log has one with a slash, so that no cosignature
 * that says less than a replay can stand under a zone's head.
 *
 * spec: log#origin
 */
export const zoneOriginSchema = plainTextSchema(100).refine((origin) => !origin.includes('/'), {
  error: 'expected an origin without a slash, which logs have that are no zones',
})

/** The name of a node's evidence log. spec: log#origin */
export function evidenceOrigin(node: string): string {
  return `dcann.example/evidence/${node}`
}

/** Whose evidence log an origin names; `undefined` when nobody's. spec: log#origin */
export function nodeOfOrigin(origin: string): string | undefined {
  const [, name] = /^[^/]+\/evidence\/(.+)$/.exec(origin) ?? []
  return nodeNameSchema.safeParse(name).success ? name : undefined
}
