import type { Identifier } from '@dcann/protocol/identifier'
import type { PublicKey, Signer } from '@dcann/protocol/key'
import { ProtocolError } from '@dcann/protocol/errors'
import { createResolver, type Resolver } from '@dcann/sdk/resolver'
import type { Home } from '@dcann/sdk/resolved'
import type { Caller } from '@dcann/sdk/signed-call'
import { createVaultClient, type VaultClient } from '@dcann/sdk/vault-client'
import { controlSigner, findControl, type WalletSeed } from '@dcann/sdk/wallet-keys'
import type { World } from '@dcann/sdk/world'
import { CommandError } from './failure.ts'
import type { Screen } from './screen.ts'
import { isUnreachable, readSettings, type Settings, worldOf } from './settings.ts'
import { openWallet, type WalletFiles } from './wallet.ts'

/** Whoever holds the wallet, and the vault they speak to. */
export type Holder = {
  readonly settings: Settings
  readonly world: World
  readonly files: WalletFiles
  readonly passport: Identifier
  readonly control: Signer
  readonly by: Caller
  readonly node: string
  /** The vault as the registry names it now, or as the wallet remembers it when no registry answers. */
  readonly vault: VaultClient
  /** Absent when no registry answers. */
  readonly home: Home | undefined
  /** Throws `unreachable` when no registry answers. */
  readonly resolver: () => Resolver
}

export type HolderCall = {
  readonly folder: string
  readonly screen: Screen
  readonly given: { readonly 'passphrase-file'?: string }
}

/**
 * Opens the wallet and finds its vault. A stop must work while registries are down, so then the address that the wallet
 * remembers is used, and said to be.
 */
export async function openHolder({ folder, screen, given }: HolderCall): Promise<Holder> {
  const settings = await readSettings(folder)
  const files = await openWallet(settings, given)
  const held = files.wallet().passports[0]
  if (held === undefined) {
    throw new CommandError(
      'wallet-missing',
      'the wallet holds no passport yet; make one with: dcann passport create --zone <CC> --node <node>',
    )
  }
  const { passport, node } = held
  const world = worldOf(folder)
  const found = await findHome(world, settings, passport, screen)
  const control = controlSigner(files.seed, numberOf(files.seed, found?.keys) ?? held.control ?? 0)
  const url = found?.home.node.payload.url ?? files.wallet().nodes.find(({ name }) => name === node)?.url
  if (url === undefined) throw unreachable()
  return {
    settings,
    world,
    files,
    passport,
    control,
    by: { from: passport, signer: control },
    node: found?.home.node.payload.name ?? node,
    vault: createVaultClient(world, url),
    home: found?.home,
    resolver: () => {
      if (found === undefined) throw unreachable()
      return found.resolver
    },
  }
}

type Found = { readonly resolver: Resolver; readonly home: Home; readonly keys: readonly PublicKey[] }

/** Throws `not-entitled` when the passport has other control keys than this wallet makes. */
function numberOf(seed: WalletSeed, keys: readonly PublicKey[] | undefined): number | undefined {
  if (keys === undefined) return undefined
  const number = findControl(seed, keys)
  if (number !== undefined) return number
  throw new ProtocolError(
    'not-entitled',
    'opening the wallet: none of its control keys controls this passport any more; if that was not you, take it back with: dcann passport recover --undo',
  )
}

async function findHome(
  world: World,
  { pinned, registries }: Settings,
  passport: Identifier,
  screen: Screen,
): Promise<Found | undefined> {
  try {
    const resolver = await createResolver({ world, pinned, registries })
    const located = await resolver.resolvePassport(passport)
    const { home } = located
    if (home === undefined) {
      throw new ProtocolError(
        'not-active',
        'finding the vault: the registry says that this passport is absent or ended',
      )
    }
    const keys = located.kind === 'passport' ? (located.passport.record?.payload.keys ?? []) : []
    return { resolver, home, keys }
  } catch (error) {
    if (!isUnreachable(error)) throw error
    screen.tell('No registry answers, so the vault is taken to be where it was last.')
    return undefined
  }
}

function unreachable(): ProtocolError {
  return new ProtocolError('unreachable', 'finding out who is who: no registry answers')
}
