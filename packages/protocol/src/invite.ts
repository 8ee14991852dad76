import { z } from 'zod'
import { base64Url, concatenate, sha256, utf8 } from './bytes.ts'
import { ProtocolError, quote } from './errors.ts'
import { crockford32, fromCrockford32 } from './identifier.ts'
import { nodeNameSchema } from './name.ts'
import { requesterKindSchema } from './requester.ts'
import type { RecordId } from './signed.ts'
import { plainTextSchema } from './text.ts'
import { type Instant, parseTime, timeSchema } from './time.ts'
import { purposeSchema } from './vocabulary.ts'

/**
 * A token that a holder gives out, in machine form: whoever delivers it first with an offer reaches them, once, and learns
 * nobody's name by it. 26 characters of 128 bits, and 4 that check them.
 *
 * spec: invite#token
 */
export type Invite = string

const secretBytes = 16
const characters = 26
const checkBits = 20
const length = characters + checkBits / 5

/** Schema of a token in machine form, whose check holds. */
export const inviteSchema = z
  .string()
  .max(length)
  .refine((text) => secretIn(text) !== undefined, { error: 'expected an invite in machine form whose check holds' })

/** The token of a secret of 16 bytes that nobody can foretell. spec: invite#token */
export function inviteOf(secret: Uint8Array): Invite {
  if (secret.length !== secretBytes) throw new Error(`making an invite: its secret has ${secret.length} bytes, not 16`)
  const code = crockford32(concatenate(secret, Uint8Array.of(0)), characters * 5)
  return code + crockford32(sha256(concatenate(utf8('dcann/invite-check/1\n'), secret)), checkBits)
}

function secretIn(text: string): Uint8Array | undefined {
  if (text.length !== length) return undefined
  const secret = fromCrockford32(text.slice(0, characters), secretBytes)
  return secret !== undefined && inviteOf(secret) === text ? secret : undefined
}

/**
 * Reads a token as a person types it: any case, spaces and hyphens anywhere, O for 0 and I or L for 1. Throws
 * `malformed-request` and never guesses; does not quote it, since it is a secret.
 *
 * spec: invite#token
 */
export function parseInvite(text: string): Invite {
  const refuse = (why: string): never => {
    throw new ProtocolError('malformed-request', `reading an invite: ${why}`)
  }
  const typed = text.replaceAll(/[\s-]/g, '')
  // upper-casing may turn other letters into ASCII ones, so what is not ASCII goes first
  if (!/^[0-9A-Za-z]*$/.test(typed)) refuse('it holds something else than letters A to Z and digits')
  const plain = typed.toUpperCase().replaceAll('O', '0').replaceAll(/[IL]/g, '1')
  if (plain.length !== length) refuse(`it has ${plain.length} characters, expected ${length} in 6 groups of 5`)
  if (secretIn(plain) === undefined) refuse('its check does not hold; look for a mistyped character')
  return plain
}

/** Six groups of five, as people read it. */
export function formatInvite(invite: Invite): string {
  return invite.match(/.{5}/g)?.join('-') ?? invite
}

/** What the vault keeps in place of a token, and the name of the invite. Throws `malformed-request` for no token. spec: invite#digest */
export function inviteDigest(invite: Invite): RecordId {
  const secret = secretIn(invite)
  if (secret === undefined) throw new ProtocolError('malformed-request', 'naming an invite: its check does not hold')
  return base64Url(sha256(concatenate(utf8('dcann/invite/1\n'), secret)))
}

/** A token with the node that knows it, as people pass it on: `K3F9X-…@EE/node/x`. */
export function inviteAddress(invite: Invite, node: string): string {
  return `${formatInvite(invite)}@${node}`
}

/** Reads such an address. Throws `malformed-request`. */
export function parseInviteAddress(text: string): { readonly invite: Invite; readonly node: string } {
  const at = text.lastIndexOf('@')
  const node = nodeNameSchema.safeParse(text.slice(at + 1).trim())
  if (at < 0 || !node.success) {
    const behind = at < 0 ? 'nothing' : quote(text.slice(at + 1), 60)
    throw new ProtocolError(
      'malformed-request',
      `reading an invite: expected the name of its node behind @, is ${behind}`,
    )
  }
  return { invite: parseInvite(text.slice(0, at)), node: node.data }
}

/** What a holder says about an invite when making it. spec: invite#limits */
export const inviteTermsSchema = z.strictObject({
  expires: timeSchema,
  /** Only for offers of which every term has this purpose. */
  purpose: purposeSchema.optional(),
  /** Only for requesters of this kind. */
  kind: requesterKindSchema.optional(),
  /** For the holder's own eyes: who it was given to. */
  note: plainTextSchema(80).optional(),
})
export type InviteTerms = z.infer<typeof inviteTermsSchema>

/** How an invite stands: `spent` and `withdrawn` stay so; `expired` is derived. */
export const inviteStates = ['open', 'spent', 'withdrawn', 'expired'] as const
export type InviteState = (typeof inviteStates)[number]

/** How it stands at `now`. spec: invite#states */
export function inviteState(
  held: { readonly expires: string; readonly spent: boolean; readonly withdrawn: boolean },
  now: Instant,
): InviteState {
  if (held.spent) return 'spent'
  if (held.withdrawn) return 'withdrawn'
  return now < parseTime(held.expires) ? 'open' : 'expired'
}

/**
 * Whether an open invite is for this requester and what it offers. Nobody is told which of the two it was that failed.
 *
 * spec: invite#limits
 */
export function isInvited(
  { purpose, kind }: Pick<InviteTerms, 'purpose' | 'kind'>,
  asked: { readonly kind: string; readonly purposes: readonly string[] },
): boolean {
  return (
    (kind === undefined || kind === asked.kind) &&
    (purpose === undefined || asked.purposes.every((one) => one === purpose))
  )
}
