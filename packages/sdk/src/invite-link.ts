import { base64Url, fromBase64Url } from '@dcann/protocol/bytes'
import { canonicalBytes, parseCanonical } from '@dcann/protocol/canonical'
import { ProtocolError } from '@dcann/protocol/errors'
import { type Invite, inviteSchema, parseInviteAddress } from '@dcann/protocol/invite'
import { nodeNameSchema } from '@dcann/protocol/name'
import { parseSchema } from '@dcann/protocol/signed'
import { z } from 'zod'

const linkSchema = z.strictObject({ invite: inviteSchema, node: nodeNameSchema })

/** A token, and the node that knows whose it is. */
export type GivenInvite = { readonly invite: Invite; readonly node: string }

/** Writes the last part of an invite's address, to stand behind that of any requester: `invite#…`. spec: invite#token */
export function writeInvite(given: GivenInvite): string {
  return `invite#${base64Url(canonicalBytes(parseSchema(linkSchema, given, 'writing an invite')))}`
}

/**
 * Reads an invite as it was passed on: a whole address or `invite#…`, or the token with its node behind `@`. Throws
 * `malformed-request` and quotes nothing, since it is a secret.
 *
 * spec: invite#token
 */
export function readInvite(text: string): GivenInvite {
  const fragment = /^(?:(?:https?:\/\/[^\s#?]*\/)?invite)?#([A-Za-z0-9_-]+)$/.exec(text.trim())?.[1]
  if (fragment === undefined) return parseInviteAddress(text.trim())
  try {
    return parseSchema(linkSchema, parseCanonical(fromBase64Url(fragment), 512), 'reading an invite')
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    throw new ProtocolError('malformed-request', 'reading an invite: its link is not whole; scan or copy it again')
  }
}
