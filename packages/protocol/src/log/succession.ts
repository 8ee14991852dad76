import { z } from 'zod'
import { equalBytes, fromBase64Url } from '../bytes.ts'
import { ProtocolError, quote } from '../errors.ts'
import { type PublicKey, publicKeySchema } from '../key.ts'
import { recordIdSchema } from '../signed.ts'
import type { Hash, Head } from './merkle.ts'
import { zoneOriginSchema } from './origin.ts'

/** Under which origin and by which key a zone's log speaks. spec: country#another-log */
export const logSchema = z.strictObject({ origin: zoneOriginSchema, key: publicKeySchema })
export type Log = { readonly origin: string; readonly key: PublicKey }

/** Where the log before ended, whose entries this one begins with. spec: country#another-log */
export const frozenSchema = z.strictObject({ size: z.int().min(0), root: recordIdSchema })
export type Frozen = z.infer<typeof frozenSchema>

/** What a zone's record says of its log. */
export type LogNamed = { readonly log: Log; readonly frozen?: Frozen | undefined }

/** A log, and the size of the first head that it speaks for: that of the batch whose acts name it. */
export type Speaker = Log & { readonly from: number }

/**
 * Judges what a record says of its log after the one before: a new key speaks under a new origin, and the record says
 * where the log before ended, so that nobody goes on under the old key and nobody leaves entries out under the new.
 * Throws `rule-broken`.
 *
 * spec: country#another-log
 */
export function requireSuccession(held: LogNamed | undefined, proposed: LogNamed, name: string): void {
  const { log, frozen } = proposed
  const isNew = held !== undefined && held.log.key !== log.key
  const isKept = held === undefined || (held.log.key === log.key && held.log.origin === log.origin)
  const same = held?.frozen?.size === frozen?.size && held?.frozen?.root === frozen?.root
  if (isKept && same) return
  if (isNew && held.log.origin !== log.origin && frozen && frozen.size >= (held.frozen?.size ?? 0)) return
  throw new ProtocolError(
    'rule-broken',
    isNew
      ? `admitting ${quote(name)}: its log has a new key; expected a new origin with it, and frozen to say where the log before ended`
      : `admitting ${quote(name)}: its log has the key of before; expected its origin and frozen to be those of before`,
  )
}

/** The log that speaks for a head of a size: the newest that its own acts name. spec: log#who-speaks */
export function speakerAt(speakers: readonly Speaker[], size: number): Log | undefined {
  return speakers.findLast(({ from }) => from <= size)
}

/**
 * Judges whether the log that signed a head may: it is the one that the zone's record names after the acts under that very
 * head. One named before speaks no more from there on, and one that is named later does not yet.
 *
 * Throws `key-unknown`.
 *
 * spec: log#who-speaks
 */
export function requireSpeaker(speakers: readonly Speaker[], size: number, by: Log): void {
  const named = speakerAt(speakers, size)
  if (named?.key === by.key && named.origin === by.origin) return
  throw new ProtocolError(
    'key-unknown',
    `judging a head of ${size} entries: it is signed as ${quote(by.origin)}, and its own acts name ${named ? quote(named.origin) : 'nobody'}; expected the log that they name`,
    { size },
  )
}

/**
 * Judges that a log begins with what the one before had when it was frozen; `rootAt` gives its own root at a size that it
 * has. Throws `rollback` for a head smaller than that, `forked` for another past.
 *
 * spec: country#another-log
 */
export function requireFrozen(frozen: Frozen | undefined, size: number, rootAt: (size: number) => Hash): void {
  if (frozen === undefined) return
  if (size < frozen.size) {
    throw new ProtocolError(
      'rollback',
      `judging a head of ${size} entries: its log begins with the ${frozen.size} of the log before`,
      { size, known: frozen.size },
    )
  }
  const before: Head = { size: frozen.size, root: fromBase64Url(frozen.root) }
  if (equalBytes(rootAt(before.size), before.root)) return
  throw new ProtocolError(
    'forked',
    `judging a head of ${size} entries: its first ${frozen.size} are not those that the log before ended with; keep both and show them`,
    { size, known: frozen.size },
  )
}
