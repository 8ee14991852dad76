import { join } from 'node:path'
import { emptyWallet, readWallet, type Wallet, writeWallet } from '@dcann/sdk/wallet'
import type { WalletSeed } from '@dcann/sdk/wallet-keys'
import { CommandError } from './failure.ts'
import { makeFolder, readIfThere, refuseExposed, writeWhole } from './folder.ts'
import { type PassphraseGiven, readPassphrase } from './passphrase.ts'
import { readSeed, writeSeed } from './seed-box.ts'
import type { Settings } from './settings.ts'

/** A wallet as the state folder holds it. */
export type WalletFiles = {
  readonly seed: WalletSeed
  readonly wallet: () => Wallet
  /** Keeps a new state; it is durable when this resolves. Only under the wallet's lock. */
  readonly keep: (wallet: Wallet) => Promise<void>
}

/** Opens the wallet. Throws `wallet-missing` when none was made here. */
export async function openWallet({ folder }: Pick<Settings, 'folder'>, given: PassphraseGiven): Promise<WalletFiles> {
  const seedFile = join(folder, 'wallet.seed')
  const text = await readIfThere(seedFile)
  if (text === undefined) {
    throw new CommandError(
      'wallet-missing',
      `there is no wallet in ${folder}; make a passport with: dcann passport create --zone <CC> --node <node>`,
    )
  }
  await refuseExposed(seedFile, 'chmod 600')
  const seed = await readSeed(text, await readPassphrase(given))
  return await filesOf(folder, seed)
}

/** Whether a seed is kept here. */
export async function hasWallet(folder: string): Promise<boolean> {
  return (await readIfThere(join(folder, 'wallet.seed'))) !== undefined
}

/** Keeps a new seed, sealed under the passphrase; in the clear under a test root alone. Throws `passphrase-needed`. */
export async function createWallet(
  { folder, isTest }: Settings,
  seed: WalletSeed,
  given: PassphraseGiven,
): Promise<WalletFiles> {
  const passphrase = await readPassphrase(given)
  if (passphrase === undefined && !isTest) {
    throw new CommandError(
      'passphrase-needed',
      'making a wallet: its seed is kept under a passphrase; set DCANN_PASSPHRASE, or give --passphrase-file <file>',
    )
  }
  await makeFolder(folder)
  await writeWhole(join(folder, 'wallet.seed'), await writeSeed(seed, passphrase))
  return await filesOf(folder, seed)
}

async function filesOf(folder: string, seed: WalletSeed): Promise<WalletFiles> {
  const file = join(folder, 'wallet.json')
  const text = await readIfThere(file)
  let wallet = text === undefined ? emptyWallet : readWallet(text)
  return {
    seed,
    wallet: () => wallet,
    keep: async (next) => {
      await writeWhole(file, writeWallet(next))
      wallet = next
    },
  }
}
