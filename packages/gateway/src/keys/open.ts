import { fromBase64Url } from '@dcann/protocol/bytes'
import { ProtocolError } from '@dcann/protocol/errors'
import { admitKey, type Signer, signerFromSeed, testSigner, thumbprint } from '@dcann/protocol/key'
import { verifyStrict } from '@dcann/protocol/verify-strict'
import { type KeyConfig, readPassphrase } from '../config.ts'
import { keepRunning } from './keep-running.ts'
import { readSeedFile } from './seed-file.ts'

/** The key that signs for the requester, wherever it is. */
export type OpenedKey = { readonly signer: Signer; readonly close: () => void }

/** Opens the key that the settings name. Throws when it cannot be had, or is a test key under a root that is none for tests. */
export async function openKey(config: KeyConfig, isTest: boolean): Promise<OpenedKey> {
  if ('command' in config) return await openCommand(config.command)
  if ('file' in config) {
    const seed = await readSeedFile(config.file, () => readPassphrase(config.passphraseFile), 'signing')
    return { signer: signerFromSeed(seed), close: () => {} }
  }
  requireTest(isTest)
  return { signer: testSigner(config.testKey), close: () => {} }
}

/** Throws under a root that is not for tests: anybody can make such a key again. */
export function requireTest(isTest: boolean): void {
  if (!isTest) throw new Error('opening the key: testKey is for test roots only; give a file or a command')
}

/**
 * A signer of the operator's own. Each signature is verified before it is used, so a signer with the wrong key is found here
 * and not by a vault.
 */
export async function openCommand(command: readonly string[], monotonic?: () => number): Promise<OpenedKey> {
  const kept = await keepRunning(command, {
    use: { does: 'signing', answerBytes: 64, admit: admitKey },
    ...(monotonic ? { monotonic } : {}),
  })
  const { key } = kept
  return {
    signer: {
      kid: thumbprint(key),
      key,
      async sign(bytes) {
        const signature = await kept.ask(bytes)
        if (await verifyStrict(fromBase64Url(key), bytes, signature)) return signature
        throw new ProtocolError('unavailable', 'signing: what the key process gave is no signature by its own key')
      },
    },
    close: kept.close,
  }
}
