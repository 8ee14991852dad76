import { randomBytes } from 'node:crypto'
import { resolve as resolvePath } from 'node:path'
import { parseBounded } from '@dcann/protocol/canonical'
import { ProtocolError } from '@dcann/protocol/errors'
import { formatIdentifier, parseIdentifier } from '@dcann/protocol/identifier'
import { keyDigest, type Signer, signerFromSeed } from '@dcann/protocol/key'
import type { PassportRecord } from '@dcann/protocol/passport'
import { actingSet, recoveryDigest, type RecoverySet, recoverySetSchema } from '@dcann/protocol/recovery'
import { parseSchema } from '@dcann/protocol/signed'
import { changePassport, recoverPassport } from '@dcann/sdk/passport-change'
import { readRecoveryKit, writeRecoveryKit } from '@dcann/sdk/recovery-kit'
import { createVaultClient } from '@dcann/sdk/vault-client'
import { withNode, withPassport } from '@dcann/sdk/wallet'
import { controlSigner, paperSet } from '@dcann/sdk/wallet-keys'
import { freshNonce, instantOf } from '@dcann/sdk/world'
import { defineCommand, type Report } from '../command.ts'
import { CommandError, UsageError } from '../failure.ts'
import { readNamed } from '../folder.ts'
import { openHolder } from '../holder.ts'
import { readKeyFile, readPublicKeys, writeNew } from '../key-file.ts'
import { kitLines, sheetLines } from '../kit-lines.ts'
import { withLock } from '../lock.ts'
import { ofWallet } from '../options.ts'
import { admitRecord, followRecord, followsLater, newestRecord } from '../passport-record.ts'
import { openOutside } from '../settings.ts'
import { createWallet, hasWallet } from '../wallet.ts'
import { table } from '../wrap.ts'

const setOut = {
  value: '<file>',
  says: 'with --key: where to write the set, which each of them keeps; recovery-set.json without it',
} as const

export const protect = defineCommand({
  says: 'Names what gets your passport back when its keys are lost or stolen: a sheet of paper, or keys of people you trust. Another one takes 30 days to be in office; the one before is until then.',
  options: {
    key: { value: '<key>', many: true, says: "a person's public key, or its file; none: a sheet is made" },
    threshold: { value: '<n>', says: 'how many of the keys act together; all of them without this option' },
    out: setOut,
    ...ofWallet,
  },
  example: 'dcann passport protect',
  run: async ({ given, folder, screen }): Promise<Report> => {
    const keys = await readPublicKeys(given.key ?? [])
    const threshold = thresholdOf(given.threshold, keys.length)
    const holder = await openHolder({ folder, screen, given })
    const { world, passport, control, vault } = holder
    const resolver = holder.resolver()
    const held = await newestRecord(resolver, passport)
    const made = keys.length > 0 ? { set: { keys, threshold, salt: freshNonce(world) } } : makeSheet()
    // kept before it is named: without its salt nobody can open it
    const file = keys.length > 0 ? await keepSet(given.out, made.set) : undefined
    const record = await changePassport(world, held, { recovery: recoveryDigest(made.set) }, [control])
    const { id, seq } = await admitRecord({ resolver, world }, passport, record)
    const follows = await followRecord(vault, record, seq)
    const isFirst = held.payload.recovery === null
    return {
      json: {
        identifier: passport,
        record: id,
        seq,
        followed: follows,
        ...(made.sheet === undefined ? { set: made.set } : { recovery_sheet: made.sheet }),
        ...(file === undefined ? {} : { file }),
      },
      lines: [
        isFirst
          ? 'What gets your passport back is named, and acts from now on.'
          : 'It is named, and acts in 30 days; the one before acts until then.',
        ...table([
          ['Record', `${id} (number ${seq})`],
          ...(file === undefined ? [] : [['Set', `${file}: give it to each of them, with no secret in it`] as const]),
        ]),
        ...(made.sheet === undefined ? [] : sheetLines(made.sheet)),
      ],
    }
  },
})

export const recover = defineCommand({
  says: 'Gets your passport back, in an empty folder: a new wallet, whose keys control it from now on. With --undo everything that was done to it since it was settled last is taken back, its home too.',
  takes: ['<identifier>'],
  options: {
    sheet: { value: '<file>', says: 'the recovery sheet, as it was printed' },
    set: { value: '<file>', says: 'the set that dcann passport protect wrote; with --key' },
    key: { value: '<file>', many: true, says: "a person's key file of the set; as many as its threshold" },
    undo: { says: 'take back what was done in the last 14 days' },
    out: setOut,
    ...ofWallet,
  },
  example: 'dcann passport recover IN7K3F9X0000000000000000000G --sheet sheet.txt --undo',
  run: async ({ words: [text = ''], given, folder }): Promise<Report> => {
    const passport = parseIdentifier(text)
    const { settings, world, resolver } = await openOutside(folder)
    const { set, signers } = await readSet(given)
    return await withLock(folder, async () => {
      if (await hasWallet(folder)) {
        throw new CommandError(
          'file-exists',
          `there is a wallet in ${folder} already; a passport is recovered into an empty folder: use another --home`,
        )
      }
      const held = await newestRecord(resolver, passport)
      requireActing(held.payload, set, instantOf(world))
      const undoes = given.undo === true ? undoable(held.payload, instantOf(world)) : undefined
      const after = given.sheet === undefined ? { set: { ...set, salt: freshNonce(world) } } : makeSheet()
      const file = given.sheet === undefined ? await keepSet(given.out, after.set) : undefined
      const seed = new Uint8Array(randomBytes(32))
      const [control, next] = [controlSigner(seed), controlSigner(seed, 1)]
      const record = await recoverPassport(
        world,
        held,
        set,
        {
          keys: [control.key],
          next: [keyDigest(next.key)],
          set: after.set,
          ...(undoes === undefined ? {} : { undoes }),
        },
        signers,
      )
      const { node } = undoes === undefined ? held.payload.home : (held.payload.fallback?.home ?? held.payload.home)
      const home = (await resolver.resolveHome(node)).node.payload
      // kept before it is sent: keys that control a passport and are in no wallet would be lost
      const files = await createWallet(settings, seed, given)
      const genesis = (await resolver.resolveName(passport, { kind: 'passport' })).chain[0]?.signed ?? held.signed
      await files.keep(
        withPassport(withNode(files.wallet(), { name: node, url: home.url }), { passport, node, genesis }),
      )
      const { id, seq } = await admitRecord({ resolver, world }, passport, record)
      const follows = await followRecord(createVaultClient(world, home.url), record, seq)
      const kit = writeRecoveryKit(seed)
      return {
        json: {
          identifier: passport,
          record: id,
          seq,
          node,
          undone: undoes ?? null,
          followed: follows,
          recovery_kit: kit,
          ...(after.sheet === undefined ? {} : { recovery_sheet: after.sheet }),
          ...(file === undefined ? {} : { file }),
        },
        lines: [
          `The passport ${formatIdentifier(passport)} is yours again.`,
          ...table([
            ['Record', `${id} (number ${seq})`],
            ['Lives at', `${node}, ${home.url}`],
            ['Control key', control.kid],
            ...(file === undefined ? [] : [['Set', `${file}: in office in 30 days; give it to each of them`] as const]),
          ]),
          ...(follows ? [] : [followsLater]),
          'Look through what stands, and give devices their rights anew: dcann agreements list, dcann trail,',
          'dcann device add, dcann card make. What is paused goes on with: dcann resume <agreement>',
          ...kitLines(kit),
          ...(after.sheet === undefined ? [] : sheetLines(after.sheet)),
        ],
      }
    })
  },
})

type Made = { readonly set: RecoverySet; readonly sheet?: string }

function makeSheet(): Made {
  const seed = new Uint8Array(randomBytes(32))
  return { set: paperSet(seed).set, sheet: writeRecoveryKit(seed, 'recovery') }
}

async function keepSet(out: string | undefined, set: RecoverySet): Promise<string> {
  const file = out ?? 'recovery-set.json'
  await writeNew(file, `${JSON.stringify(set)}\n`)
  return resolvePath(file)
}

function thresholdOf(text: string | undefined, keys: number): number {
  if (text === undefined) return Math.max(1, keys)
  if (keys === 0) throw new UsageError('--threshold goes with --key; a sheet acts alone')
  if (!/^[1-9][0-9]?$/.test(text) || Number(text) > keys)
    throw new UsageError(`--threshold is no number from 1 to the ${keys} key(s) given`)
  return Number(text)
}

type SetGiven = {
  readonly sheet?: string
  readonly set?: string
  readonly key?: readonly string[]
  readonly 'passphrase-file'?: string
}

async function readSet(given: SetGiven): Promise<{ readonly set: RecoverySet; readonly signers: readonly Signer[] }> {
  const { sheet, set: file, key: keys = [] } = given
  if ((sheet === undefined) === (file === undefined)) {
    throw new UsageError('expected either --sheet <file>, or --set <file> with --key <file> for each who acts')
  }
  if (sheet !== undefined) {
    const { set, signer } = paperSet(readRecoveryKit(await readNamed(sheet, 'the recovery sheet'), 'recovery'))
    return { set, signers: [signer] }
  }
  const text = await readNamed(file ?? '', 'the recovery set')
  const set = parseSchema(recoverySetSchema, parseBounded(text.trim()), 'reading the recovery set')
  const signers: Signer[] = []
  for (const one of keys) signers.push(signerFromSeed(await readKeyFile(one, 'signing', given)))
  const missing =
    set.threshold - new Set(signers.filter(({ key }) => set.keys.includes(key)).map(({ key }) => key)).size
  if (missing > 0) {
    throw new UsageError(
      `${missing} more key(s) of the set are needed; all act on one machine, within minutes: --key <file>`,
    )
  }
  return { set, signers: signers.filter(({ key }) => set.keys.includes(key)) }
}

function requireActing(record: PassportRecord, set: RecoverySet, now: number): void {
  const acting = actingSet(record, now)
  if (acting === recoveryDigest(set)) return
  throw new ProtocolError(
    'not-entitled',
    acting === null
      ? 'recovering a passport: it names nothing that could recover it'
      : `recovering a passport: another set than this one acts${record.outgoing && now < Date.parse(record.outgoing.until) / 1000 ? ` until ${record.outgoing.until}; use the sheet or set of before` : ''}`,
  )
}

function undoable({ fallback }: PassportRecord, now: number): string {
  if (fallback && now < Date.parse(fallback.until) / 1000) return fallback.record
  throw new ProtocolError(
    'rule-broken',
    'recovering a passport: there is nothing to take back, all that was done to it is settled; leave --undo out',
  )
}
