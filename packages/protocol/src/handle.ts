import { z } from 'zod'
import { crockford32 } from './identifier.ts'
import { type PublicKey, thumbprintBytes } from './key.ts'

/** What a requester knows a person by: 26 characters, made from a key that only this requester ever sees. */
export type Handle = string

const grammar = '[0-9a-hjkmnp-tv-z]{26}'
export const handleSchema = z.string().regex(new RegExp(`^${grammar}$`))

/** The handle of a handle key: the first 130 bits of its thumbprint in lower-case Crockford base32. spec: handle */
export function handleOf(key: PublicKey): Handle {
  return crockford32(thumbprintBytes(key), 130).toLowerCase()
}

/** A handle with a hint where to ask, as people pass it on: `9k3v…@EE/node/x`. */
export function handleAddress(handle: Handle, node: string): string {
  return `${handle}@${node}`
}

const address = new RegExp(`^(${grammar})@([A-Z]{2}/node/[a-z0-9-]{1,40})$`)

/** Splits a handle's address; `undefined` when the text is none. */
export function parseHandleAddress(text: string): { readonly handle: Handle; readonly node: string } | undefined {
  const match = address.exec(text)
  return match?.[1] && match[2] ? { handle: match[1], node: match[2] } : undefined
}
