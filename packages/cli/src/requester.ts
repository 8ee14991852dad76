import { ProtocolError, quote } from '@dcann/protocol/errors'
import { type Signer, signerFromSeed, testSigner } from '@dcann/protocol/key'
import type { RequesterRecord } from '@dcann/protocol/requester'
import { type Opener, openerFromSeed, testOpener } from '@dcann/protocol/sealing-key'
import type { Caller } from '@dcann/sdk/signed-call'
import { need } from './arguments.ts'
import { CommandError, UsageError } from './failure.ts'
import { readKeyFile } from './key-file.ts'
import type { PassphraseGiven } from './passphrase.ts'
import { openOutside, type Outside } from './settings.ts'

export type RequesterGiven = PassphraseGiven & {
  readonly as?: string
  readonly key?: string
  readonly 'test-key'?: string
}

/** Whoever asks: its record as the registry has it, and a key that stands in it. */
export type Requester = Outside & { readonly record: RequesterRecord; readonly signer: Signer; readonly by: Caller }

/** Opens the requester's side. Throws `key-unknown` for a key that the record does not name. */
export async function openRequester(folder: string, given: RequesterGiven): Promise<Requester> {
  const name = need(given.as, '--as')
  const outside = await openOutside(folder)
  const signer = await readSigner(given, outside.settings.isTest)
  const { record } = await outside.resolver.resolveName(name, { kind: 'requester' })
  if (record === undefined) {
    throw new ProtocolError('not-active', `asking as ${quote(name)}: no requester is registered under this name`)
  }
  if (!record.payload.keys.includes(signer.key)) {
    throw new ProtocolError(
      'key-unknown',
      `asking as ${quote(name)}: the key given makes ${signer.key}, which is none of the keys in its record`,
    )
  }
  return { ...outside, record: record.payload, signer, by: { from: name, signer } }
}

async function readSigner(given: RequesterGiven, isTest: boolean): Promise<Signer> {
  const { key, 'test-key': label } = given
  if ((key === undefined) === (label === undefined)) throw new UsageError('expected either --key or --test-key')
  if (label !== undefined) {
    requireTest(isTest, '--key')
    return testSigner(label)
  }
  return signerFromSeed(await readKeyFile(need(key, '--key'), 'signing', given))
}

export type OpenerGiven = PassphraseGiven & { readonly 'sealing-key'?: string; readonly 'test-sealing-key'?: string }

/** What opens answers that are sealed; `undefined` when neither option is given. */
export async function readOpener(given: OpenerGiven, isTest: boolean): Promise<Opener | undefined> {
  const { 'sealing-key': file, 'test-sealing-key': label } = given
  if (file !== undefined && label !== undefined)
    throw new UsageError('expected either --sealing-key or --test-sealing-key')
  if (label !== undefined) {
    requireTest(isTest, '--sealing-key')
    return testOpener(label)
  }
  return file === undefined ? undefined : openerFromSeed(await readKeyFile(file, 'sealing', given))
}

/** Refuses what only a test root admits. */
export function requireTest(isTest: boolean, instead: string): void {
  if (isTest) return
  throw new CommandError(
    'test-only',
    `a test key can be made by anybody, so only a test root admits it; give ${instead} <file>`,
  )
}
