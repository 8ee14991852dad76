import { z } from 'zod'

/**
 * What drives an event and where it happens: searches, comparisons and wish lists are intent; posts and shares sharing;
 * reviews, plays, rides, visits and purchases experience.
 *
 * spec: moment
 */
export const momentSchema = z.strictObject({
  driver: z.enum(['intent', 'sharing', 'experience']),
  channel: z.enum(['online', 'offline']),
  stage: z
    .string()
    .regex(/^[a-z][a-z-]{0,39}$/)
    .optional(),
})
export type Moment = z.infer<typeof momentSchema>

/** A pattern that agreements and queries name moments by: what it leaves out matches anything. */
export const momentPatternSchema = z.strictObject({
  driver: momentSchema.shape.driver.optional(),
  channel: momentSchema.shape.channel.optional(),
})
export type MomentPattern = z.infer<typeof momentPatternSchema>

/** Whether a moment is one of those that the pattern names. */
export function isMomentOf(pattern: MomentPattern, moment: Moment | undefined): boolean {
  if (moment === undefined) return false
  return (pattern.driver ?? moment.driver) === moment.driver && (pattern.channel ?? moment.channel) === moment.channel
}

/** Whether everything that `narrow` names is named by `wide` too. */
export function isWithinPattern(narrow: MomentPattern, wide: MomentPattern): boolean {
  return (
    (wide.driver === undefined || wide.driver === narrow.driver) &&
    (wide.channel === undefined || wide.channel === narrow.channel)
  )
}
