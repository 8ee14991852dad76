import { utf8 } from '@dcann/protocol/bytes'
import { ProtocolError } from '@dcann/protocol/errors'
import { fromCrockford32, type Identifier } from '@dcann/protocol/identifier'
import { type Signer, signerFromSeed } from '@dcann/protocol/key'
import { nodeNameSchema } from '@dcann/protocol/name'
import { parseSchema, type Signed } from '@dcann/protocol/signed'
import type { Stop } from '@dcann/protocol/stop'
import type { Instant } from '@dcann/protocol/time'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { makeCapability, makeStop, type ToStop } from './capability.ts'
import { asPrinted, charactersOf, wholeCheck, withCheck } from './checked-groups.ts'
import type { Resolver } from './resolver.ts'
import type { CallWorld } from './signed-call.ts'
import { createVaultClient } from './vault-client.ts'
import { instantOf, type SigningWorld } from './world.ts'

const label = 'dcann/card/1'
const secretBytes = 16
/** Groups of five characters with a check character each; the last four of the 30 check the whole. */
const groups = 6
const wholeBits = 20

/** What a card says: where the vault is, when it bears that, and the secret. It names no person. */
export type Card = {
  /** The vault node's name; absent when only the code was read. */
  readonly node: string | undefined
  /** 16 bytes: whoever has them can stop, and can do nothing else. */
  readonly secret: Uint8Array
}

/** The key of a card: HKDF-SHA256 of its secret without salt, info `dcann/card/1`. spec: capability#card */
export function cardSigner({ secret }: Pick<Card, 'secret'>): Signer {
  requireLength(secret)
  return signerFromSeed(hkdf(sha256, secret, undefined, utf8(label), 32))
}

/** The card as it is printed: the node's name, where there is one, and six groups of six characters. spec: capability#card */
export function writeCard({ node, secret }: Card): string {
  requireLength(secret)
  const characters = charactersOf(secret) + wholeCheck(label, secret, wholeBits)
  const written = Array.from({ length: groups }, (_, i) => withCheck(label, i, characters.slice(i * 5, i * 5 + 5)))
  return [...(node === undefined ? [] : [node]), written.join('-')].join(' ')
}

/**
 * Reads a card as a person types it, with or without the node's name in front: any case, spaces, hyphens and line ends, O
 * for 0 and I or L for 1. Throws `wallet-invalid`, naming the first group that is wrong; never guesses, never quotes.
 *
 * spec: capability#card
 */
export function readCard(text: string): Card {
  const named = /^\s*([A-Za-z]{2}\/node\/[A-Za-z0-9-]+)(?:\s+|$)/i.exec(text)
  const node = named?.[1] === undefined ? undefined : nameOf(named[1])
  const plain = asPrinted(text.slice(named?.[0].length ?? 0))
  if (plain === undefined) throw invalid('it holds something else than letters A to Z and digits')
  if (plain.length !== groups * 6)
    throw invalid(`its code has ${plain.length} characters, expected ${groups * 6} in ${groups} groups of 6`)
  let characters = ''
  for (let i = 0; i < groups; i++) {
    const group = plain.slice(i * 6, i * 6 + 6)
    if (withCheck(label, i, group.slice(0, 5)) !== group) {
      throw invalid(`group ${i + 1} of ${groups} is mistyped; compare it with the card`, { group: i + 1 })
    }
    characters += group.slice(0, 5)
  }
  const secret = fromCrockford32(characters.slice(0, 26), secretBytes)
  if (secret === undefined || wholeCheck(label, secret, wholeBits) !== characters.slice(26)) {
    throw invalid('its groups do not fit each other; look for a mistyped character')
  }
  return { node, secret }
}

/** A card that was just made: shown once, and kept nowhere. */
export type MadeCard = {
  /** What is printed. */
  readonly text: string
  readonly signer: Signer
  /** For the vault: the card works once it has this. */
  readonly capability: Signed
}

/** Ten years: a card lies in a drawer until it is needed. */
const cardLife = 3_652 * 86_400

/**
 * Makes a stop card for a passport at home at `node`, by a control key.
 *
 * ```ts
 * const { text, capability } = await makeCard(world, { passport, node: 'EE/node/tallinn', control })
 * await vault.makeCapability(capability)
 * print(text)
 * ```
 *
 * spec: capability#card
 */
export async function makeCard(
  world: SigningWorld,
  made: {
    readonly passport: Identifier
    readonly node: string
    readonly control: Signer
    /** Seconds since 1970; ten years from now when absent. */
    readonly until?: Instant
  },
): Promise<MadeCard> {
  const node = parseSchema(nodeNameSchema, made.node, 'making a card')
  const card: Card = { node, secret: world.random(secretBytes).slice() }
  const signer = cardSigner(card)
  const until = made.until ?? instantOf(world) + cardLife
  const { passport, control } = made
  const capability = await makeCapability(world, { passport, key: signer.key, right: 'narrow', until }, control)
  return { text: writeCard(card), signer, capability }
}

/**
 * Uses a card from anywhere: a resolver to find the node that the card names, or the vault's own address. When it returns,
 * nothing leaves any more. Throws `wallet-invalid` for a mistyped card, `not-found` for one that is no card or was ended.
 *
 * ```ts
 * await useCard(world, resolver, 'EE/node/tallinn 9K3F0T-…', 'revoke', { all: true })
 * ```
 *
 * spec: stop
 */
export async function useCard(
  world: CallWorld,
  where: Pick<Resolver, 'resolveHome'> | string,
  text: string,
  kind: Stop['kind'],
  of: ToStop = { all: true },
): Promise<{ readonly kind: Stop['kind']; readonly effective_after: number }> {
  const card = readCard(text)
  const signer = cardSigner(card)
  const url = typeof where === 'string' ? where : await addressOf(where, card)
  return await createVaultClient(world, url).stop(await makeStop(world, kind, of, signer))
}

async function addressOf(resolver: Pick<Resolver, 'resolveHome'>, { node }: Card): Promise<string> {
  if (node === undefined) throw invalid('it lacks the name of the vault node that stands above the code')
  return (await resolver.resolveHome(node)).node.payload.url
}

/** As names are written: the country in capitals, the rest in small letters. */
function nameOf(typed: string): string {
  return parseSchema(nodeNameSchema, typed.slice(0, 2).toUpperCase() + typed.slice(2).toLowerCase(), 'reading a card')
}

function requireLength(secret: Uint8Array): void {
  if (secret.length !== secretBytes) throw invalid(`its secret has ${secret.length} bytes, expected ${secretBytes}`)
}

function invalid(why: string, facts: Readonly<Record<string, number>> = {}): ProtocolError {
  return new ProtocolError('wallet-invalid', `reading a card: ${why}`, facts)
}
