import { randomBytes } from 'node:crypto'
import { ProtocolError } from '@dcann/protocol/errors'
import { formatIdentifier } from '@dcann/protocol/identifier'
import { keyDigest } from '@dcann/protocol/key'
import { createVaultClient } from '@dcann/sdk/vault-client'
import { withNode, withPassport } from '@dcann/sdk/wallet'
import { makeGenesis } from '@dcann/sdk/wallet-documents'
import { controlSigner } from '@dcann/sdk/wallet-keys'
import { writeRecoveryKit } from '@dcann/sdk/recovery-kit'
import { need } from '../arguments.ts'
import { defineCommand, type Report } from '../command.ts'
import { homeRows } from '../describe-home.ts'
import { CommandError, UsageError } from '../failure.ts'
import { openHolder } from '../holder.ts'
import { kitLines } from '../kit-lines.ts'
import { withLock } from '../lock.ts'
import { ofWallet } from '../options.ts'
import { readKeyFile } from '../key-file.ts'
import { openOutside, type Settings } from '../settings.ts'
import { createWallet, hasWallet, openWallet, type WalletFiles } from '../wallet.ts'
import { count, table } from '../wrap.ts'

export const create = defineCommand({
  says: 'Makes a passport: keys in your wallet, an identifier that a country assigns, a home at a vault node. Given again, it finishes what was begun.',
  options: {
    zone: { value: '<CC>', says: 'the country that assigns the identifier, like IN' },
    node: { value: '<node>', says: 'the vault node it lives at, in any country' },
    'seed-file': { value: '<file>', says: 'under a test root: make the wallet of these 64 hexadecimal characters' },
    ...ofWallet,
  },
  example: 'dcann passport create --zone IN --node EE/node/tallinn --passphrase-file passphrase.txt',
  run: async ({ given, folder }): Promise<Report> => {
    const zone = need(given.zone, '--zone').toUpperCase()
    const name = need(given.node, '--node')
    if (!/^[A-Z]{2}$/.test(zone)) throw new UsageError('--zone is no country code; expected two letters, like IN')
    const { settings, world, resolver } = await openOutside(folder)
    const home = await resolver.resolveHome(name)
    const node = home.node.payload
    return await withLock(folder, async () => {
      const files = await openOrMake(settings, given)
      const control = controlSigner(files.seed)
      const held = files.wallet().passports[0]
      if (held !== undefined && (held.node !== name || !held.passport.startsWith(zone))) {
        throw new CommandError(
          'file-exists',
          `this wallet holds a passport of ${held.passport.slice(0, 2)} at ${held.node}; for another one use another --home`,
        )
      }
      const { identifier, genesis } = held
        ? { identifier: held.passport, genesis: held.genesis }
        : await makeGenesis(world, { zone, node, control, next: [keyDigest(controlSigner(files.seed, 1).key)] })
      // kept before it is sent: a passport that exists and is in no wallet would be lost
      const kept = { passport: identifier, node: name, genesis }
      if (!held) await files.keep(withPassport(withNode(files.wallet(), { name, url: node.url }), kept))
      const { record } = await createVaultClient(world, node.url).host(genesis)
      await files.keep(withPassport(files.wallet(), { ...kept, genesis: record }))
      // until the node has signed, nobody has been shown the kit
      const made = held === undefined || held.genesis.signatures.length < record.signatures.length
      const kit = made ? writeRecoveryKit(files.seed) : undefined
      return {
        json: {
          identifier,
          made: held === undefined,
          node: name,
          url: node.url,
          ...(kit ? { recovery_kit: kit } : {}),
        },
        lines: [
          made ? 'Your passport is made.' : 'This passport was made before, and is where it belongs.',
          ...table([
            ['Identifier', formatIdentifier(identifier)],
            ...homeRows(home),
            ['Assigned', `by country/${zone}`],
          ]),
          ...(kit === undefined ? [] : kitLines(kit)),
        ],
      }
    })
  },
})

export const show = defineCommand({
  says: 'Shows your passport and what lies in its vault.',
  options: ofWallet,
  example: 'dcann passport show',
  run: async ({ given, folder, screen }): Promise<Report> => {
    const { passport, node, vault, by, home } = await openHolder({ folder, screen, given })
    const { strands } = await vault.listStrands(by)
    return {
      json: { identifier: passport, node, url: vault.url, strands },
      lines: [
        `Your passport ${formatIdentifier(passport)}`,
        ...table(home ? homeRows(home) : [['Lives at', `${node}, ${vault.url}`]]),
        strands.length === 0 ? 'Your vault is empty. Bring something in: dcann import <file>' : 'In your vault:',
        ...table(
          strands.map(({ strand, coverage: { entries, from, to } }) => [
            strand.name,
            `${count(entries, 'entry', 'entries')}${from && to ? ` from ${from.slice(0, 10)} to ${to.slice(0, 10)}` : ''}`,
          ]),
        ),
      ],
    }
  },
})

async function openOrMake(
  settings: Settings,
  given: { readonly 'seed-file'?: string; readonly 'passphrase-file'?: string },
): Promise<WalletFiles> {
  const seedFile = given['seed-file']
  if (await hasWallet(settings.folder)) {
    if (seedFile !== undefined) {
      throw new CommandError('file-exists', `there is a wallet in ${settings.folder} already; use another --home`)
    }
    return await openWallet(settings, given)
  }
  if (seedFile !== undefined && !settings.isTest) {
    throw new CommandError('test-only', 'a seed from a file is for test roots only; leave --seed-file out')
  }
  const seed = seedFile === undefined ? new Uint8Array(randomBytes(32)) : await readKeyFile(seedFile, 'signing')
  if (seed.every((byte) => byte === 0))
    throw new ProtocolError('wallet-invalid', 'making a wallet: the seed is all zeros')
  return await createWallet(settings, seed, given)
}
