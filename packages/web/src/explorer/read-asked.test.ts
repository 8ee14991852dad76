import { checkCharacters } from '@dcann/protocol/identifier'
import { expect, test } from 'vitest'
import { faultOf, readAsked } from './read-asked.ts'

const body = 'IN7K3F9XQ2M8R4T6W1Y5Z0AB3C'
const identifier = body + checkCharacters(body)

test('readAsked: takes an identifier however a person writes it', () => {
  const groups = identifier.match(/.{4}/g) ?? []
  for (const typed of [
    identifier,
    ` ${groups.join(' ')} `,
    groups.join('-').toLowerCase(),
    `dcann:${identifier}`,
    identifier.replaceAll('0', 'o').replaceAll('1', 'l'),
  ])
    expect(readAsked(typed)).toEqual({ is: 'passport', identifier })
})

test('readAsked: takes names, a country, and the address of a handle', () => {
  expect(readAsked('ee')).toEqual({ is: 'name', of: 'country', name: 'country/EE' })
  expect(readAsked('Country/ee')).toEqual({ is: 'name', of: 'country', name: 'country/EE' })
  expect(readAsked('ee/Requester/insurer')).toEqual({ is: 'name', of: 'requester', name: 'EE/requester/insurer' })
  expect(readAsked(`${'0'.repeat(26)}@EE/node/tallinn`)).toEqual({ is: 'name', of: 'node', name: 'EE/node/tallinn' })
})

test('readAsked: throws for what is none of these', () => {
  for (const typed of ['', 'policy/x', 'EE/thing/x', 'ask#x', 'IN7K'])
    expect(() => readAsked(typed)).toThrow(expect.objectContaining({ name: 'ProtocolError' }))
})

test('faultOf: names the first rule that is broken', () => {
  const last = identifier.at(-1) === '0' ? '1' : '0'
  expect(faultOf('IN7K é')).toBe('characters')
  expect(faultOf('IN7K')).toBe('length')
  expect(faultOf(`7${identifier.slice(1)}`)).toBe('country')
  expect(faultOf(`${identifier.slice(0, 10)}U${identifier.slice(11)}`)).toBe('letters')
  expect(faultOf(identifier.slice(0, -1) + last)).toBe('check')
})
