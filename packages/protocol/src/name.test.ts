import { expect, test } from 'vitest'
import { codeOf } from '../../../test/code-of.ts'
import { deriveIdentifier } from './identifier.ts'
import { nodeNameSchema, parseName } from './name.ts'

const identifier = deriveIdentifier('EE', {})

test.each([
  ['root', 'root', 'root'],
  ['country/EE', 'country', 'root'],
  ['EE/operator/x', 'operator', 'EE'],
  ['EE/node/x-1', 'node', 'EE'],
  ['IN/requester/0', 'requester', 'IN'],
  [`IN/requester/${'x'.repeat(40)}`, 'requester', 'IN'],
  [identifier, 'passport', 'EE'],
])('parseName reads %s', (name, kind, zone) => {
  expect(parseName(name)).toEqual({ kind, zone })
})

test.each([
  '',
  'Root',
  'country/ee',
  'country/EST',
  'country/EE/x',
  'EE/node/',
  'EE/node/X',
  'EE/node/-x',
  'EE/node/x-',
  'EE/node/x/y',
  'EE/node/../x',
  'EE/vault/x',
  'ee/node/x',
  `EE/node/${'x'.repeat(41)}`,
  'EE/node/x\n',
  ' EE/node/x',
  identifier.toLowerCase(),
  identifier.slice(1),
  `${identifier}0`,
  '__proto__',
])('parseName refuses %j', async (name) => {
  expect(await codeOf(() => parseName(name))).toBe('schema-mismatch')
})

test('nodeNameSchema admits nodes alone', () => {
  expect(nodeNameSchema.safeParse('EE/node/x').success).toBe(true)
  expect(nodeNameSchema.safeParse('EE/operator/x').success).toBe(false)
})
