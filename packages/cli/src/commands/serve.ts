import { need } from '../arguments.ts'
import type { Config } from '@dcann/registry/config'
import { type Command, defineCommand, type Report } from '../command.ts'
import { asSettings } from '../not-started.ts'

const registryOptions = {
  config: { value: '<file>', says: 'the settings; else DCANN_REGISTRY_CONFIG names them' },
  'public-url': { value: '<url>', says: 'the address under which the world reaches it' },
  host: { value: '<address>', says: 'where it listens' },
  port: { value: '<n>', says: 'where it listens' },
  store: { value: '<folder>', says: 'where it keeps what it knows' },
  restored: { says: 'the store comes from a backup: take its head for the newest' },
  workers: { value: '<n>', says: 'so many processes, over one database; SIGHUP renews them one by one' },
} as const

/** Registry, witness and mirror are one program; what its settings name makes it the one or the other. */
function serveZones(says: string, example: string, lacks: (config: Config) => string | undefined): Command {
  return defineCommand({
    says,
    options: registryOptions,
    example,
    run: async ({ given }): Promise<0 | 1> => {
      const [{ run }, { readConfig }] = await Promise.all([
        import('@dcann/registry/main'),
        import('@dcann/registry/config'),
      ])
      const args = Object.entries(given).flatMap(([name, value]) =>
        ['home', 'json', 'help'].includes(name) ? [] : value === true ? [`--${name}`] : [`--${name}=${value}`],
      )
      const done = await asSettings(async () => {
        const asked = readConfig(args)
        const lacking = asked.mode === 'make-key' ? undefined : lacks(asked.config)
        if (lacking !== undefined) throw new Error(`reading the settings: ${lacking}`)
        return await run(args)
      })
      return done === 0 ? 0 : 1
    },
  })
}

export const serveRegistry = serveZones(
  'Runs a registry until it is told to stop. Settings are in a file; the options here overrule it.',
  'dcann registry serve --config registry.json',
  ({ zones }) => (zones.length > 0 ? undefined : 'zones names none that this registry speaks for'),
)

export const serveWitness = serveZones(
  'Replays zones that others speak for and cosigns their heads, until it is told to stop. Settings are those of a registry.',
  'dcann witness serve --config witness.json',
  ({ witness, follows }) =>
    witness && follows.length > 0 ? undefined : 'a witness needs both a key under "witness" and zones under "follows"',
)

export const serveMirror = serveZones(
  'Replays zones that others speak for and resolves from them, until it is told to stop. Settings are those of a registry.',
  'dcann mirror serve --config mirror.json',
  ({ follows }) => (follows.length > 0 ? undefined : 'follows names no zone'),
)

export const serveVault = defineCommand({
  says: 'Runs a vault node until it is told to stop. Settings are in a file.',
  options: {
    config: { value: '<file>', says: 'the settings' },
    workers: { value: '<n>', says: 'so many processes, over one database; SIGHUP renews them one by one' },
  },
  example: 'dcann vault serve --config vault.json',
  run: async ({ given }): Promise<0 | 1> => {
    const file = need(given.config, '--config')
    const { run } = await import('@dcann/vault-node/main')
    await asSettings(async () => await run(file, given.workers === undefined ? undefined : Number(given.workers)))
    return 0
  },
})

export const gateway = defineCommand({
  says: "Runs a requester's gateway until it is told to stop, or makes the key that it signs with. Settings are in a file.",
  options: {
    config: { value: '<file>', says: 'the settings' },
    'make-key': { value: '<file>', says: 'make a key here instead, sealed under a passphrase' },
    'make-sealing-key': { value: '<file>', says: 'the same for a key that answers are sealed to' },
    'passphrase-file': {
      value: '<file>',
      says: 'for a key that is made: its first line seals the key; else DCANN_GATEWAY_PASSPHRASE',
    },
  },
  example: 'dcann gateway --config gateway.json',
  run: async ({ given }): Promise<Report | 0> => {
    const [{ start, makeKey }, { readConfig }] = await Promise.all([
      import('@dcann/gateway/main'),
      import('@dcann/gateway/config'),
    ])
    const use = given['make-key'] === undefined ? 'sealing' : 'signing'
    const file = given['make-key'] ?? given['make-sealing-key']
    if (file !== undefined) {
      const key = await asSettings(async () => await makeKey(file, given['passphrase-file'], use))
      return { json: { key, file }, lines: [key, belongs[use]] }
    }
    const config = need(given.config, '--config')
    const running = await asSettings(async () => await start(readConfig(config)))
    await new Promise((resolve) => process.once('SIGINT', resolve).once('SIGTERM', resolve))
    await running.stop()
    return 0
  },
})

const belongs = {
  signing: "This is the public half: it belongs into the requester's record.",
  sealing: 'This is the public half: offers name it, once the settings name the file in "sealing".',
}
