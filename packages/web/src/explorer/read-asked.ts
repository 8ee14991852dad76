import { ProtocolError } from '@dcann/protocol/errors'
import { parseHandleAddress } from '@dcann/protocol/handle'
import { type Identifier, parseIdentifier } from '@dcann/protocol/identifier'
import { parseName } from '@dcann/protocol/name'
import { readAsk } from '@dcann/sdk/requester'

/** What somebody typed, pasted or scanned, and what it is about. */
export type Asked =
  | { readonly is: 'passport'; readonly identifier: Identifier }
  | { readonly is: 'name'; readonly of: 'country' | 'operator' | 'node' | 'requester'; readonly name: string }

/**
 * Reads an identifier as a person types it, a name, a country's two letters, a handle's address, or the link or QR code of an
 * ask. Throws `identifier-invalid`, saying what is wrong with what looks most like an identifier.
 */
export function readAsked(text: string): Asked {
  const typed = text.trim()
  if (typed.includes('#')) return { is: 'name', of: 'requester', name: readAsk(typed).requester }
  const address = parseHandleAddress(typed)
  if (address) return { is: 'name', of: 'node', name: address.node }
  if (/^[A-Za-z]{2}$/.test(typed)) return { is: 'name', of: 'country', name: `country/${typed.toUpperCase()}` }
  if (typed.includes('/')) return readName(typed)
  return { is: 'passport', identifier: parseIdentifier(typed) }
}

function readName(typed: string): Asked {
  const [zone = '', ...rest] = typed.split('/')
  const name =
    zone.toLowerCase() === 'country'
      ? `country/${rest.join('/').toUpperCase()}`
      : [zone.toUpperCase(), ...rest.map((part) => part.toLowerCase())].join('/')
  const { kind } = parseName(name)
  if (kind === 'country' || kind === 'operator' || kind === 'node' || kind === 'requester')
    return { is: 'name', of: kind, name }
  throw new ProtocolError('identifier-invalid', `reading what was asked: ${kind} is nothing to look up here`)
}

/** Which rule of identifiers a text breaks, as `parseIdentifier` judges them, in their order. */
export function faultOf(text: string): 'characters' | 'length' | 'country' | 'letters' | 'check' {
  const plain = text
    .trim()
    .replace(/^dcann:/i, '')
    .replaceAll(/[ -]/g, '')
  if (!/^[\x21-\x7e]*$/.test(plain)) return 'characters'
  if (plain.length !== 28) return 'length'
  if (!/^[A-Za-z]{2}/.test(plain)) return 'country'
  return /^[0-9A-TV-Za-tv-z]{24}[0-9A-Za-z]{2}$/.test(plain.slice(2)) ? 'check' : 'letters'
}

/** How many characters of an identifier were typed. */
export function lengthOf(text: string): number {
  return text
    .trim()
    .replace(/^dcann:/i, '')
    .replaceAll(/[ -]/g, '').length
}
