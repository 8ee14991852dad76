import { expect, test } from 'vitest'
import { isAddress, readAddress, withSchema } from './postgres-address.ts'

test('readAddress knows one server, several, a schema, and whom sessions are meant for', () => {
  expect(readAddress('postgres://u@h/x')).toEqual({ servers: ['postgres://u@h/x'], schema: 'dcann' })
  expect(readAddress('postgres://u:p@h:1,i:2/x?schema=s&target_session_attrs=read-write&sslmode=require')).toEqual({
    servers: ['postgres://u:p@h:1/x?sslmode=require', 'postgres://u:p@i:2/x?sslmode=require'],
    schema: 's',
  })
})

test.each(['', 'h/x', 'http://h/x', 'postgres://', 'postgres://h:1,:2:3/x', 'postgres://h:x/y'])(
  'isAddress refuses %j',
  (url) => {
    expect(isAddress(url)).toBe(false)
    expect(() => readAddress(url)).toThrow('not a URL')
  },
)

test('readAddress refuses a schema that would have to be quoted, and standbys', () => {
  expect(() => readAddress('postgres://h/x?schema=A;b')).toThrow('schema')
  expect(() => readAddress('postgres://h/x?target_session_attrs=any')).toThrow('primary only')
})

test('withSchema changes nothing else', () => {
  expect(withSchema('postgres://u@h:1,i:2/x?schema=s&sslmode=require', 't')).toBe(
    'postgres://u@h:1,i:2/x?schema=t&sslmode=require',
  )
})
