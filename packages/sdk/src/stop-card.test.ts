import { sha256, utf8 } from '@dcann/protocol/bytes'
import { ProtocolError } from '@dcann/protocol/errors'
import { signerFromSeed } from '@dcann/protocol/key'
import * as fc from 'fast-check'
import { hkdfSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { codeOf } from '../../../test/code-of.ts'
import { cardSigner, readCard, writeCard } from './stop-card.ts'

const secrets = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Uint8Array.from(bytes))
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const secret = sha256(utf8('card')).slice(0, 16)
const node = 'EE/node/tallinn'

describe('readCard', () => {
  test('reads what was written, however it is typed, with the name of the node or without', () => {
    fc.assert(
      fc.property(secrets, (each) => {
        const code = writeCard({ node: undefined, secret: each })
        expect(code).toMatch(/^(?:[0-9A-HJKMNP-TV-Z]{6}-){5}[0-9A-HJKMNP-TV-Z]{6}$/)
        expect(readCard(code)).toEqual({ node: undefined, secret: each })
        const text = writeCard({ node, secret: each })
        expect(text.length).toBeLessThan(80)
        const typed = text.toLowerCase().replaceAll('-', ' \n').replaceAll('0', 'o').replaceAll('1', 'l')
        expect(readCard(typed)).toEqual({ node, secret: each })
      }),
    )
  })

  test('refuses every mistyped character, naming the group nearly always', () => {
    fc.assert(
      fc.property(secrets, fc.nat(35), fc.constantFrom(...alphabet.split('')), (each, at, wrong) => {
        const plain = writeCard({ node: undefined, secret: each }).replaceAll('-', '')
        fc.pre(plain[at] !== wrong)
        expect(() => readCard(plain.slice(0, at) + wrong + plain.slice(at + 1))).toThrow(
          expect.objectContaining({ code: 'wallet-invalid' }),
        )
      }),
    )
    const code = writeCard({ node: undefined, secret }).split('-')
    const found = code.map((group, i) => {
      const wrong = (group.startsWith('X') ? 'Y' : 'X') + group.slice(1)
      try {
        return readCard(code.with(i, wrong).join('-'))
      } catch (error) {
        return error instanceof ProtocolError && error.facts['group'] === i + 1
      }
    })
    expect(found.filter(Boolean).length).toBeGreaterThanOrEqual(5)
  })

  test('refuses another length, other characters, groups in another order, and a name that is none', async () => {
    const code = writeCard({ node: undefined, secret })
    const [first = '', ...rest] = code.split('-')
    const texts = ['', code.slice(1), `${code}0`, code.replace('-', '_'), [...rest, first].join('-'), `EE/node ${code}`]
    for (const text of texts) expect(await codeOf(() => readCard(text))).toBe('wallet-invalid')
    expect(await codeOf(() => writeCard({ node, secret: secret.slice(1) }))).toBe('wallet-invalid')
  })
})

test('cardSigner: derives as written, by another library', () => {
  const derived = new Uint8Array(hkdfSync('sha256', secret, '', 'dcann/card/1', 32))
  expect(cardSigner({ secret }).key).toBe(signerFromSeed(derived).key)
})
