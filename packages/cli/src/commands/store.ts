import { resolve } from 'node:path'
import type { Copied, Place } from '@dcann/vault-node/copy'
import type { renewVault as Renewal } from '@dcann/vault-node/renew'
import { checkVerifyStrict } from '@dcann/protocol/verify-strict'
import { need } from '../arguments.ts'
import { defineCommand, type Report } from '../command.ts'
import { CommandError } from '../failure.ts'
import { readNamed } from '../folder.ts'
import { kindOf } from '../node-kind.ts'
import { asSettings } from '../not-started.ts'
import { count } from '../wrap.ts'

export const copy = defineCommand({
  says: 'Copies the store of a stopped registry or vault node into a database, or back into a folder, and compares both. Cut short, it goes on where it was.',
  options: {
    config: { value: '<file>', says: "the node's settings, which name the store to copy" },
    to: { value: '<place>', says: 'level:<folder>, or postgres://user@host/database?schema=name' },
    keys: { value: '<file>', says: 'for a database: the key file, made when it is not there' },
  },
  example: 'dcann store copy --config vault.json --to postgres://dcann@db/dcann?schema=tallinn --keys tallinn.keys',
  run: async ({ given, screen }): Promise<Report> => {
    const file = need(given.config, '--config')
    const to = need(given.to, '--to')
    const kind = kindOf(await readNamed(file, 'the settings'))
    if (kind === 'gateway')
      throw new CommandError(
        'not-started',
        'copying the store: a gateway keeps its store in a folder; copy that folder',
      )
    await checkVerifyStrict()
    const { readPlace } = await import('@dcann/vault-node/copy')
    const say = (values: number): void => screen.progress(`${values} values copied`)
    const done = await asSettings(async () => {
      const place = readPlace(
        to.startsWith('level:') ? `level:${resolve(to.slice(6))}` : to,
        given.keys === undefined ? undefined : resolve(given.keys),
      )
      return await copies[kind](file, place, say)
    })
    return {
      json: done,
      lines: [
        `${count(done.values, 'value')} here and there, ${done.resumed} of them from a copy cut short.`,
        `Both say ${done.digest}.`,
        'Now name the new place in the settings, and keep the old one until the node has run from the new.',
      ],
    }
  },
})

export const renew = defineCommand({
  says: 'Seals all that a stopped registry or vault node keeps under new keys and destroys the old ones. What was erased is then unreadable in every backup of the store, and so is the rest of such a backup: make a new one at once. Cut short, it is run again.',
  options: { config: { value: '<file>', says: "the node's settings, which name the store" } },
  example: 'dcann store renew --config vault.json',
  run: async ({ given }): Promise<Report> => {
    const file = need(given.config, '--config')
    const kind = kindOf(await readNamed(file, 'the settings'))
    if (kind === 'gateway')
      throw new CommandError('not-started', 'renewing the store: expected settings of a registry or a vault node')
    const { genuine, findings } = await asSettings(async () => await renewals[kind](file))
    return {
      exit: findings.length === 0 ? 0 : 1,
      json: { values: genuine, findings: findings.map(({ code }) => code) },
      lines: [
        ...findings.map(({ code, message }) => `${code}: ${message}`),
        `${count(genuine, 'value')} under new keys.`,
        'Bring the key file to every machine that has it, make a new backup, and keep a copy of the key file away from it.',
      ],
    }
  },
})

type Found = Awaited<ReturnType<typeof Renewal>>

const renewals = { registry: renewRegistry, vault: renewVault } satisfies Record<
  string,
  (file: string) => Promise<Found>
>

async function renewRegistry(file: string): Promise<Found> {
  const [{ renewRegistry: act }, { readConfig }] = await Promise.all([
    import('@dcann/registry/renew'),
    import('@dcann/registry/config'),
  ])
  const asked = readConfig(['--config', file])
  if (asked.mode === 'make-key') throw new CommandError('not-started', 'renewing the store: expected settings to serve')
  return await act(asked.config)
}

async function renewVault(file: string): Promise<Found> {
  const [{ renewVault: act }, { readConfig }] = await Promise.all([
    import('@dcann/vault-node/renew'),
    import('@dcann/vault-node/config'),
  ])
  return await act(readConfig(file))
}

type Say = (values: number) => void
type Copy = (file: string, to: Place, say: Say) => Promise<Copied>

const copies = { registry: copyRegistry, vault: copyVault } satisfies Record<string, Copy>

async function copyRegistry(file: string, to: Place, say: Say): Promise<Copied> {
  const [{ copyRegistry: act }, { readConfig }] = await Promise.all([
    import('@dcann/registry/copy'),
    import('@dcann/registry/config'),
  ])
  const asked = readConfig(['--config', file])
  if (asked.mode === 'make-key') throw new CommandError('not-started', 'copying the store: expected settings to serve')
  return await act(asked.config, to, say)
}

async function copyVault(file: string, to: Place, say: Say): Promise<Copied> {
  const [{ copyVault: act }, { readConfig }] = await Promise.all([
    import('@dcann/vault-node/copy'),
    import('@dcann/vault-node/config'),
  ])
  return await act(readConfig(file), to, say)
}
