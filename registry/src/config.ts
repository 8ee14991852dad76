import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { quote } from '@dcann/protocol/errors'
import { publicKeySchema } from '@dcann/protocol/key'
import { type Signed, signedSchema } from '@dcann/protocol/signed'
import { zoneSchema } from '@dcann/protocol/name'
import type { Place } from '@dcann/store/engines'
import { isAddress } from '@dcann/store/postgres-address'
import { z } from 'zod'

const path = z.string().min(1).max(1024)
const portSchema = z.int().min(0).max(65_535)

const zoneConfigSchema = z.union([
  z.strictObject({ zone: zoneSchema, logKeyFile: path, nextLogKeyFile: path.optional() }),
  /** A key that anybody can make again from its label. Refused unless the root record says `test`. */
  z.strictObject({
    zone: zoneSchema,
    testKey: z.string().min(1).max(200),
    nextTestKey: z.string().min(1).max(200).optional(),
  }),
])

const opening = {
  check: z.enum(['full', 'quick']).default('full'),
  restored: z.boolean().default(false),
}

/** A key that cosigns, under the name that its lines carry. */
const witnessConfigSchema = z.union([
  z.strictObject({ name: z.string().min(1).max(100), keyFile: path }),
  z.strictObject({ name: z.string().min(1).max(100), testKey: z.string().min(1).max(200) }),
])

/** A log that is no zone's, by the name and the key on its checkpoints. */
const logConfigSchema = z.strictObject({
  origin: z
    .string()
    .max(100)
    .regex(/^[^/\s]+\/\S+$/, { error: 'expected an origin with a slash: one without may come to be a zone’s' }),
  key: publicKeySchema,
})

/** What a registry is started with. Each setting, its consequence and the accident it prevents stand in the README. */
export const configSchema = z.strictObject({
  publicUrl: z.url({ protocol: /^https?$/ }).max(512),
  host: z.string().max(255).default('127.0.0.1'),
  port: portSchema,
  admin: z.strictObject({ port: portSchema, tokenFile: path }).optional(),
  /** Where the other processes of this registry reach this one, over a database that they share. */
  internal: z
    .strictObject({ host: z.string().max(255).default('127.0.0.1'), port: portSchema.default(0) })
    .default({ host: '127.0.0.1', port: 0 }),
  store: z.union([
    z.strictObject({ folder: path, keyFile: path.optional(), ...opening }),
    z.strictObject({
      url: z.string().refine(isAddress, { error: 'expected postgres://user@host/database, with several hosts or one' }),
      keyFile: path,
      writer: z
        .string()
        .regex(/^[a-z0-9-]{1,60}$/)
        .optional(),
      /** Where the heads that were shown are kept, when not in a schema beside the store's. */
      heads: z.string().refine(isAddress, { error: 'expected postgres://user@host/database' }).optional(),
      ...opening,
    }),
  ]),
  zones: z
    .array(zoneConfigSchema)
    .max(256)
    .default([])
    .refine((zones) => new Set(zones.map(({ zone }) => zone)).size === zones.length, {
      error: 'expected each zone once',
    }),
  /** Zones of others that are replayed here, each from a registry or mirror that has it. */
  follows: z
    .array(z.strictObject({ zone: zoneSchema, from: z.url({ protocol: /^https?$/ }).max(512) }))
    .max(256)
    .default([])
    .refine((follows) => new Set(follows.map(({ zone }) => zone)).size === follows.length, {
      error: 'expected each zone once',
    }),
  /** Follows every zone that the root zone delegates as well; the root is among `follows` then. */
  followsDelegated: z.boolean().default(false),
  /** Cosigns the heads of what is followed. */
  witness: witnessConfigSchema.optional(),
  /** Cosigns these logs as well, which are no zones'; those of the nodes of followed zones need not be named. */
  witnessLogs: z.array(logConfigSchema).max(1024).default([]),
  /** Witnesses that the heads of the zones served here are handed to: the addresses below which they take add-checkpoint. */
  witnesses: z
    .array(z.url({ protocol: /^https?$/ }).max(512))
    .max(32)
    .default([]),
  /** The signed genesis of the root, or the chain of root records from it. */
  rootFile: path,
  /** Signed records to open with, in order. */
  recordFiles: z.array(path).max(256).default([]),
  /** The folder of the explorer's built pages, which this process then shows as well. */
  explorer: path.optional(),
  logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  drainSeconds: z.int().min(0).max(300).default(10),
})

export type Config = z.output<typeof configSchema>
export type ConfigInput = z.input<typeof configSchema>

/** Where the store is, and how a folder of it is opened. */
export function placeOf(store: Config['store']): { readonly place: Place; readonly keyFile?: string } {
  if ('url' in store) return { place: { url: store.url, keyFile: store.keyFile, writer: store.writer } }
  return { place: store.folder, ...(store.keyFile === undefined ? {} : { keyFile: store.keyFile }) }
}

/** What the command was asked to do. */
export type Asked =
  | { readonly mode: 'serve' | 'fsck'; readonly config: Config; readonly workers?: number }
  | { readonly mode: 'make-key'; readonly file: string }

/** The one place that reads arguments and environment. Throws, naming the setting, when one is missing or malformed. */
export function readConfig(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Asked {
  const { values } = parseArgs({
    args: [...args],
    options: {
      config: { type: 'string' },
      fsck: { type: 'boolean' },
      'make-key': { type: 'string' },
      'public-url': { type: 'string' },
      host: { type: 'string' },
      port: { type: 'string' },
      store: { type: 'string' },
      restored: { type: 'boolean' },
      workers: { type: 'string' },
    },
  })
  if (values['make-key'] !== undefined) return { mode: 'make-key', file: values['make-key'] }
  const file = values.config ?? env['DCANN_REGISTRY_CONFIG']
  if (file === undefined) {
    throw new Error('reading the settings: give --config file.json, or name it in DCANN_REGISTRY_CONFIG')
  }
  const config = parseConfig(readJson(file), dirname(resolve(file)))
  const { store } = config
  return {
    mode: values.fsck ? 'fsck' : 'serve',
    ...(values.workers === undefined ? {} : { workers: Number(values.workers) }),
    config: parseConfig({
      ...config,
      publicUrl: values['public-url'] ?? config.publicUrl,
      host: values.host ?? config.host,
      port: values.port === undefined ? config.port : Number(values.port),
      store: {
        ...(values.store === undefined || 'url' in store ? store : { ...store, folder: values.store }),
        ...('url' in store && env['DCANN_REGISTRY_WRITER'] ? { writer: env['DCANN_REGISTRY_WRITER'] } : {}),
        restored: values.restored ?? store.restored,
      },
    }),
  }
}

/** Settings with every path made absolute from `base`. */
export function parseConfig(input: unknown, base: string = process.cwd()): Config {
  const result = configSchema.safeParse(input)
  if (!result.success) {
    const issue = result.error.issues[0]
    throw new Error(`reading the settings: ${quote(issue?.path.join('.') ?? '', 80)}: ${issue?.message ?? 'malformed'}`)
  }
  const { admin, store, zones, witness, ...rest } = result.data
  const twice = rest.follows.find(({ zone }) => zones.some((served) => served.zone === zone))
  if (twice || zones.length + rest.follows.length === 0) {
    throw new Error(
      twice
        ? `reading the settings: the zone ${quote(twice.zone)} is both in zones and in follows; one process speaks for it, others follow`
        : 'reading the settings: neither zones nor follows name a zone',
    )
  }
  const at = (file: string): string => resolve(base, file)
  return {
    ...rest,
    ...(admin ? { admin: { ...admin, tokenFile: at(admin.tokenFile) } } : {}),
    store:
      'url' in store
        ? { ...store, keyFile: at(store.keyFile) }
        : { ...store, folder: at(store.folder), ...(store.keyFile ? { keyFile: at(store.keyFile) } : {}) },
    zones: zones.map((zone) => {
      if (!('logKeyFile' in zone)) return zone
      const { nextLogKeyFile: next } = zone
      return { ...zone, logKeyFile: at(zone.logKeyFile), ...(next === undefined ? {} : { nextLogKeyFile: at(next) }) }
    }),
    ...(witness ? { witness: 'keyFile' in witness ? { ...witness, keyFile: at(witness.keyFile) } : witness } : {}),
    rootFile: at(rest.rootFile),
    recordFiles: rest.recordFiles.map(at),
    ...(rest.explorer === undefined ? {} : { explorer: at(rest.explorer) }),
  }
}

/** A file of one signed record, or of a list of them. */
export function readRecords(file: string): Signed[] {
  const result = z.union([signedSchema.transform((one) => [one]), z.array(signedSchema)]).safeParse(readJson(file))
  if (result.success) return result.data
  throw new Error(`reading ${quote(file, 200)}: expected a signed record, or a list of them`)
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw new Error(`reading ${quote(file, 200)}: it is missing or not JSON`, { cause })
  }
}
