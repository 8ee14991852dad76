import { z } from 'zod'
import { tagsSchema } from './tag.ts'
import { timeSchema } from './time.ts'
import { categorySchema } from './vocabulary.ts'

export const strandNameSchema = z
  .string()
  .max(80)
  .regex(/^[a-z][a-z0-9-]*(?:\.[a-z][a-z0-9-]*){1,4}$/)

/** A thread of a person's data: one thing about their life, of one shape. spec: strand */
export const strandSchema = z.strictObject({
  name: strandNameSchema,
  kind: z.enum(['record', 'stream', 'link']),
  /** URN of the schema of its bodies. */
  schema: z
    .string()
    .max(120)
    .regex(/^urn:[a-z0-9][a-z0-9-]{0,31}:[A-Za-z0-9._:-]+$/),
  category: categorySchema,
  special: z.boolean(),
  tags: tagsSchema,
  /** `node` answers unattended; `holder` is sealed in the wallet. */
  custody: z.enum(['node', 'holder']),
})
export type Strand = z.infer<typeof strandSchema>

/** What a strand covers: event times of its first and last entry, how many there are, and when the last one came in. */
export const coverageSchema = z.strictObject({
  from: timeSchema.nullable(),
  to: timeSchema.nullable(),
  last_event: timeSchema.nullable(),
  entries: z.int().min(0),
})
export type Coverage = z.infer<typeof coverageSchema>
