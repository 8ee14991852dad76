import { expect, test } from 'vitest'
import { codeOf } from '../../../test/code-of.ts'
import { type Binding, bindingNoun } from './binding.ts'
import { handleOf } from './handle.ts'
import { deriveIdentifier } from './identifier.ts'
import { testSigner } from './key.ts'
import { proveSigned, readSigned, signPayload } from './signed.ts'

const [control, handleKey] = [testSigner('binding/control'), testSigner('binding/handle')]
const binding: Binding = {
  v: 1,
  handle: handleOf(handleKey.key),
  key: handleKey.key,
  passport: deriveIdentifier('EE', {}),
  requester: 'EE/requester/insurer',
  at: '2026-11-23T12:00:00Z',
  salt: 'AAAAAAAAAAAAAAAAAAAAAA',
}

test('bindingNoun: a control key says which passport stands behind a handle; the handle key does not', async () => {
  const signed = await signPayload(bindingNoun, binding, [control])
  expect((await proveSigned(readSigned(bindingNoun, signed), [control.key])).payload).toEqual(binding)
  const byHandle = await signPayload(bindingNoun, binding, [handleKey])
  expect(await codeOf(() => proveSigned(readSigned(bindingNoun, byHandle), [control.key]))).toBe('key-unknown')
})

test('bindingNoun wants an identifier whose check characters hold, and a salt', () => {
  const wrong: unknown[] = [
    { ...binding, passport: `${binding.passport.slice(0, 26)}00` },
    { ...binding, salt: '' },
    { ...binding, requester: 'EE/node/x' },
    { ...binding, person: 'Mari' },
  ]
  for (const one of wrong) expect(bindingNoun.schema.safeParse(one).success).toBe(false)
})
