import { grantNoun } from '@dcann/protocol/agreement'
import { canonicalText, parseBounded } from '@dcann/protocol/canonical'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import { handleOf, handleSchema } from '@dcann/protocol/handle'
import { identifierSchema, type Identifier } from '@dcann/protocol/identifier'
import { nodeNameSchema, requesterNameSchema } from '@dcann/protocol/name'
import { offerNoun } from '@dcann/protocol/offer'
import { parseSchema, readSigned, recordIdSchema, type Signed, signedSchema } from '@dcann/protocol/signed'
import { urlSchema } from '@dcann/protocol/text'
import { z } from 'zod'
import { handleSigner, type WalletSeed } from './wallet-keys.ts'

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
      .array(z.strictObject({ passport: identifierSchema, node: nodeNameSchema, genesis: signedSchema }))
      .max(64),
    handles: z
      .array(
        z.strictObject({
          requester: requesterNameSchema,
          counter: z.int().min(0),
          handle: handleSchema,
          passport: identifierSchema,
        }),
      )
      .max(4096),
    agreements: z
      .array(
        z.strictObject({
          agreement: recordIdSchema,
          passport: identifierSchema,
          offer: signedSchema,
          grant: signedSchema,
        }),
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

/** With the wallet's own copy of an agreement. Throws `wallet-invalid` when the grant does not answer the offer. */
export function withAgreement(
  wallet: Wallet,
  { offer, grant, passport }: { readonly offer: Signed; readonly grant: Signed; readonly passport: Identifier },
): Wallet {
  const first = readSigned(offerNoun, offer)
  const second = readSigned(grantNoun, grant)
  if (second.payload.offer !== first.id) {
    throw new ProtocolError(
      'wallet-invalid',
      `keeping the agreement ${quote(second.id, 43)}: its grant names another offer`,
    )
  }
  const others = wallet.agreements.filter(({ agreement }) => agreement !== second.id)
  return { ...wallet, agreements: [...others, { agreement: second.id, passport, offer, grant }] }
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
