import type { Home } from '@dcann/sdk/resolved'
import type { Resolver } from '@dcann/sdk/resolver'
import { keyDigest } from '@dcann/protocol/key'
import { ProtocolError } from '@dcann/protocol/errors'
import { makeCapability } from '@dcann/sdk/capability'
import { readRecoveryKit, writeRecoveryKit } from '@dcann/sdk/recovery-kit'
import { createVaultClient } from '@dcann/sdk/vault-client'
import { emptyWallet, withNode, withPassport } from '@dcann/sdk/wallet'
import { makeGenesis } from '@dcann/sdk/wallet-documents'
import { controlSigner, findControl } from '@dcann/sdk/wallet-keys'
import { instantOf } from '@dcann/sdk/world'
import { createRegistryClient } from '@dcann/sdk/registry-client'
import { changeState, type Ground, type Holder, settledAt } from './holder.ts'
import { canGuard } from './passkey.ts'
import { makeStrongbox, openStrongbox, type Strongbox, unguardSeed } from './strongbox.ts'

/** A vault node that a passport could live at, proved from the root. */
export type Offered = { readonly node: string; readonly home: Home }

/** What a person chooses from: countries that assign identifiers, and vault nodes that take them in. */
export type Choices = { readonly zones: readonly string[]; readonly nodes: readonly Offered[] }

const nodesMost = 64

/** Asks for every country and node, and keeps those that prove. */
export async function readChoices({ world, place }: Ground, resolver: Resolver): Promise<Choices> {
  const [url = ''] = place.registries
  const listed = await createRegistryClient(world, url).zones()
  const zones = listed.map(({ zone }) => zone).filter((zone) => zone !== 'root')
  const found = await Promise.all(
    zones.map(async (zone) => {
      const nodes: Offered[] = []
      for await (const node of resolver.listNames(zone, 'node')) {
        const home = await resolver.resolveHome(node).catch(() => undefined)
        if (home?.node.payload.status === 'active') nodes.push({ node, home })
        if (nodes.length === nodesMost) break
      }
      return nodes
    }),
  )
  return { zones, nodes: found.flat() }
}

/** How far making a passport has come. */
export type Making = 'keys' | 'assigning' | 'device' | 'done'

const deviceLife = 3_652 * 86_400

/**
 * Makes a passport, step by step, each of which is kept before the next and done once however often it is begun: keys, the
 * identifier that the country assigns, and the right of this device at its vault.
 */
export async function makePassport(
  ground: Ground,
  zone: string,
  { node, home }: Offered,
  tell: (making: Making) => void,
): Promise<Strongbox> {
  return await navigator.locks.request('dcann-passport', async () => {
    tell('keys')
    const box = (await openStrongbox(ground.kept)) ?? (await makeStrongbox(ground.kept, ground.world.random(32)))
    tell('assigning')
    const vault = createVaultClient(ground.world, home.node.payload.url)
    const { passport, genesis } = await box.withSeed(
      async (seed) =>
        await changeState(ground, box, async (wallet) => {
          const [held] = wallet.passports
          if (held !== undefined) return [wallet, held]
          const made = await makeGenesis(ground.world, {
            zone,
            node: home.node.payload,
            control: controlSigner(seed),
            next: [keyDigest(controlSigner(seed, 1).key)],
          })
          const kept = { passport: made.identifier, node, genesis: made.genesis }
          return [withPassport(withNode(wallet, { name: node, url: home.node.payload.url }), kept), kept]
        }),
    )
    const { record } = await vault.host(genesis)
    await changeState(ground, box, (wallet) => [withPassport(wallet, { passport, node, genesis: record }), undefined])
    tell('device')
    await box.withSeed(async (seed) => {
      const until = instantOf(ground.world) + deviceLife
      const right = { passport, key: box.device.key, right: 'all', until } as const
      await vault.makeCapability(await makeCapability(ground.world, right, controlSigner(seed)))
    })
    await ground.kept.write(settledAt, passport)
    tell('done')
    return box
  })
}

/** What was begun here and not finished: where the passport is to live. */
export async function begunAt(ground: Ground, box: Strongbox): Promise<string | undefined> {
  return await changeState(ground, box, (wallet) => [wallet, wallet.passports[0]?.node])
}

const kitAt = 'kit-checked'

/** Whether the kit was checked: before it was, nothing is agreed to. */
export async function isKitChecked({ kept }: Pick<Ground, 'kept'>): Promise<boolean> {
  return (await kept.read(kitAt)) === true
}

export async function noteKitChecked({ kept }: Pick<Ground, 'kept'>): Promise<void> {
  await kept.write(kitAt, true)
}

const guardAskedAt = 'guard-asked'

/** Whether a person is still to be asked if a passkey is to guard their seed: once, where there can be one. */
export async function isGuardToBeAsked({ kept }: Pick<Ground, 'kept'>, box: Strongbox): Promise<boolean> {
  return !box.isGuarded && (await kept.read(guardAskedAt)) !== true && (await canGuard())
}

export async function noteGuardAsked({ kept }: Pick<Ground, 'kept'>): Promise<void> {
  await kept.write(guardAskedAt, true)
}

/**
 * Opens what a lost passkey guards, by the kit on paper. Throws `wallet-invalid` for a mistyped one, `not-entitled` for one
 * of another passport.
 */
export async function unguardByKit({ kept, keys }: Pick<Holder, 'kept' | 'keys'>, kit: string): Promise<void> {
  const seed = readRecoveryKit(kit)
  if (findControl(seed, keys) === undefined)
    throw new ProtocolError('not-entitled', 'opening the wallet: the kit is that of another passport')
  await unguardSeed(kept, seed)
  seed.fill(0)
}

/** The kit's groups, to write down. */
export async function readKit(box: Strongbox): Promise<readonly string[]> {
  return await box.withSeed(async (seed) => writeRecoveryKit(seed).split('-'))
}

/** Whether what was typed is this group, as a kit is read: O is 0, I and L are 1. */
export function isGroup(typed: string, group: string): boolean {
  const read = typed.trim().toUpperCase().replaceAll(/[ -]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1')
  return read === group
}

/** Refuses what only a checked kit makes safe. Throws `wallet-invalid`. */
export async function requireKit(ground: Pick<Ground, 'kept'>): Promise<void> {
  if (await isKitChecked(ground)) return
  throw new ProtocolError('wallet-invalid', 'agreeing: the recovery kit has not been checked yet')
}

/**
 * Takes a passport up in this browser from its kit: the seed makes the control key that the zone names, and that gives this
 * device its right. Throws `wallet-invalid` for a mistyped kit, `not-entitled` for one of another passport.
 */
export async function takeUp(
  ground: Ground,
  resolver: Resolver,
  typed: { readonly identifier: string; readonly kit: string },
  tell: (making: Making) => void,
): Promise<Strongbox> {
  tell('keys')
  const seed = readRecoveryKit(typed.kit)
  const located = await resolver.resolvePassport(typed.identifier, { fresh: true })
  if (located.kind !== 'passport' || located.home === undefined)
    throw new ProtocolError('not-active', 'taking a passport up: it is absent or ended')
  const { identifier: passport, home } = located
  const number = findControl(seed, located.passport.record?.payload.keys ?? [])
  const [genesis] = located.passport.chain
  if (number === undefined || genesis === undefined)
    throw new ProtocolError('not-entitled', 'taking a passport up: the kit is that of another one')
  const control = controlSigner(seed, number)
  const box = await makeStrongbox(ground.kept, seed)
  const node = home.node.payload.name
  tell('assigning')
  await changeState(ground, box, () => {
    const kept = { passport, node, genesis: genesis.signed, ...(number === 0 ? {} : { control: number }) }
    return [withPassport(withNode(emptyWallet, { name: node, url: home.node.payload.url }), kept), undefined]
  })
  tell('device')
  const until = instantOf(ground.world) + deviceLife
  const vault = createVaultClient(ground.world, home.node.payload.url)
  const right = { passport, key: box.device.key, right: 'all', until } as const
  await vault.makeCapability(await makeCapability(ground.world, right, control))
  seed.fill(0)
  await ground.kept.writeAll({ [settledAt]: passport, [kitAt]: true })
  tell('done')
  return box
}
