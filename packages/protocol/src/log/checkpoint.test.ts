import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { base64, utf8 } from '../bytes.ts'
import { type Signer, testSigner } from '../key.ts'
import { formatCheckpoint, openCheckpoint, parseCheckpoint, signCheckpoint } from './checkpoint.ts'
import { emptyRoot, leafHash } from './merkle.ts'
import { formatNote, keyHash, parseNote, signatureTypes } from './note.ts'

const origin = 'ee.example/log'
const root = leafHash(utf8('one'))
const checkpoint = { origin, size: 42, root }
const signer = testSigner('ee log')
const verifier = { name: origin, key: signer.key }
const refusal = (code: string): unknown => expect.objectContaining({ code })

/** A note over any text at all, well signed. */
async function signText(text: string, by: Signer = signer, name = origin): Promise<string> {
  const signature = await by.sign(utf8(text))
  return formatNote({ text, signatures: [{ name, keyHash: keyHash(name, signatureTypes.ed25519, by.key), signature }] })
}

describe('formatCheckpoint', () => {
  test('puts origin, size and root on a line each', () => {
    expect(formatCheckpoint(checkpoint)).toBe(`${origin}\n42\n${base64(root)}\n`)
    expect(formatCheckpoint({ ...checkpoint, extensions: ['a', 'b c'] })).toBe(
      `${origin}\n42\n${base64(root)}\na\nb c\n`,
    )
  })

  test('refuses what would not come back', () => {
    for (const wrong of [
      { ...checkpoint, origin: '' },
      { ...checkpoint, origin: 'a\nb' },
      { ...checkpoint, origin: `a\n7\n${base64(root)}` },
      { ...checkpoint, size: -1 },
      { ...checkpoint, size: 2 ** 53 },
      { ...checkpoint, size: 0 },
      { ...checkpoint, root: root.slice(1) },
      { ...checkpoint, extensions: [''] },
      { ...checkpoint, extensions: ['a\nb'] },
    ]) {
      expect(() => formatCheckpoint(wrong)).toThrow(expect.objectContaining({ name: 'ProtocolError' }))
    }
  })

  test('comes back through parseCheckpoint', () => {
    const line = fc.stringMatching(/^[ -~é]+$/u)
    fc.assert(
      fc.property(line, fc.maxSafeNat(), fc.array(line), (origin, size, extensions) => {
        const whole = { origin, size, root: size === 0 ? emptyRoot() : root, extensions }
        expect(parseCheckpoint(formatCheckpoint(whole))).toEqual(whole)
      }),
    )
  })
})

describe('parseCheckpoint', () => {
  test('reads the example of the specification', () => {
    const text = 'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n'
    expect(parseCheckpoint(text)).toMatchObject({ origin: 'example.com/behind-the-sofa', size: 20_852_163 })
    expect(formatCheckpoint(parseCheckpoint(text))).toBe(text)
  })

  const encoded = base64(root)
  test.each<[string, string]>([
    ['nothing', ''],
    ['two lines', `${origin}\n42\n`],
    ['no newline at the end', `${origin}\n42\n${encoded}`],
    ['an empty origin', `\n42\n${encoded}\n`],
    ['an empty extension', `${origin}\n42\n${encoded}\n\n`],
    ['an empty line before an extension', `${origin}\n42\n${encoded}\n\na\n`],
    ['a leading zero', `${origin}\n042\n${encoded}\n`],
    ['a sign', `${origin}\n+42\n${encoded}\n`],
    ['a negative size', `${origin}\n-42\n${encoded}\n`],
    ['an exponent', `${origin}\n4e2\n${encoded}\n`],
    ['hexadecimal', `${origin}\n0x2a\n${encoded}\n`],
    ['a space', `${origin}\n42 \n${encoded}\n`],
    ['other digits', `${origin}\n٤٢\n${encoded}\n`],
    ['an unsafe size', `${origin}\n9007199254740992\n${encoded}\n`],
    ['a short root', `${origin}\n42\n${base64(root.slice(1))}\n`],
    ['a long root', `${origin}\n42\n${base64(Uint8Array.of(...root, 0))}\n`],
    ['an empty log with a root', `${origin}\n0\n${encoded}\n`],
  ])('refuses %s', (_, text) => {
    expect(() => parseCheckpoint(text)).toThrow(refusal('schema-mismatch'))
  })

  test('refuses a root in another base64', () => {
    for (const wrong of [encoded.slice(0, -1), `${encoded} `, encoded.replace(/.=$/, 'z=')]) {
      expect(() => parseCheckpoint(`${origin}\n42\n${wrong}\n`)).toThrow(refusal('malformed-json'))
    }
  })
})

describe('openCheckpoint', () => {
  test('returns what the log has signed, and the note', async () => {
    const note = await signCheckpoint(checkpoint, signer)
    expect(await openCheckpoint(note, verifier)).toEqual({ ...checkpoint, extensions: [], note: parseNote(note) })
    const extended = { ...checkpoint, size: 0, root: emptyRoot(), extensions: ['x'] }
    expect(await openCheckpoint(await signCheckpoint(extended, signer), verifier)).toMatchObject(extended)
  })

  test('signs over the text with the key hash in front', async () => {
    const [line] = parseNote(await signCheckpoint(checkpoint, signer)).signatures
    expect(line).toEqual({
      name: origin,
      keyHash: keyHash(origin, signatureTypes.ed25519, signer.key),
      signature: await signer.sign(utf8(formatCheckpoint(checkpoint))),
    })
  })

  test('refuses any character changed', async () => {
    const note = await signCheckpoint(checkpoint, signer)
    const last = note.length - 1
    for (let i = 0; i <= last; i++) {
      const changed = note.slice(0, i) + (note[i] === 'A' ? 'B' : 'A') + note.slice(i + 1)
      await expect(openCheckpoint(changed, verifier)).rejects.toThrow(
        expect.objectContaining({ name: 'ProtocolError' }),
      )
      const cut = note.slice(0, i) + note.slice(i + 1)
      await expect(openCheckpoint(cut, verifier)).rejects.toThrow(expect.objectContaining({ name: 'ProtocolError' }))
    }
  })

  test('ignores lines by others', async () => {
    const note = await signCheckpoint(checkpoint, signer)
    const other = `— witness.example ${base64(new Uint8Array(76))}\n`
    const opened = await openCheckpoint(note + other, verifier)
    expect(opened).toMatchObject(checkpoint)
    expect(opened.note.signatures).toHaveLength(2)
  })

  test('refuses another key and another name', async () => {
    const note = await signCheckpoint(checkpoint, testSigner('somebody'))
    await expect(openCheckpoint(note, verifier)).rejects.toThrow(refusal('key-unknown'))
    const named = await signCheckpoint(checkpoint, signer, 'other.example')
    await expect(openCheckpoint(named, verifier)).rejects.toThrow(refusal('key-unknown'))
  })

  test('refuses a bad line by the key beside a good one', async () => {
    const good = await signCheckpoint(checkpoint, signer)
    const stale = (await signCheckpoint({ ...checkpoint, size: 41 }, signer)).split('\n\n')[1]!
    await expect(openCheckpoint(good + stale, verifier)).rejects.toThrow(refusal('record-signature-invalid'))
  })

  test('lets no log pass for another of the same key', async () => {
    const note = await signCheckpoint({ ...checkpoint, origin: 'ee.example/other' }, signer, origin)
    await expect(openCheckpoint(note, verifier)).rejects.toThrow(refusal('evidence-broken'))
    expect(await openCheckpoint(note, verifier, 'ee.example/other')).toMatchObject({ size: 42 })
  })

  test('refuses a signed text that is no checkpoint', async () => {
    await expect(openCheckpoint(await signText('hello\n'), verifier)).rejects.toThrow(refusal('schema-mismatch'))
    await expect(openCheckpoint(await signText(`${origin}\n1\n${base64(root)}\n\nx\n`), verifier)).rejects.toThrow(
      refusal('schema-mismatch'),
    )
  })
})
