import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { base64, sha256, utf8 } from '../bytes.ts'
import { testSigner } from '../key.ts'
import {
  checkName,
  formatNote,
  formatVkey,
  fromBase64,
  keyHash,
  type Note,
  noteLimits,
  parseNote,
  parseVkey,
  proveNote,
  signaturesBy,
  signatureTypes,
} from './note.ts'

/** A key and a note that another implementation made. */
const foreignVkey = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'
const foreignNote =
  'If you think cryptography is the answer to your problem,\n' +
  "then you don't know what your problem is.\n" +
  '\n' +
  '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n'

const signer = testSigner('log')
const verifier = { name: 'log.example/a', key: signer.key }
const hash = keyHash(verifier.name, signatureTypes.ed25519, signer.key)
const text = 'a text\n'
const signedBy = async (name: string, body = text): Promise<Note> => {
  const key = { name, keyHash: keyHash(name, signatureTypes.ed25519, signer.key) }
  return { text: body, signatures: [{ ...key, signature: await signer.sign(utf8(body)) }] }
}
const line = '— log.example/a AAAAAAE=\n'
const refusal = (code: string): unknown => expect.objectContaining({ code })

describe('parseNote', () => {
  test('reads text and lines apart', () => {
    expect(parseNote(`one\n\ntwo\n\n${line}${line}`)).toEqual({
      text: 'one\n\ntwo\n',
      signatures: [1, 2].map(() => ({
        name: 'log.example/a',
        keyHash: new Uint8Array(4),
        signature: Uint8Array.of(1),
      })),
    })
  })

  test.each<[string, string]>([
    ['nothing', ''],
    ['no signature', 'a\n\n'],
    ['no empty line', `a\n${line}`],
    ['no newline at the end', `a\n\n${line.slice(0, -1)}`],
    ['an empty line at the end', `a\n\n${line}\n`],
    ['a hyphen for the dash', `a\n\n${line.replace('—', '-')}`],
    ['an en dash for the dash', `a\n\n${line.replace('—', '–')}`],
    ['no name', 'a\n\n—  AAAAAAE=\n'],
    ['two spaces', 'a\n\n— n  AAAAAAE=\n'],
    ['a space at the end', 'a\n\n— n AAAAAAE= \n'],
    ['three words', 'a\n\n— n m AAAAAAE=\n'],
    ['a plus sign in the name', 'a\n\n— n+m AAAAAAE=\n'],
    ['a no-break space in the name', 'a\n\n— n\u00a0m AAAAAAE=\n'],
    ['a next-line character in the name', 'a\n\n— n\u0085m AAAAAAE=\n'],
    ['a key hash alone', 'a\n\n— n AAAAAA==\n'],
    ['a line of text among signatures', `a\n\n${line}b\n${line}`],
    ['a carriage return', `a\r\n\n${line}`],
    ['a tab', `a\tb\n\n${line}`],
    ['a NUL', `a\0\n\n${line}`],
    ['an escape in the name', 'a\n\n— n\u001b[1m AAAAAAE=\n'],
    ['half a surrogate pair', `a\ud800\n\n${line}`],
  ])('refuses %s', (_, note) => {
    expect(() => parseNote(note)).toThrow(refusal('schema-mismatch'))
  })

  test.each(['AAAAAAF=', 'AAAAAAE', 'AAAAAAE==', 'AAAAAA-_', '====', 'AAAA*AE=', 'AAAAAAE=AAAA'])(
    'refuses %s for base64',
    (encoded) => {
      expect(() => parseNote(`a\n\n— n ${encoded}\n`)).toThrow(refusal('malformed-json'))
    },
  )

  test('takes 100 signatures and refuses more', () => {
    expect(parseNote(`a\n\n${line.repeat(100)}`).signatures).toHaveLength(100)
    expect(() => parseNote(`a\n\n${line.repeat(101)}`)).toThrow(refusal('too-large'))
  })

  test('counts bytes, not characters', () => {
    const rest = `\n\n${line}`
    const room = noteLimits.bytes - utf8(rest).length
    expect(parseNote(`${'a'.repeat(room)}${rest}`).signatures).toHaveLength(1)
    expect(() => parseNote(`${'a'.repeat(room + 1)}${rest}`)).toThrow(refusal('too-large'))
    expect(() => parseNote(`${'é'.repeat(room / 2 + 1)}${rest}`)).toThrow(refusal('too-large'))
  })

  test('reads back what formatNote writes', () => {
    const signature = fc.record({
      name: fc.stringMatching(/^[a-z0-9./é—]+$/u),
      keyHash: fc.uint8Array({ minLength: 4, maxLength: 4 }),
      signature: fc.uint8Array({ minLength: 1, maxLength: 100 }),
    })
    const lines = fc.array(fc.stringMatching(/^[ -~é\u2028]*$/u), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(lines, fc.array(signature, { minLength: 1, maxLength: 20 }), (lines, signatures) => {
        const note = { text: lines.map((each) => `${each}\n`).join(''), signatures }
        expect(parseNote(formatNote(note))).toEqual(note)
      }),
    )
  })
})

describe('formatNote', () => {
  test('refuses what would not come back', async () => {
    const { signatures } = await signedBy(verifier.name)
    for (const note of [
      { text, signatures: [] },
      { text: 'no newline', signatures },
      { text: '', signatures },
      { text, signatures: signatures.map((each) => ({ ...each, name: 'two words' })) },
      { text: 'a\u0007\n', signatures },
    ]) {
      expect(() => formatNote(note)).toThrow(refusal('schema-mismatch'))
    }
  })
})

describe('proveNote', () => {
  test('accepts a note that another implementation made', async () => {
    await proveNote(parseNote(foreignNote), parseVkey(foreignVkey))
    const changed = parseNote(foreignNote.replace('answer', 'Answer'))
    await expect(proveNote(changed, parseVkey(foreignVkey))).rejects.toThrow(refusal('record-signature-invalid'))
  })

  test('passes over lines by others, even under the same name or hash', async () => {
    const { signatures } = await signedBy(verifier.name)
    const junk = new Uint8Array(64)
    const others = [
      { name: verifier.name, keyHash: new Uint8Array(4), signature: junk },
      { name: 'other.example', keyHash: hash, signature: junk },
      { name: 'other.example', keyHash: new Uint8Array(4), signature: Uint8Array.of(1) },
    ]
    await proveNote({ text, signatures: [...others, ...signatures] }, verifier)
    await expect(proveNote({ text, signatures: others }, verifier)).rejects.toThrow(refusal('key-unknown'))
  })

  test('refuses two lines by the key when either is bad, wherever it stands', async () => {
    const [good] = (await signedBy(verifier.name)).signatures
    const bad = { ...good!, signature: new Uint8Array(64) }
    await proveNote({ text, signatures: [good!, good!] }, verifier)
    for (const signatures of [[good!, bad], [bad, good!], [bad]]) {
      await expect(proveNote({ text, signatures }, verifier)).rejects.toThrow(refusal('record-signature-invalid'))
    }
  })

  test('refuses a signature of another length', async () => {
    const [good] = (await signedBy(verifier.name)).signatures
    for (const signature of [good!.signature.slice(1), Uint8Array.of(...good!.signature, 0)]) {
      const note = { text, signatures: [{ ...good!, signature }] }
      await expect(proveNote(note, verifier)).rejects.toThrow(refusal('record-signature-invalid'))
    }
  })

  test('refuses a plain signature under the hash of a cosignature', async () => {
    const [good] = (await signedBy(verifier.name)).signatures
    const cosignatureHash = keyHash(verifier.name, signatureTypes.cosignature, verifier.key)
    const note = { text, signatures: [{ ...good!, keyHash: cosignatureHash }] }
    await expect(proveNote(note, verifier)).rejects.toThrow(refusal('key-unknown'))
  })
})

test('signaturesBy finds lines of one type in their order', () => {
  const plain = { name: verifier.name, keyHash: hash }
  const stamped = { ...plain, keyHash: keyHash(verifier.name, signatureTypes.cosignature, verifier.key) }
  const note = {
    text,
    signatures: [plain, stamped, plain].map((key, i) => ({ ...key, signature: Uint8Array.of(i) })),
  }
  expect(signaturesBy(note, verifier, signatureTypes.ed25519)).toEqual([Uint8Array.of(0), Uint8Array.of(2)])
  expect(signaturesBy(note, verifier, signatureTypes.cosignature)).toEqual([Uint8Array.of(1)])
})

test('keyHash is the first four bytes of SHA-256 over name, newline, type and key', () => {
  const bytes = Uint8Array.of(
    ...utf8('log.example/a\n'),
    1,
    ...fromBase64(`${signer.key.replaceAll('-', '+').replaceAll('_', '/')}=`),
  )
  expect(hash).toEqual(sha256(bytes).slice(0, 4))
})

describe('parseVkey', () => {
  test.each([foreignVkey, 'sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8'])(
    'reads %s, and formatVkey writes it',
    (vkey) => {
      expect(formatVkey(parseVkey(vkey))).toBe(vkey)
    },
  )

  test('reads the type that is expected', () => {
    for (const type of Object.values(signatureTypes))
      expect(parseVkey(formatVkey(verifier, type), type)).toEqual(verifier)
    expect(() => parseVkey(formatVkey(verifier, signatureTypes.cosignature))).toThrow(refusal('schema-mismatch'))
    expect(() => parseVkey(formatVkey(verifier), signatureTypes.cosignature)).toThrow(refusal('schema-mismatch'))
  })

  test.each([
    '',
    'name',
    foreignVkey.replace('PeterNeumann', ''),
    foreignVkey.replace('PeterNeumann', 'Peter Neumann'),
    foreignVkey.replace('PeterNeumann', 'Peter+Neumann'),
    foreignVkey.replace('PeterNeumann', 'PeterNeumanm'),
    foreignVkey.replace('c74f20a3', 'c74f20a4'),
    foreignVkey.replace('c74f20a3', 'C74F20A3'),
    foreignVkey.replace('c74f20a3', 'c74f20'),
    `${foreignVkey}\n`,
    `${foreignVkey}*`,
    `${foreignVkey}+\n`,
  ])('refuses %j', (vkey) => {
    expect(() => parseVkey(vkey)).toThrow(refusal('schema-mismatch'))
  })

  test('refuses a key that no record may hold', () => {
    const zero = 'O2onvM62pC1io6jQKm8Nc2UyFXcd4kOmOsBIoYtZ2ik'
    const small = base64(Uint8Array.of(1, 1, ...new Uint8Array(31)))
    expect(() => parseVkey(formatVkey({ name: 'n', key: zero }))).toThrow(refusal('key-inadmissible'))
    expect(() => parseVkey(`n+00000000+${small}`)).toThrow(refusal('key-inadmissible'))
    expect(() => parseVkey(`n+00000000+${base64(Uint8Array.of(1, 2, 3))}`)).toThrow(refusal('key-inadmissible'))
  })
})

test('checkName takes what a signature line can carry', () => {
  for (const name of ['a', 'log.example/a-b_c', 'žurnál.example', '—']) checkName(name, 'testing')
  for (const name of ['', ' ', 'a b', 'a+b', 'a\nb', 'a\u3000b', 'a\u2028b', 'a\0b', '\udc00']) {
    expect(() => checkName(name, 'testing')).toThrow(refusal('schema-mismatch'))
  }
})

test('fromBase64 reads back base64 and nothing else', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(fromBase64(base64(bytes))).toEqual(bytes)
    }),
  )
  for (const text of ['A', 'AA', 'AA=', 'AB==', 'AA== ', ' AA==', 'A===', '-_-_', 'AA==AA==', 'é']) {
    expect(() => fromBase64(text)).toThrow(refusal('malformed-json'))
  }
})
