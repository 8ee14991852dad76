import { z } from 'zod'

/** Control and invisible characters and those that turn the direction of text: nothing that a person reads may hold them. */
const unprintable =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/u

/** Schema of text that people read: one line, `most` UTF-16 units at most, no control or direction characters. */
export function plainTextSchema(most: number): z.ZodString {
  return z
    .string()
    .min(1)
    .max(most)
    .refine((text) => text.isWellFormed() && !unprintable.test(text) && text.trim() === text, {
      error: 'expected one line of plain text without control or direction characters',
    })
}

/** Schema of a base address: https (http only on loopback, which `network.ts` of a test root admits), no user, no fragment. */
export const urlSchema = z
  .string()
  .max(512)
  .refine(isBaseUrl, { error: 'expected an https address in normal form, without user, query or fragment' })

function isBaseUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const url = new URL(text)
  const loopback = url.protocol === 'http:' && isLoopback(url.hostname)
  if (url.protocol !== 'https:' && !loopback) return false
  if (url.username !== '' || url.password !== '' || url.hash !== '' || url.search !== '') return false
  return url.href === text || url.href === `${text}/`
}

/** Whether a host name of a parsed URL is this machine itself. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}

/** Schema of a Legal Entity Identifier (ISO 17442): 18 characters and MOD 97-10 check digits. */
export const leiSchema = z
  .string()
  .regex(/^[0-9A-Z]{18}[0-9]{2}$/)
  .refine((lei) => mod97(lei) === 1, { error: 'expected an LEI whose check digits hold' })

/** ISO 7064 MOD 97-10 over digits and letters, letters as two digits. */
export function mod97(text: string): number {
  let sum = 0
  for (const c of text) {
    const value = Number.parseInt(c, 36)
    sum = (sum * (value > 9 ? 100 : 10) + value) % 97
  }
  return sum
}
