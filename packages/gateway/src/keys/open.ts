import { fromBase64Url } from '@dcann/protocol/bytes'
import { ProtocolError } from '@dcann/protocol/errors'
import { type Signer, signerFromSeed, testSigner, thumbprint } from '@dcann/protocol/key'
import { verifyStrict } from '@dcann/protocol/verify-strict'
import { type KeyConfig, readPassphrase } from '../config.ts'
import { readSeedFile } from './seed-file.ts'
import { type SignerProcess, startSignerProcess } from './signer-process.ts'

/** The key that signs for the requester, wherever it is. */
export type OpenedKey = { readonly signer: Signer; readonly close: () => void }

/** Opens the key that the settings name. Throws when it cannot be had, or is a test key under a root that is none for tests. */
export async function openKey(config: KeyConfig, isTest: boolean): Promise<OpenedKey> {
  if ('command' in config) return await openCommand(config.command)
  if ('file' in config) {
    const seed = await readSeedFile(config.file, readPassphrase(config.passphraseFile))
    return { signer: signerFromSeed(seed), close: () => {} }
  }
  if (!isTest) throw new Error('opening the key: testKey is for test roots only; give a file or a command')
  return { signer: testSigner(config.testKey), close: () => {} }
}

/** Milliseconds between two starts of a signer, so that one which ends at once does not spin. */
const restartMilliseconds = 1_000

/**
 * A signer of the operator's own. Each signature is verified before it is used, so a signer with the wrong key is found here
 * and not by a vault. One that has ended is started again by the next request; when that fails, `unavailable`, and the next
 * try is a second later.
 */
export async function openCommand(
  command: readonly string[],
  monotonic: () => number = () => performance.now(),
): Promise<OpenedKey> {
  const begun = await startSignerProcess(command)
  const { key } = begun
  let current: SignerProcess = begun
  let triedAt = monotonic()
  let starting: Promise<SignerProcess> | undefined
  let closed = false

  const restart = async (): Promise<SignerProcess> => {
    triedAt = monotonic()
    const again = await startSignerProcess(command)
    if (again.key === key && !closed) return (current = again)
    again.end()
    throw new ProtocolError(
      'unavailable',
      'signing: the signer process came back with another key; start the gateway again',
    )
  }
  const running = async (): Promise<SignerProcess> => {
    if (current.alive() || closed || (starting === undefined && monotonic() - triedAt < restartMilliseconds))
      return current
    starting ??= restart().finally(() => (starting = undefined))
    return await starting
  }

  return {
    signer: {
      kid: thumbprint(key),
      key,
      async sign(bytes) {
        const signature = await (await running()).ask(bytes)
        if (await verifyStrict(fromBase64Url(key), bytes, signature)) return signature
        throw new ProtocolError('unavailable', 'signing: what the signer process gave is no signature by its own key')
      },
    },
    close() {
      closed = true
      current.end()
    },
  }
}
