import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { codeOf } from '../../../test/code-of.ts'
import {
  formatInvite,
  inviteAddress,
  inviteDigest,
  inviteOf,
  inviteSchema,
  inviteState,
  isInvited,
  parseInvite,
  parseInviteAddress,
} from './invite.ts'
import { formatTime } from './time.ts'

const secrets = fc.uint8Array({ minLength: 16, maxLength: 16 })
const invite = inviteOf(new Uint8Array(16).fill(7))

test('inviteOf: what is written is read, however it is typed', () => {
  fc.assert(
    fc.property(secrets, (secret) => {
      const made = inviteOf(secret)
      expect(inviteSchema.parse(made)).toBe(made)
      const typed = formatInvite(made).toLowerCase().replaceAll('0', 'o').replaceAll('1', 'l').replaceAll('-', ' - ')
      expect(parseInvite(typed)).toBe(made)
      expect(parseInviteAddress(inviteAddress(made, 'EE/node/x'))).toEqual({ invite: made, node: 'EE/node/x' })
    }),
  )
})

test('parseInvite: no single mistyped character passes', async () => {
  const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
  let passed = 0
  for (let i = 0; i < invite.length; i++) {
    for (const c of alphabet) {
      if (c === invite[i]) continue
      const typed = invite.slice(0, i) + c + invite.slice(i + 1)
      if ((await codeOf(() => parseInvite(typed))) === 'admitted') passed++
    }
  }
  // a check of 20 bits lets one in a million through; none of these 930
  expect(passed).toBe(0)
})

test('parseInvite: never quotes what was typed', () => {
  for (const text of [`${invite}7`, invite.slice(1), `é${invite.slice(1)}`, `${invite.slice(0, -1)}Z`]) {
    try {
      parseInvite(text)
      expect(text).toBe('refused')
    } catch (error) {
      expect(String(error)).not.toContain(text.slice(4, 20))
    }
  }
})

test.each(['', invite, `${invite}@`, `${invite}@nowhere`, `@EE/node/x`, `${invite}@EE/requester/x`])(
  'parseInviteAddress: refuses %j',
  async (text) => expect(await codeOf(() => parseInviteAddress(text))).toBe('malformed-request'),
)

test('inviteDigest: names a token and does not tell it', () => {
  expect(inviteDigest(invite)).toMatch(/^[A-Za-z0-9_-]{43}$/)
  expect(inviteDigest(invite)).not.toBe(inviteDigest(inviteOf(new Uint8Array(16).fill(8))))
})

describe('inviteState', () => {
  const now = 1_790_000_000
  const open = { expires: formatTime(now + 1), spent: false, withdrawn: false }
  test.each([
    [open, 'open'],
    [{ ...open, expires: formatTime(now) }, 'expired'],
    [{ ...open, withdrawn: true }, 'withdrawn'],
    [{ ...open, spent: true }, 'spent'],
    [{ ...open, spent: true, expires: formatTime(now - 1) }, 'spent'],
  ])('%o', (held, state) => expect(inviteState(held, now)).toBe(state))
})

describe('isInvited', () => {
  const asked = { kind: 'company', purposes: ['dpv:ServiceProvision'] }
  test.each([
    [{}, true],
    [{ kind: 'company' as const }, true],
    [{ purpose: 'dpv:ServiceProvision' }, true],
    [{ kind: 'research' as const }, false],
    [{ purpose: 'dpv:PersonalisedBenefits' }, false],
  ])('%o', (terms, is) => expect(isInvited(terms, asked)).toBe(is))

  test('every term has the purpose, or none is let in', () => {
    const both = { kind: 'company', purposes: ['dpv:ServiceProvision', 'dpv:PersonalisedBenefits'] }
    expect(isInvited({ purpose: 'dpv:ServiceProvision' }, both)).toBe(false)
  })
})
