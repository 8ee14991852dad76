import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { sha256, utf8 } from '@dcann/protocol/bytes'
import { type Signer, signerFromSeed, testSigner } from '@dcann/protocol/key'
import { nodeNameSchema } from '@dcann/protocol/name'
import { readSeedText, writeSeedText } from '@dcann/protocol/seed'
import { pathBeside } from '@dcann/store/engines'
import { isAddress } from '@dcann/store/postgres-address'
import { z } from 'zod'

/** What an operator decides about a vault node; `README.md` says what each does and which accident it prevents. */
export const configSchema = z.strictObject({
  /** The node's name in its zone, as its record says. */
  name: nodeNameSchema,
  /** The origin under which the world reaches it, as its record says. */
  publicUrl: z.url(),
  host: z.string().default('127.0.0.1'),
  port: z.int().min(0).max(65_535),
  /** The operator's own listener, on loopback; off when left out. */
  admin: z.strictObject({ port: z.int().min(0).max(65_535), tokenFile: z.string() }).optional(),
  /** The folder of the store, its keys and witness beside it; or a database, with the key file that is kept outside it. */
  store: z.union([
    z.string().min(1),
    z.strictObject({
      url: z.string().refine(isAddress, { error: 'expected postgres://user@host/database, with several hosts or one' }),
      keyFile: z.string().min(1),
      writer: z
        .string()
        .regex(/^[a-z0-9-]{1,60}$/)
        .optional(),
    }),
  ]),
  /** The folder of the node's own keys: `identity.seed`, `assertion.seed`, `cursor.secret`, `push.secret`, readable by the owner alone. */
  keys: z.string().min(1).optional(),
  /** The pinned root record. */
  root: z.string().min(1),
  /** Where the root zone's registries answer. */
  registries: z.array(z.url()).min(1),
  /** Witnesses that the heads of the evidence log are handed to: the addresses below which they take add-checkpoint. */
  witnesses: z.array(z.url()).max(32).default([]),
  /** Addresses of the proxies in front of the node: their last X-Forwarded-For says who calls. */
  proxies: z
    .array(z.union([z.ipv4(), z.ipv6()]))
    .max(64)
    .default([]),
  /** Requests that are worked on at one time; 8 with a folder, 32 with a database, when left out. */
  places: z.int().min(4).max(1024).optional(),
  check: z.enum(['full', 'quick']).default('full'),
  /** Test roots only: keys are made from this word, so anybody can make them. */
  testSeed: z.string().min(1).optional(),
})
export type Config = z.infer<typeof configSchema>

/** Reads a configuration file; `DCANN_VAULT_PORT`, `DCANN_VAULT_STORE` and `DCANN_VAULT_WRITER` overrule it. Throws with what is wrong and where. */
export function readConfig(file: string): Config {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw new Error(`reading the configuration ${JSON.stringify(file)}: it is missing or not JSON`, { cause })
  }
  const { DCANN_VAULT_PORT: port, DCANN_VAULT_STORE: store, DCANN_VAULT_WRITER: writer } = process.env
  const overruled = {
    ...(value as object),
    ...(port ? { port: Number(port) } : {}),
    ...(store ? { store: resolve(store) } : {}),
  }
  const result = configSchema.safeParse(overruled)
  if (result.success) return fromFolder(asWriter(result.data, writer), dirname(resolve(file)))
  const issue = result.error.issues[0]
  throw new Error(
    `reading the configuration ${JSON.stringify(file)}: ${issue?.path.map(String).join('.') || 'the whole'}: ${issue?.message ?? 'not of the expected form'}`,
  )
}

/** A worker's name among those that share its database; a folder has one owner. */
function asWriter(config: Config, writer: string | undefined): Config {
  return writer === undefined || typeof config.store === 'string'
    ? config
    : { ...config, store: { ...config.store, writer } }
}

/** Paths are taken from the folder of the file, so that it means the same wherever the node is started from. */
function fromFolder({ admin, store, keys, root, ...rest }: Config, folder: string): Config {
  const at = (path: string): string => resolve(folder, path)
  return {
    ...rest,
    ...(admin ? { admin: { ...admin, tokenFile: at(admin.tokenFile) } } : {}),
    store: typeof store === 'string' ? at(store) : { ...store, keyFile: at(store.keyFile) },
    ...(keys === undefined ? {} : { keys: at(keys) }),
    root: at(root),
  }
}

/** The node's own keys. */
export type NodeKeys = {
  readonly identity: Signer
  readonly assertion: Signer
  readonly cursorSecret: Uint8Array
  readonly pushSecret: Uint8Array
}

/** Opens the keys, or makes them the first time. Refuses files that others may read. */
export function openKeys({ keys, testSeed, store, name }: Config): NodeKeys {
  if (testSeed !== undefined) {
    return {
      identity: testSigner(`${testSeed}/${name}/identity`),
      assertion: testSigner(`${testSeed}/${name}/assertion`),
      cursorSecret: sha256(utf8(`dcann/test-cursor/1\n${testSeed}\n${name}`)),
      pushSecret: sha256(utf8(`dcann/test-push/1\n${testSeed}\n${name}`)),
    }
  }
  const folder = keys ?? `${pathBeside(store)}.node-keys`
  return {
    identity: signerFromSeed(openSecret(join(folder, 'identity.seed'))),
    assertion: signerFromSeed(openSecret(join(folder, 'assertion.seed'))),
    cursorSecret: openSecret(join(folder, 'cursor.secret')),
    pushSecret: openSecret(join(folder, 'push.secret')),
  }
}

function openSecret(file: string): Uint8Array {
  if (!existsSync(file)) {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    writeFileSync(file, writeSeedText(new Uint8Array(randomBytes(32))), { mode: 0o600, flag: 'wx' })
  }
  if (process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0) {
    throw new Error(
      `opening the key ${JSON.stringify(file)}: others may read it; chmod 600 it, and replace the key if others could`,
    )
  }
  const seed = readSeedText(readFileSync(file, 'utf8'))
  if (seed) return seed
  throw new Error(`opening the key ${JSON.stringify(file)}: expected 64 hexadecimal characters`)
}
