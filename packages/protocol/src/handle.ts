import { z } from 'zod'
import { crockford32 } from './identifier.ts'
import { type PublicKey, thumbprintBytes } from './key.ts'
import { nodeNameSchema } from './name.ts'

/** What a requester knows a person by: 26 characters, made from a key that only this requester ever sees. */
export type Handle = string

export const handleSchema = z.string().regex(/^[0-9a-hjkmnp-tv-z]{26}$/)

/** The handle of a handle key: the first 130 bits of its thumbprint in lower-case Crockford base32. spec: handle */
export function handleOf(key: PublicKey): Handle {
  return crockford32(thumbprintBytes(key), 130).toLowerCase()
}

/** A handle with a hint where to ask, as people pass it on: `9k3v…@EE/node/x`. */
export function handleAddress(handle: Handle, node: string): string {
  return `${handle}@${node}`
}

/** Splits a handle's address; `undefined` when the text is none. */
export function parseHandleAddress(text: string): { readonly handle: Handle; readonly node: string } | undefined {
  const [handle, node, ...more] = text.split('@')
  const parsed = z.strictObject({ handle: handleSchema, node: nodeNameSchema }).safeParse({ handle, node })
  return parsed.success && more.length === 0 ? parsed.data : undefined
}
