import { CommandError } from './failure.ts'
import { readNamed } from './folder.ts'

export type PassphraseGiven = { readonly 'passphrase-file'?: string }

const shortestPassphrase = 8

/** The first line of the file that is named, else `DCANN_PASSPHRASE`. Throws `passphrase-wrong` for one too short to be any. */
export async function readPassphrase(given: PassphraseGiven): Promise<string | undefined> {
  const file = given['passphrase-file']
  const passphrase =
    file === undefined
      ? process.env['DCANN_PASSPHRASE'] || undefined
      : (await readNamed(file, 'the passphrase')).split(/\r?\n/, 1)[0]
  if (passphrase !== undefined && passphrase.length < shortestPassphrase) {
    throw new CommandError(
      'passphrase-wrong',
      `reading the passphrase: it has ${passphrase.length} characters, expected ${shortestPassphrase} or more`,
    )
  }
  return passphrase
}
