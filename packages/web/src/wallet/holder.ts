import { ProtocolError } from '@dcann/protocol/errors'
import type { Identifier } from '@dcann/protocol/identifier'
import type { PublicKey, Signer } from '@dcann/protocol/key'
import type { Home } from '@dcann/sdk/resolved'
import type { Resolver } from '@dcann/sdk/resolver'
import type { Caller } from '@dcann/sdk/signed-call'
import { createVaultClient, type VaultClient } from '@dcann/sdk/vault-client'
import { emptyWallet, readWallet, type Wallet, writeWallet } from '@dcann/sdk/wallet'
import { controlSigner, findControl, type WalletSeed } from '@dcann/sdk/wallet-keys'
import type { World } from '@dcann/sdk/world'
import type { Kept } from '../page/kept.ts'
import type { Place } from '../page/place.ts'
import type { Strongbox } from './strongbox.ts'

/** What this page runs on, whether there is a passport or not. */
export type Ground = {
  readonly kept: Kept
  readonly place: Place
  readonly world: World
  /** Absent while no registry answers: what can only lessen still works. */
  readonly resolver: Resolver | undefined
}

/** Whoever holds the passport in this browser, and the vault they speak to. */
export type Holder = Ground & {
  readonly box: Strongbox
  readonly passport: Identifier
  readonly node: string
  /** The vault as the registry names it now, or as the wallet remembers it when no registry answers. */
  readonly vault: VaultClient
  readonly home: Home | undefined
  /** Control keys of the passport as its zone states them; none when no registry answers. */
  readonly keys: readonly PublicKey[]
  /** The device signs for what happens every day. */
  readonly by: Caller
}

const walletAt = 'wallet'

/** The wallet's own memory: passports, nodes, handles and copies of every agreement, sealed in this browser. */
export async function readState({ kept }: Pick<Ground, 'kept'>, box: Strongbox): Promise<Wallet> {
  const text = await box.openText(await kept.read(walletAt))
  return text === undefined ? emptyWallet : readWallet(text)
}

/** Changes the wallet's memory. One tab at a time: two that change it at once would lose a handle. */
export async function changeState<T>(
  { kept }: Pick<Ground, 'kept'>,
  box: Strongbox,
  change: (wallet: Wallet) => Promise<readonly [Wallet, T]> | readonly [Wallet, T],
): Promise<T> {
  return await navigator.locks.request('dcann-wallet', async () => {
    const [after, result] = await change(await readState({ kept }, box))
    await kept.write(walletAt, await box.sealText(writeWallet(after)))
    return result
  })
}

/** Finds the vault of the passport that the wallet holds. `undefined` while there is none yet, or not all the way. */
export async function openHolder(ground: Ground, box: Strongbox): Promise<Holder | undefined> {
  const wallet = await readState(ground, box)
  const held = wallet.passports[0]
  if (held === undefined || (await ground.kept.read(settledAt)) !== held.passport) return undefined
  const { passport, node } = held
  const found = await findHome(ground, passport)
  const url = found?.home.node.payload.url ?? wallet.nodes.find(({ name }) => name === node)?.url
  if (url === undefined) throw new ProtocolError('unreachable', 'finding the vault: no registry answers')
  return {
    ...ground,
    box,
    passport,
    node: found?.home.node.payload.name ?? node,
    vault: createVaultClient(ground.world, url),
    home: found?.home,
    keys: found?.keys ?? [],
    by: { from: passport, signer: box.device },
  }
}

/** Under it stands the passport once its vault knows this device. */
export const settledAt = 'settled'

/** The control key that the passport has now. Throws `not-entitled` when this wallet makes none of them. */
export function controlOf({ keys }: Pick<Holder, 'keys'>, seed: WalletSeed): Signer {
  const number = keys.length === 0 ? 0 : findControl(seed, keys)
  if (number !== undefined) return controlSigner(seed, number)
  throw new ProtocolError(
    'not-entitled',
    'opening the wallet: none of its control keys controls this passport any more',
  )
}

async function findHome(
  { resolver }: Ground,
  passport: Identifier,
): Promise<{ readonly home: Home; readonly keys: readonly PublicKey[] } | undefined> {
  if (resolver === undefined) return undefined
  try {
    const located = await resolver.resolvePassport(passport)
    if (located.home === undefined)
      throw new ProtocolError('not-active', 'finding the vault: this passport is absent or ended')
    return {
      home: located.home,
      keys: located.kind === 'passport' ? (located.passport.record?.payload.keys ?? []) : [],
    }
  } catch (error) {
    if (error instanceof ProtocolError && isPassing(error)) return undefined
    throw error
  }
}

/** Whether what failed was the way, and not the answer. */
export function isPassing({ code }: ProtocolError): boolean {
  return ['unreachable', 'unavailable', 'rate-limited', 'stale'].includes(code)
}
