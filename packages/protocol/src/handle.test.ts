import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { crockford32 } from './identifier.ts'
import { handleAddress, handleOf, handleSchema, parseHandleAddress } from './handle.ts'
import { testSigner, thumbprintBytes } from './key.ts'

const handle = handleOf(testSigner('handle').key)

test('handleOf is the first 130 bits of the thumbprint', () => {
  const { key } = testSigner('handle')
  expect(handle).toMatch(/^[0-9a-hjkmnp-tv-z]{26}$/)
  expect(handle).toBe(crockford32(thumbprintBytes(key), 130).toLowerCase())
  const bits = Array.from(thumbprintBytes(key), (byte) => byte.toString(2).padStart(8, '0')).join('')
  expect('0123456789abcdefghjkmnpqrstvwxyz'[Number.parseInt(bits.slice(125, 130), 2)]).toBe(handle.at(-1))
})

test('handleSchema refuses upper case, other letters and other lengths', () => {
  expect(handleSchema.safeParse(handle).success).toBe(true)
  for (const text of [handle.toUpperCase(), handle.slice(1), `${handle}0`, `i${handle.slice(1)}`, `${handle}\n`])
    expect(handleSchema.safeParse(text).success).toBe(false)
})

test('parseHandleAddress undoes handleAddress', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/), (id) => {
      const node = `EE/node/${id}`
      expect(parseHandleAddress(handleAddress(handle, node))).toEqual({ handle, node })
    }),
  )
})

test.each([
  handle,
  `${handle}@`,
  `@EE/node/x`,
  `${handle}@EE/node/x@EE/node/y`,
  `${handle}@EE/node/-x`,
  `${handle}@EE/node/x-`,
  `${handle}@ee/node/x`,
  `${handle}@EE/requester/x`,
  `${handle.toUpperCase()}@EE/node/x`,
  ` ${handle}@EE/node/x`,
  `${handle}@EE/node/${'x'.repeat(41)}`,
])('parseHandleAddress refuses %j', (text) => {
  expect(parseHandleAddress(text)).toBeUndefined()
})
