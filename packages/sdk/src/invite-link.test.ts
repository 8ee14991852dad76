import { base64Url } from '@dcann/protocol/bytes'
import { canonicalBytes } from '@dcann/protocol/canonical'
import { inviteAddress, inviteOf } from '@dcann/protocol/invite'
import { expect, test } from 'vitest'
import { codeOf } from '../../../test/code-of.ts'
import { readInvite, writeInvite } from './invite-link.ts'

const given = { invite: inviteOf(new Uint8Array(16).fill(9)), node: 'EE/node/tallinn' }
const link = writeInvite(given)

test.each([link, `https://insurer.example/join/${link}`, link.slice('invite'.length), ` ${link}\n`])(
  'readInvite: reads the link %j',
  (text) => expect(readInvite(text)).toEqual(given),
)

test('readInvite: reads the token with its node', () => {
  expect(readInvite(inviteAddress(given.invite, given.node))).toEqual(given)
})

const of = (value: object): string => `invite#${base64Url(canonicalBytes(value))}`

test.each([
  '',
  `${link}x`,
  `${link}#x`,
  link.replace('invite#', 'ask#'),
  of({ ...given, requester: 'EE/requester/x' }),
  of({ ...given, invite: `${given.invite.slice(0, -1)}Z` }),
  of({ ...given, node: 'EE/requester/x' }),
  given.invite,
])('readInvite: refuses %j', async (text) => expect(await codeOf(() => readInvite(text))).toBe('malformed-request'))
