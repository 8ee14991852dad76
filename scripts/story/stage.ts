import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { sha256, utf8 } from '@dcann/protocol/bytes'
import type { Term } from '@dcann/protocol/offer'
import { createVaultClient } from '@dcann/sdk/vault-client'
import { controlSigner } from '@dcann/sdk/wallet-keys'
import { call } from '../federation/call.ts'
import type { CompanyName, Federation } from '../federation/parts.ts'

/** One act told: one claim, what shows it, and a line for a doubter's second terminal. */
export type Told = {
  readonly claim: string
  readonly proof: readonly string[]
  readonly check: Check
}

/** A command, and what it prints when the claim holds. */
export type Check = {
  readonly command: string
  readonly expect: RegExp
  /** Uses none of our code. */
  readonly byOthers?: true
  /** The command is to fail, saying why. */
  readonly fails?: true
}

/** What acts stand on, and what earlier ones leave for later ones. */
export type Stage = {
  readonly federation: Federation
  /** Shown in commands, like `demo`. */
  readonly folder: string
  readonly hers: string
  readonly samples: { readonly rides: string; readonly searches: string }
  readonly left: Left
  /** Says to our command what she would, in this process; gives what `--json` printed. */
  readonly dcann: (...words: readonly string[]) => Promise<Json>
  /** The same in a process of its own, beside others. */
  readonly dcannBeside: (...words: readonly string[]) => Promise<Json>
  /** Her trail as her wallet reads it, in words of the protocol. */
  readonly trail: () => Promise<string>
  /** A call to a gateway, the insurer's, as its own people make it: a POST of plain JSON, or a GET without a body. */
  readonly console: (path: string, body?: object, whose?: CompanyName) => Promise<ConsoleAnswer>
}

export type ConsoleAnswer = { readonly status: number; readonly text: string; readonly body: Json }

export type Json = { readonly [member: string]: unknown }

/** What one act hands to the next. */
export type Left = {
  identifier: string
  offer: string
  link: string
  agreement: string
  address: string
  /** Of the health authority. */
  sealed: string
  entries: number
}

export type Act = (stage: Stage) => Promise<Told>

export const root = fileURLToPath(new URL('../../', import.meta.url))

/** Something is not as it should be: the story ends here. */
export class NotAsTold extends Error {}

export function insist(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new NotAsTold(otherwise)
}

/** Runs a command in the repository's folder; gives status and everything it printed. */
export async function run(
  command: string,
  args: readonly string[],
  options: { readonly shell?: boolean; readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<{ readonly status: number; readonly out: string; readonly err: string }> {
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], ...options })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (bytes: Buffer) => out.push(bytes))
  child.stderr.on('data', (bytes: Buffer) => err.push(bytes))
  const status = await new Promise<number>((resolve) => {
    child.once('error', () => resolve(127))
    child.once('close', (code) => resolve(code ?? 1))
  })
  return { status, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() }
}

/** What a command printed under `--json`, when it came to a good end. */
function reported(words: readonly string[], { status, out, err }: Awaited<ReturnType<typeof run>>): Json {
  insist(status === 0, `dcann ${words[0]}: ${err.trim() || out.trim()}`)
  return JSON.parse(out) as Json
}

function textIn(stream: PassThrough): string {
  const bytes: unknown = stream.read()
  return bytes instanceof Buffer ? bytes.toString() : ''
}

/** The stage for a federation that runs. */
export function openStage(federation: Federation, folder: string): Stage {
  const hers = `${folder}/asha`
  const asHer = ['--json', '--home', join(root, hers)]
  const stage: Stage = {
    federation,
    folder,
    hers,
    samples: { rides: 'test/samples/trips_data.csv', searches: 'test/samples/MyActivity.json' },
    left: { identifier: '', offer: '', link: '', agreement: '', address: '', sealed: '', entries: 0 },
    async dcann(...words) {
      const [{ dispatch }, { createScreen }] = await Promise.all([
        import('../../packages/cli/src/dispatch.ts'),
        import('../../packages/cli/src/screen.ts'),
      ])
      const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
      const status = await dispatch([...words, ...asHer], createScreen({ stdin, stdout, stderr }))
      return reported(words, { status, out: textIn(stdout), err: textIn(stderr) })
    },
    async dcannBeside(...words) {
      return reported(
        words,
        await run(process.execPath, [join(root, 'packages/cli/bin/dcann.mjs'), ...words, ...asHer]),
      )
    },
    async trail() {
      const by = { from: stage.left.identifier, signer: controlSigner(seedOf(federation)) }
      const vault = createVaultClient(federation.world(), federation.tallinn.url)
      let words = ''
      for (let after: string | undefined; ;) {
        const { lines, next } = await vault.readTrail(by, after === undefined ? {} : { after })
        words += JSON.stringify(lines)
        if (next === undefined) return words
        after = next
      }
    },
    async console(path, body, whose = 'insurer') {
      await federation.othersReady
      const { url, tokenFile } = federation.consoles[whose]
      const authorization = `Bearer ${readFileSync(tokenFile, 'utf8').trim()}`
      const { status, text } = await call(
        url + path,
        body === undefined
          ? { headers: { authorization } }
          : {
              method: 'POST',
              headers: { 'content-type': 'application/json', authorization },
              body: JSON.stringify(body),
            },
      )
      return { status, text, body: JSON.parse(text) as Json }
    },
  }
  return stage
}

/** The seed of her wallet, which anybody can make again. */
export function seedOf({ cast }: Federation): Uint8Array {
  return sha256(utf8(`dcann/test-wallet/1\n${cast.seed}/asha`))
}

/** What a line that a doubter pastes says when it is run: its words, and whether they are as expected. */
export async function runCheck({ command, expect, fails }: Check): Promise<'held' | 'broken' | 'missing'> {
  const own = command.replaceAll('npx --no-install dcann', `"${process.execPath}" packages/cli/bin/dcann.mjs`)
  const { status, out, err } = await run(own, [], { shell: true })
  if (status === 127) return 'missing'
  return (status === 0) !== (fails ?? false) && expect.test(out + err) ? 'held' : 'broken'
}

/** What the insurer wants: how much she rides, and, if she likes, where. */
export function insurersTerms(): Term[] {
  const both = {
    strand: 'mobility.rides',
    category: 'pd:TravelHistory',
    purpose: 'dpv:PersonalisedBenefits',
    processing: ['dpv:Use'],
    legal_basis: 'eu-gdpr:A6-1-a',
    mode: 'query' as const,
    fetch: 'periodic' as const,
    data_range: { last: 'P90D' },
    data_life: 'P30D',
    tags: [],
    moments: [],
    about_others: false,
    min_assurance: 'self' as const,
    goes_to: ['EE'],
    used_by: [],
    combine: 'never' as const,
  }
  return [
    {
      ...both,
      id: 'rides-a-week',
      optional: false,
      claims: ['rides_per_week'],
      frequency: { max: 5_000, per: 'day' },
      purpose_text: { en: 'To price your cover by how much you ride' },
    },
    {
      ...both,
      id: 'addresses',
      optional: true,
      claims: ['begin_address', 'begin_time', 'end_address', 'end_time'],
      frequency: { max: 1, per: 'day' },
      purpose_text: { en: 'To see in which streets you ride' },
    },
  ]
}
