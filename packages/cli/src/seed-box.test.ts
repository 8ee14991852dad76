import { describe, expect, test } from 'vitest'
import { readSeed, writeSeed } from './seed-box.ts'

/** What a test can afford. */
const cheap = 2 ** 14

const seed = Uint8Array.from({ length: 32 }, (_, i) => i * 7)

describe('writeSeed and readSeed', () => {
  test('open what they sealed, under the passphrase however it was typed', async () => {
    const kept = await writeSeed(seed, 'kohvik ja r\u00e4im', cheap)
    expect(kept).not.toContain(Buffer.from(seed).toString('base64url'))
    expect(await readSeed(kept, 'kohvik ja ra\u0308im')).toEqual(seed)
    await expect(readSeed(kept, undefined)).rejects.toMatchObject({ code: 'passphrase-needed' })
    await expect(readSeed(kept, 'kohvik ja raim')).rejects.toMatchObject({ code: 'passphrase-wrong' })
  })

  test('keep the seed as it is without a passphrase', async () => {
    expect(await readSeed(await writeSeed(seed, undefined), undefined)).toEqual(seed)
  })

  test('never seal the same twice, and notice a flipped bit', async () => {
    const [one, other] = await Promise.all([
      writeSeed(seed, 'a passphrase', cheap),
      writeSeed(seed, 'a passphrase', cheap),
    ])
    expect(one).not.toBe(other)
    const file = JSON.parse(one) as { box: string }
    const box = Buffer.from(file.box, 'base64url')
    box[40] = (box[40] ?? 0) ^ 1
    const flipped = JSON.stringify({ ...file, box: box.toString('base64url') })
    await expect(readSeed(flipped, 'a passphrase')).rejects.toMatchObject({ code: 'passphrase-wrong' })
  })

  test.each(['', '{}', '[]', '{"v":1}', '{"v":1,"seed":"abc"}', '{"v":2,"seed":"abc"}'])('refuse %j', async (text) => {
    await expect(readSeed(text, undefined)).rejects.toMatchObject({
      code: expect.stringMatching(/^(schema-mismatch|malformed-json)$/),
    })
  })

  test('refuse a cost that would stop the machine', async () => {
    const kept = JSON.parse(await writeSeed(seed, 'a passphrase', cheap)) as { scrypt: object }
    const dear = JSON.stringify({ ...kept, scrypt: { ...kept.scrypt, N: 2 ** 30 } })
    await expect(readSeed(dear, 'a passphrase')).rejects.toMatchObject({ code: 'schema-mismatch' })
  })
})
