import { randomBytes } from 'node:crypto'
import { base64Url, fromBase64Url } from '@dcann/protocol/bytes'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import type { PublicKey } from '@dcann/protocol/key'
import { admitSealingKey, type Opener, openerFromSeed, sealingKid, testOpener } from '@dcann/protocol/sealing-key'
import { type KeyConfig, readPassphrase } from '../config.ts'
import { keepRunning } from './keep-running.ts'
import type { KeyProcess } from './key-process.ts'
import { requireTest } from './open.ts'
import { readSeedFile } from './seed-file.ts'

/** The keys that answers are sealed to, wherever their private halves are. */
export type Sealing = {
  /** What goes into new offers; `null` when the settings name none. */
  readonly key: PublicKey | null
  /**
   * Opens what is sealed to this key, an older one too. Before the question is asked, since an answer that nobody can open
   * is counted all the same: throws `unavailable` for a key that is not here, or whose process cannot be had.
   */
  readonly openerOf: (key: PublicKey) => Promise<Opener>
  readonly close: () => void
}

type OpenedOpener = { readonly opener: Opener; readonly ready?: () => Promise<void>; readonly close?: () => void }

/** No key: nothing can be agreed on that has to be sealed. */
export const noSealing: Sealing = sealingOf([])

/** Opens every key that the settings name, the first for new offers. Throws as `openKey` does. */
export async function openSealing(configs: readonly KeyConfig[], isTest: boolean): Promise<Sealing> {
  const opened: OpenedOpener[] = []
  try {
    for (const config of configs) opened.push(await openOne(config, isTest))
  } catch (error) {
    for (const { close } of opened) close?.()
    throw error
  }
  return sealingOf(opened)
}

function sealingOf(opened: readonly OpenedOpener[]): Sealing {
  const byKey = new Map(opened.map((one) => [one.opener.key, one]))
  return {
    key: opened[0]?.opener.key ?? null,
    async openerOf(key) {
      const found = byKey.get(key)
      if (!found) {
        throw new ProtocolError(
          'unavailable',
          `opening answers: the agreement has them sealed to ${quote(key, 43)}, which none of the settings' sealing keys is; name it there again`,
          { cause: 'key-unknown' },
        )
      }
      await found.ready?.()
      return found.opener
    },
    close() {
      for (const { close } of opened) close?.()
    },
  }
}

async function openOne(config: KeyConfig, isTest: boolean): Promise<OpenedOpener> {
  if ('command' in config) return await openOpener(config.command)
  if ('file' in config) {
    return {
      opener: openerFromSeed(await readSeedFile(config.file, () => readPassphrase(config.passphraseFile), 'sealing')),
    }
  }
  requireTest(isTest)
  return { opener: testOpener(config.testKey) }
}

/** An opener of the operator's own: it is given the sender's key of each message, and gives what both have in common. */
async function openOpener(command: readonly string[]): Promise<OpenedOpener> {
  const kept = await keepRunning(command, {
    use: { does: 'opening', answerBytes: 32, admit: admitSealingKey },
    prove: proveAgrees,
  })
  const { key } = kept
  return {
    opener: {
      kid: sealingKid(key),
      key,
      // the answer is here already, so one that died in between gets a second chance
      agree: async (enc) => await kept.ask(enc).catch(async () => (await kept.ready(), await kept.ask(enc))),
    },
    ready: kept.ready,
    close: kept.close,
  }
}

/** Has it agree with a key whose private half is here, so that one with the wrong key opens nothing and is not asked for. */
async function proveAgrees(begun: KeyProcess): Promise<void> {
  const other = openerFromSeed(randomBytes(32))
  const [theirs, ours] = [await begun.ask(fromBase64Url(other.key)), await other.agree(fromBase64Url(begun.key))]
  if (base64Url(theirs) === base64Url(ours)) return
  throw new ProtocolError('unavailable', 'opening: what the key process gives does not belong to its own key')
}
