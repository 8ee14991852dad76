import { utf8 } from '@dcann/protocol/bytes'
import { type Signer, testSigner } from '@dcann/protocol/key'
import { type Hash, leafHash, rootOf } from '@dcann/protocol/log/merkle'
import { formatNote, keyHash, signatureTypes } from '@dcann/protocol/log/note'
import type { ReadHash } from '@dcann/protocol/log/proof'
import { recordIdOf } from '@dcann/protocol/signed'

/** The log that the vectors are about: 300 entries, its key and witness, and somebody who is neither. */
export const origin = 'ee.dcann.example'
export const log = testSigner('vectors/log')
export const witness = testSigner('vectors/witness')
export const witnessName = 'in.dcann.example/witness'
export const stranger = testSigner('vectors/stranger')
export const leaves = Array.from({ length: 300 }, (_, i) => leafHash(utf8(`entry ${i}`)))
export const rootAt = (size: number): Hash => rootOf(leaves.slice(0, size))
export const readHash: ReadHash = (level, index) => rootOf(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level))

/** What stands under a name. */
export const record = recordIdOf(utf8('a record'))

/** A text with one line by a key, of whatever form the text is. */
export async function noteOver(text: string, by: Signer = log, name = origin): Promise<string> {
  const signature = await by.sign(utf8(text))
  return formatNote({ text, signatures: [{ name, keyHash: keyHash(name, signatureTypes.ed25519, by.key), signature }] })
}
