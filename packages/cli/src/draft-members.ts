import { keyDigest } from '@dcann/protocol/key'
import { formatTime, type Instant } from '@dcann/protocol/time'
import { readPublicKeys } from './key-file.ts'
import { wholeNumber } from './option-values.ts'
import type { Given, ofAnnounced, ofContacts, ofKeySet } from './options.ts'

/** Members as options and files give them, before anybody judges their form. */
export type Members = { readonly [member: string]: unknown }

/** Members of a key set out of options: a new set of keys acts together unless a threshold is given. */
export async function keySetMembers(given: Given<typeof ofKeySet>, base: Members): Promise<Members> {
  const keys = given.key && (await readPublicKeys(given.key))
  const threshold = given.threshold === undefined ? keys?.length : wholeNumber(given.threshold, '--threshold', 1)
  return { keys, threshold, next: await announcedMember(given, base) }
}

/** Digests of the keys to announce; what was announced stays when nothing is said. */
export async function announcedMember(
  given: Given<typeof ofAnnounced>,
  base: Members,
): Promise<readonly string[] | undefined> {
  const { next, 'next-digest': digests = [] } = given
  if (next === undefined && digests.length === 0) return base['next'] === undefined ? [] : undefined
  const keys = await readPublicKeys((next ?? []).filter((one) => one !== 'none'))
  return [...keys.map(keyDigest), ...digests.flatMap((list) => list.split(','))]
}

/** An LEI as given; `none` is null, and so is a first record's when nothing is said. */
export function leiMember(given: string | undefined, base: Members): string | null | undefined {
  if (given !== undefined) return given === 'none' ? null : given
  return base['lei'] === undefined ? null : undefined
}

/** How somebody is reached: what was, with what is given. */
export function contactsMember({ email, website, phone }: Given<typeof ofContacts>, base: Members): Members {
  return merged(base['contacts'], { email, url: website, phone })
}

/** From now for a year: how long an accreditation or a root lasts when nobody says otherwise. */
export function yearFrom(now: Instant): { readonly from: string; readonly until: string } {
  return { from: formatTime(now), until: formatTime(now + 365 * 86_400) }
}

/** An object member: what it was, or would be, with what is given. */
export function merged(before: unknown, given: Members): Members {
  return { ...(typeof before === 'object' ? before : {}), ...defined(given) }
}

/** What was given alone, so that what was not leaves what stands. */
export function defined(members: Members): Members {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}

/** A first record's value of a member that has a usual one. */
export function usual<T>(given: T | undefined, base: Members, member: string, value: T): T | undefined {
  return given ?? (base[member] === undefined ? value : undefined)
}
