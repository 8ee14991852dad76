import { canonicalText, parseBounded } from '@dcann/protocol/canonical'
import { ProtocolError } from '@dcann/protocol/errors'
import { type Handle, handleOf, handleSchema } from '@dcann/protocol/handle'
import { identifierSchema, type Identifier } from '@dcann/protocol/identifier'
import type { Signer } from '@dcann/protocol/key'
import { nodeNameSchema } from '@dcann/protocol/name'
import { acceptedMembers, claimedBy, grantedMembers, pairIn, type SignedPair } from '@dcann/protocol/pair'
import { parseSchema, type RecordId, recordIdSchema, signedSchema } from '@dcann/protocol/signed'
import { urlSchema } from '@dcann/protocol/text'
import { z } from 'zod'
import { anybody, findHandleCounter, handleForSchema, handleSigner, type WalletSeed } from './wallet-keys.ts'

/**
 * All that a wallet remembers besides its seed, which the caller keeps sealed: which passports it holds and where they are,
 * which handles it made, and its own copy of every agreement. Losing it loses no right: the seed and the vault give it back.
 *
 * spec: wallet#state
 */
export const walletSchema = z
  .strictObject({
    v: z.literal(1),
    nodes: z.array(z.strictObject({ name: nodeNameSchema, url: urlSchema })).max(64),
    passports: z
      .array(
        z.strictObject({
          passport: identifierSchema,
          node: nodeNameSchema,
          genesis: signedSchema,
          /** The number of the wallet's control key, as the zone showed it last; 0 when absent. */
          control: z.int().min(0).optional(),
        }),
      )
      .max(64),
    handles: z
      .array(
        z.strictObject({
          requester: handleForSchema,
          counter: z.int().min(0),
          handle: handleSchema,
          passport: identifierSchema,
        }),
      )
      .max(4096),
    agreements: z
      .array(
        z.union([
          z.strictObject({ agreement: recordIdSchema, passport: identifierSchema, ...grantedMembers }),
          z.strictObject({ agreement: recordIdSchema, passport: identifierSchema, ...acceptedMembers }),
        ]),
      )
      .max(4096),
  })
  .refine(({ nodes }) => isDistinct(nodes.map(({ name }) => name)), { error: 'a node is listed twice' })
  .refine(({ passports }) => isDistinct(passports.map(({ passport }) => passport)), {
    error: 'a passport is listed twice',
  })
  .refine(({ handles }) => isDistinct(handles.map(({ requester, counter }) => `${requester}\n${counter}`)), {
    error: 'a counter is used twice for one requester',
  })
  .refine(({ agreements }) => isDistinct(agreements.map(({ agreement }) => agreement)), {
    error: 'an agreement is listed twice',
  })
export type Wallet = z.infer<typeof walletSchema>
export type WalletHandle = Wallet['handles'][number]

/** A wallet that holds nothing yet. */
export const emptyWallet: Wallet = { v: 1, nodes: [], passports: [], handles: [], agreements: [] }

/** Writes a wallet's state as canonical JSON. */
export function writeWallet(wallet: Wallet): string {
  return canonicalText(parseWallet(wallet, 'writing a wallet'))
}

/** Reads what `writeWallet` wrote. Throws `wallet-invalid`, naming the member and never its value. */
export function readWallet(text: string): Wallet {
  try {
    return parseWallet(parseBounded(text), 'reading a wallet')
  } catch (error) {
    throw walletInvalid(error)
  }
}

/** With a node's address, replacing one of the same name. */
export function withNode(wallet: Wallet, node: Wallet['nodes'][number]): Wallet {
  return { ...wallet, nodes: [...wallet.nodes.filter(({ name }) => name !== node.name), node] }
}

/** With a passport, or with its new home. */
export function withPassport(wallet: Wallet, passport: Wallet['passports'][number]): Wallet {
  const others = wallet.passports.filter((held) => held.passport !== passport.passport)
  return { ...wallet, passports: [...others, passport] }
}

/**
 * With a new handle for a requester, under the next counter that the wallet has not used. Keep the state before the handle
 * is shown to anybody: a handle that two agreements share joins them.
 *
 * ```ts
 * const { wallet: after, made } = withHandle(wallet, seed, 'EE/requester/insurer', passport)
 * const signer = handleSigner(seed, made.requester, made.counter)
 * ```
 */
export function withHandle(
  wallet: Wallet,
  seed: WalletSeed,
  requester: string,
  passport: Identifier,
): { readonly wallet: Wallet; readonly made: WalletHandle } {
  const used = wallet.handles.filter((held) => held.requester === requester).map(({ counter }) => counter)
  const counter = Math.max(-1, ...used) + 1
  const handle = handleOf(handleSigner(seed, requester, counter).key)
  const made = { requester, counter, handle, passport }
  return { wallet: { ...wallet, handles: [...wallet.handles, made] }, made }
}

/** With the wallet's own copy of an agreement. Throws `wallet-invalid` when its documents do not belong together. */
export function withAgreement(wallet: Wallet, kept: SignedPair & { readonly passport: Identifier }): Wallet {
  const id = agreementOf(kept)
  const others = wallet.agreements.filter(({ agreement }) => agreement !== id)
  return { ...wallet, agreements: [...others, { ...pairIn(kept), agreement: id, passport: kept.passport }] }
}

function agreementOf(pair: SignedPair): RecordId {
  try {
    return claimedBy(pair).agreement
  } catch (error) {
    throw error instanceof ProtocolError && error.code === 'rule-broken' ? walletInvalid(error) : error
  }
}

/**
 * The handle key that signs a handle: as the wallet remembers it, or found again from the seed alone. `undefined` when this
 * wallet does not make it.
 */
export function signerOfHandle(
  wallet: Wallet,
  seed: WalletSeed,
  requester: string,
  handle: Handle,
): Signer | undefined {
  const held = wallet.handles.find((one) => one.handle === handle)
  if (held) return handleSigner(seed, held.requester, held.counter)
  for (const made of [requester, anybody]) {
    const counter = findHandleCounter(seed, made, handle)
    if (counter !== undefined) return handleSigner(seed, made, counter)
  }
  return undefined
}

function parseWallet(value: unknown, doing: string): Wallet {
  return parseSchema(walletSchema, value, doing)
}

function walletInvalid(cause: unknown): ProtocolError {
  if (!(cause instanceof ProtocolError)) throw cause
  return new ProtocolError('wallet-invalid', cause.message, { cause: cause.code })
}

function isDistinct(names: readonly string[]): boolean {
  return new Set(names).size === names.length
}
