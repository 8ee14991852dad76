import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { fromBase64Url, utf8 } from '../bytes.ts'
import { testSigner } from '../key.ts'
import { signCheckpoint } from './checkpoint.ts'
import { cosign, proveCosignatures, withSignatures } from './cosignature.ts'
import { leafHash } from './merkle.ts'
import {
  formatNote,
  formatSignatureLine,
  parseNote,
  parseSignatureLines,
  signatureTypes,
  signaturesBy,
} from './note.ts'

const origin = 'ee.example/log'
const log = testSigner('ee log')
const witness = testSigner('a witness')
const verifier = { name: 'witness.example/w1', key: witness.key }
const note = parseNote(await signCheckpoint({ origin, size: 42, root: leafHash(utf8('one')) }, log))
const refusal = (code: string): unknown => expect.objectContaining({ code })
const line = await cosign(note, witness, verifier.name, 1_679_315_147)

describe('cosign', () => {
  test('signs time and text under a header of its own, time first in eight bytes', async () => {
    const [bytes] = signaturesBy(withSignatures(note, [line]), verifier, signatureTypes.cosignature)
    expect(bytes).toHaveLength(72)
    expect(new DataView(bytes!.buffer, bytes!.byteOffset).getBigUint64(0)).toBe(1_679_315_147n)
    const message = utf8(`cosignature/v1\ntime 1679315147\n${note.text}`)
    expect(bytes!.subarray(8)).toEqual(await witness.sign(message))
    const named = createHash('sha256').update(`${verifier.name}\n\x04`).update(fromBase64Url(witness.key)).digest()
    expect(line.keyHash).toEqual(new Uint8Array(named.subarray(0, 4)))
  })

  test('refuses a time that is none, and a name without form', async () => {
    for (const time of [-1, 0.5, Number.NaN, 2 ** 53]) {
      await expect(cosign(note, witness, verifier.name, time)).rejects.toThrow(refusal('schema-mismatch'))
    }
    await expect(cosign(note, witness, 'a b', 1)).rejects.toThrow(refusal('schema-mismatch'))
  })
})

describe('proveCosignatures', () => {
  test('finds every line of the witnesses asked for, and passes over others', async () => {
    const again = await cosign(note, witness, verifier.name, 1_679_315_162)
    const other = await cosign(note, testSigner('another'), 'witness.example/w2', 1_679_315_150)
    const cosigned = withSignatures(note, [line, again, other])
    const found = await proveCosignatures(cosigned, [verifier])
    expect(found).toEqual([
      { witness: verifier, time: 1_679_315_147 },
      { witness: verifier, time: 1_679_315_162 },
    ])
    expect(await proveCosignatures(note, [verifier])).toEqual([])
    expect(await proveCosignatures(cosigned, [{ ...verifier, name: 'witness.example/w2' }])).toEqual([])
    expect(await proveCosignatures(cosigned, [{ ...verifier, key: log.key }])).toEqual([])
  })

  test("does not take a plain signature of the same key for one, nor the log's", async () => {
    const plain = parseNote(
      await signCheckpoint({ origin, size: 42, root: leafHash(utf8('one')) }, witness, verifier.name),
    )
    expect(await proveCosignatures(plain, [verifier])).toEqual([])
    expect(await proveCosignatures(note, [{ name: origin, key: log.key }])).toEqual([])
  })

  test('refuses a line moved to another head, to another time, and every byte changed', async () => {
    const moved = parseNote(await signCheckpoint({ origin, size: 43, root: leafHash(utf8('one')) }, log))
    await expect(proveCosignatures(withSignatures(moved, [line]), [verifier])).rejects.toThrow(
      refusal('record-signature-invalid'),
    )
    for (let i = 0; i < line.signature.length; i++) {
      const signature = line.signature.slice()
      signature[i]! ^= 1
      await expect(proveCosignatures(withSignatures(note, [{ ...line, signature }]), [verifier])).rejects.toThrow(
        refusal('record-signature-invalid'),
      )
    }
    for (const signature of [line.signature.slice(0, 71), new Uint8Array([...line.signature, 0])]) {
      await expect(proveCosignatures(withSignatures(note, [{ ...line, signature }]), [verifier])).rejects.toThrow(
        refusal('record-signature-invalid'),
      )
    }
  })
})

test('withSignatures adds what is new, and formatSignatureLine comes back through parseSignatureLines', () => {
  const once = withSignatures(note, [line, line])
  expect(withSignatures(once, [line])).toEqual(once)
  expect(parseNote(formatNote(once)).text).toBe(note.text)
  expect(parseSignatureLines(formatSignatureLine(line))).toEqual([line])
  for (const wrong of ['', '\n', 'x\n', `${formatSignatureLine(line)}\n`, formatSignatureLine(line).slice(0, -1)]) {
    expect(() => parseSignatureLines(wrong)).toThrow(expect.objectContaining({ name: 'ProtocolError' }))
  }
})
