import { z } from 'zod'

/** A dotted tag of our own, or an id of the IAB Audience Taxonomy 1.1: `mobility.ride`, `iab-aud:1137`. spec: tag */
export const tagSchema = z
  .string()
  .max(80)
  .regex(/^(?:[a-z][a-z0-9-]*(?:\.[a-z0-9][a-z0-9-]*){0,5}|iab-aud:[0-9]{1,6})$/)

/** Tags of an entry or strand: sorted, each once. */
export const tagsSchema = z
  .array(tagSchema)
  .max(32)
  .refine((tags) => tags.every((tag, i) => i === 0 || (tags[i - 1] ?? '') < tag), {
    error: 'expected sorted tags, each once',
  })
