import { z } from 'zod'
import type { ControlPin } from './control.ts'
import { ProtocolError, quote } from './errors.ts'
import { limits, times } from './limits.ts'
import { nodeNameSchema, requesterNameSchema } from './name.ts'
import type { RequesterRecord } from './requester.ts'
import { type Noun, recordIdSchema, type Verified } from './signed.ts'
import { isLoopback } from './text.ts'
import { type Instant, parseTime, timeSchema } from './time.ts'

/**
 * A vault node tells a requester to read an agreement's chain, and not why: whoever carries or serves the inbox learns
 * neither what happened nor to whom.
 *
 * spec: notice
 */
export const noticeSchema = z.strictObject({
  v: z.literal(1),
  node: nodeNameSchema,
  /** Whom it is for, so that it tells nobody else anything. */
  aud: requesterNameSchema,
  agreement: recordIdSchema,
  /** Read from this line on; it may not be there, when what changed writes none. */
  n: z.int().min(1),
  at: timeSchema,
})
export type Notice = z.infer<typeof noticeSchema>

export const noticeNoun: Noun<Notice> = {
  typ: 'dcann-notice+json',
  schema: noticeSchema,
  mostBytes: limits.payloadBytes,
}

/**
 * What a holder is told soon, in a word: an ask came, or a proffer was accepted; an agreement goes on under another handle;
 * a grant has settled, or lapsed;
 * special data was answered; a requester changed hands, or was suspended, ended or reinstated; the node or who runs it was;
 * the passport's own record changed; a key was given or lost a right; such a key acted.
 *
 * spec: notice#holders
 */
export const soonSchema = z.enum([
  'ask',
  'accepted',
  'handle',
  'settled',
  'special',
  'takeover',
  'requester',
  'node',
  'passport',
  'key',
  'other-key',
])
export type Soon = z.infer<typeof soonSchema>

/**
 * Schema of an address at which a holder is woken: https (http on loopback, which a test root admits) in normal form. What
 * browsers are given by their push services has queries, and may be long.
 *
 * spec: notice#push
 */
export const endpointSchema = z
  .string()
  .max(limits.endpointBytes)
  .refine(isEndpoint, { error: 'expected an https address in normal form, without user or fragment' })

function isEndpoint(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, username, password, hash, href } = new URL(text)
  const isSecure = protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
  return isSecure && username === '' && password === '' && hash === '' && href === text
}

/** What of a requester's record a holder who agreed with it is told of, when it changes. */
export type KnownRequester = Pick<RequesterRecord, 'status'> & { readonly control: ControlPin }

/**
 * What is new to a holder who knew the requester as it was before; `undefined` for a change that is none of theirs. Who
 * owns it outweighs all else.
 *
 * spec: notice#takeover
 */
export function newsOf(before: KnownRequester, after: KnownRequester): 'takeover' | 'requester' | undefined {
  if (before.control.epoch !== after.control.epoch || before.control.parent !== after.control.parent) return 'takeover'
  return before.status === after.status ? undefined : 'requester'
}

/** What a requester knows of an agreement before it hears of it. */
export type NoticeExpected = {
  readonly aud: string
  /** The node that answers under the agreement. */
  readonly node: string
  readonly now: Instant
}

/**
 * Judges a notice that the identity key of its node signed. Throws `not-entitled` when it is for somebody else or by a node
 * that does not answer under the agreement, `time-invalid` when it is dated ahead, `expired` when it is older than a node
 * keeps trying.
 *
 * spec: notice#judging
 */
export function judgeNotice(
  { payload }: Pick<Verified<Notice>, 'payload'>,
  { aud, node, now }: NoticeExpected,
): Notice {
  const refuse = (code: 'not-entitled' | 'time-invalid' | 'expired', why: string): never => {
    throw new ProtocolError(code, `judging a notice: ${why}`)
  }
  if (payload.aud !== aud) refuse('not-entitled', `it is for ${quote(payload.aud, 60)}, this is ${quote(aud, 60)}`)
  if (payload.node !== node)
    refuse('not-entitled', `it is by ${quote(payload.node, 60)}, under its agreement answers ${quote(node, 60)}`)
  const at = parseTime(payload.at)
  if (at > now + times.nodeSkew)
    refuse('time-invalid', `it is dated ${payload.at}, more than ${times.nodeSkew} s ahead`)
  if (now >= at + times.noticeKept + times.nodeSkew)
    refuse('expired', `it is dated ${payload.at}; notices are sent for ${times.noticeKept / 86_400} days`)
  return payload
}
