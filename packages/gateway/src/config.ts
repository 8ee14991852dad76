import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { quote } from '@dcann/protocol/errors'
import { requesterNameSchema } from '@dcann/protocol/name'
import { z } from 'zod'

const path = z.string().min(1).max(1024)
const portSchema = z.int().min(0).max(65_535)

/** Where the key is that signs for the requester. */
const keySchema = z.union([
  /** A file that `--make-key` made, sealed under a passphrase: that of the file named here, else of the environment. Or a plain one. */
  z.strictObject({ file: path, passphraseFile: path.optional() }),
  /** A process of the operator's own that signs, so that the key may stay in an HSM or a KMS. */
  z.strictObject({ command: z.array(z.string().min(1)).min(1).max(32) }),
  /** A key that anybody can make again from its label. Refused unless the root record says `test`. */
  z.strictObject({ testKey: z.string().min(1).max(200) }),
])
export type KeyConfig = z.output<typeof keySchema>

/** What a gateway is started with; the README says what each setting does and which accident it prevents. */
export const configSchema = z.strictObject({
  /** The requester's name in its country's zone, as its record says. */
  requester: requesterNameSchema,
  /** The origin under which wallets and vaults reach the public listener: the record's `offers` is this and `/offers`. */
  publicUrl: z.url({ protocol: /^https?$/ }).max(512),
  host: z.string().max(255).default('127.0.0.1'),
  port: portSchema,
  /** The company's own listener: on loopback, for whoever can read the token. */
  console: z.strictObject({ port: portSchema, tokenFile: path }),
  /** The folder of the store; its keys and witness stand beside it. */
  store: path,
  check: z.enum(['full', 'quick']).default('full'),
  /** The pinned root record. */
  root: path,
  /** Where the root zone's registries answer, asked in order. */
  registries: z.array(z.url()).min(1),
  key: keySchema,
  /** Where sealed answers are opened: the first key goes into offers, those after it open what was agreed before. */
  sealing: z.array(keySchema).max(16).default([]),
  /** The page that opens links; without it a link begins with `ask#`, to stand behind any wallet's address. */
  wallet: z
    .url({ protocol: /^https?$/ })
    .max(512)
    .optional(),
  /** The folder with the built pages: the console is shown on its listener, and `/ask.js` served on the public one. */
  pages: path.optional(),
  /** Of the notices that registered uses name. */
  language: z
    .string()
    .regex(/^[a-z]{2,3}(?:-[A-Z]{2})?$/)
    .default('en'),
  logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
})
export type Config = z.output<typeof configSchema>
export type ConfigInput = z.input<typeof configSchema>

/** Reads the settings; paths in them are taken from the folder they stand in. Throws, naming the setting that is wrong. */
export function readConfig(file: string): Config {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw new Error(`reading the settings ${quote(file, 200)}: they are missing or not JSON`, { cause })
  }
  return parseConfig(value, dirname(resolve(file)))
}

/** Settings with every path made absolute from `base`. */
export function parseConfig(input: unknown, base: string = process.cwd()): Config {
  const result = configSchema.safeParse(input)
  if (!result.success) {
    const issue = result.error.issues[0]
    throw new Error(
      `reading the settings: ${quote(issue?.path.map(String).join('.') ?? '', 80)}: ${issue?.message ?? 'malformed'}`,
    )
  }
  const { publicUrl, console, store, root, key, sealing, pages, ...rest } = result.data
  const at = (file: string): string => resolve(base, file)
  return {
    ...rest,
    publicUrl: publicUrl.replace(/\/$/, ''),
    console: { ...console, tokenFile: at(console.tokenFile) },
    store: at(store),
    ...(pages === undefined ? {} : { pages: at(pages) }),
    root: at(root),
    key: keyAt(key, at),
    sealing: sealing.map((one) => keyAt(one, at)),
  }
}

function keyAt(key: KeyConfig, at: (file: string) => string): KeyConfig {
  if (!('file' in key)) return key
  const { file, passphraseFile } = key
  return { file: at(file), ...(passphraseFile === undefined ? {} : { passphraseFile: at(passphraseFile) }) }
}

/** The passphrase of a sealed key: the first line of its file, else `DCANN_GATEWAY_PASSPHRASE`. */
export function readPassphrase(file: string | undefined): string {
  const text = file === undefined ? process.env['DCANN_GATEWAY_PASSPHRASE'] : firstLineOf(file)
  if (text) return text
  throw new Error(
    file === undefined
      ? 'opening the key: it is sealed; name a passphraseFile, or set DCANN_GATEWAY_PASSPHRASE'
      : `opening the key: ${quote(file, 200)} holds no passphrase in its first line`,
  )
}

function firstLineOf(file: string): string {
  if (!existsSync(file)) throw new Error(`opening the key: there is no passphrase file ${quote(file, 200)}`)
  refuseExposed(file)
  return readFileSync(file, 'utf8').split(/\r?\n/, 1)[0] ?? ''
}

/** Refuses a file of secrets that others than its owner may read. */
export function refuseExposed(file: string): void {
  if (process.platform === 'win32' || (statSync(file).mode & 0o077) === 0) return
  throw new Error(
    `opening ${quote(file, 200)}: others may read it; chmod 600 it, and replace what is in it if others could`,
  )
}
