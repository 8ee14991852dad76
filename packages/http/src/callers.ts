import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { isIP } from 'node:net'
import { LRUCache } from 'lru-cache'
import { fieldIn } from './raw-head.ts'

/** Whom a request is counted as, before it is known whose it is. */
export type Caller<Kind extends string> = { readonly kind: Kind; readonly lane: string }

export type CallersOptions<Kind extends string> = {
  /** What kind asks at this path: `name` has lately proved itself from the same address, or nobody has. */
  readonly kindOf: (path: string, name: string | undefined) => Kind
  /** Addresses of proxies of the operator's, whose last X-Forwarded-For says who is behind them. */
  readonly proxies?: readonly string[]
  /** Names and addresses remembered at most. */
  readonly most?: number
}

/**
 * Tells callers apart by what cannot be made up. A key in a head is only a claim, which anybody may copy, so it counts
 * where that key has signed a request from the same address before; all others are strangers, counted by address.
 */
export type Callers<Kind extends string> = {
  readonly of: (incoming: IncomingMessage) => Caller<Kind>
  /** `name` has signed this request. */
  readonly proved: (incoming: IncomingMessage, name: string) => void
  /** This request is not signed by whom it says: from this address the key is a claim again. */
  readonly failed: (incoming: IncomingMessage) => void
}

export function createCallers<Kind extends string>({
  kindOf,
  proxies = [],
  most = 10_000,
}: CallersOptions<Kind>): Callers<Kind> {
  /** Names by the address and key they have signed with, and the last name by address alone. */
  const known = new LRUCache<string, string>({ max: most })
  const addresses = new WeakMap<Socket, string>()
  const trusted = new Set(proxies.map(plainAddress))

  const addressOf = (incoming: IncomingMessage): string => {
    const { socket } = incoming
    let address = addresses.get(socket)
    if (address === undefined) {
      address = plainAddress(socket.remoteAddress ?? '')
      addresses.set(socket, address)
    }
    return trusted.has(address) ? (behind(incoming, trusted) ?? address) : networkOf(address)
  }

  return {
    of(incoming) {
      const address = addressOf(incoming)
      const claim = claimIn(incoming)
      const name = known.get(claim === undefined ? address : `${address} ${claim}`)
      // a call that names no key signs inside: its lane is its address, also where somebody is known there
      return { kind: kindOf(pathOf(incoming), name), lane: claim === undefined ? address : (name ?? address) }
    },
    proved(incoming, name) {
      const address = addressOf(incoming)
      known.set(address, name)
      const claim = claimIn(incoming)
      if (claim !== undefined) known.set(`${address} ${claim}`, name)
    },
    failed(incoming) {
      const claim = claimIn(incoming)
      if (claim !== undefined) known.delete(`${addressOf(incoming)} ${claim}`)
    },
  }
}

/** The key that a head says it is signed with. */
function claimIn({ rawHeaders }: IncomingMessage): string | undefined {
  const input = fieldIn(rawHeaders, 'signature-input')
  if (input === undefined) return undefined
  const from = input.indexOf(';keyid="')
  // nobody else's claim is longer, and a longer one is nobody's
  return from < 0 ? '' : input.slice(from + 8, from + 8 + 43)
}

function pathOf({ url = '' }: IncomingMessage): string {
  const mark = url.indexOf('?')
  return mark < 0 ? url : url.slice(0, mark)
}

/** From the right, the first address that is no proxy's: what stands before it is whatever the client wrote. */
function behind({ rawHeaders }: IncomingMessage, trusted: ReadonlySet<string>): string | undefined {
  const named = (fieldIn(rawHeaders, 'x-forwarded-for') ?? '').split(',').map((each) => plainAddress(each.trim()))
  const last = named.findLast((address) => !trusted.has(address))
  return last === undefined || isIP(last) === 0 ? undefined : networkOf(last)
}

/** Without a zone, and IPv4 as such, however it came. */
function plainAddress(address: string): string {
  const [bare = ''] = address.toLowerCase().split('%')
  return bare.startsWith('::ffff:') && bare.includes('.') ? bare.slice(7) : bare
}

/** Who has one address of IPv6 has 2^64 of them: the network of a line counts as one. */
export function networkOf(address: string): string {
  if (isIP(address) !== 6) return address
  const [head = '', tail] = address.split('::')
  const before = head.split(':').filter(Boolean)
  const after = tail === undefined ? [] : tail.split(':').filter(Boolean)
  const groups = [
    ...before,
    ...Array.from({ length: tail === undefined ? 0 : 8 - before.length - after.length }, () => '0'),
    ...after,
  ]
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`
}
