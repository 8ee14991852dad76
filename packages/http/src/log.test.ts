import { describe, expect, test } from 'vitest'
import { createLogger, errorFields, type LogFields } from './log.ts'

function logged(write: (logger: ReturnType<typeof createLogger>) => void, level: 'debug' | 'info' = 'info'): string[] {
  const lines: string[] = []
  write(createLogger({ name: 'test', level, destination: { write: (line) => void lines.push(line) } }))
  return lines
}

describe('createLogger', () => {
  test('writes what the allow-list names and nothing else', () => {
    // what a careless caller passes by way of a wider variable
    const wider = {
      route: '/a/:b',
      status: 200,
      from: 'secret',
      body: { a: 'secret' },
      url: '/a/secret',
      code: 7,
      __proto__: { host: 'secret' },
    }
    const fields: LogFields = wider as unknown as LogFields
    const [line = ''] = logged(({ info }) => info('request', fields))
    expect(JSON.parse(line)).toEqual({
      level: 30,
      time: expect.any(String),
      name: 'test',
      pid: process.pid,
      route: '/a/:b',
      status: 200,
      event: 'request',
    })
  })

  test('writes one line for what looks like two', () => {
    const lines = logged(({ warn }) => warn('a\nb', { part: 'x\r\n{"level":60}\u001b[2J\u202e', where: ['a\nb'] }))
    expect(lines).toHaveLength(1)
    expect(lines[0]?.trimEnd()).toMatch(/^[\x20-\x7e]+$/)
  })

  test('leaves out debug lines unless asked', () => {
    expect(logged(({ debug }) => debug('x'))).toEqual([])
    expect(logged(({ debug }) => debug('x'), 'debug')).toHaveLength(1)
    expect(createLogger({ name: 'x', level: 'silent' }).verbose).toBe(false)
  })
})

describe('errorFields', () => {
  test('says class, system code and frames, never the message', () => {
    const error = Object.assign(new TypeError('secret\n    at secret (secret)'), { code: 'ECONNREFUSED' })
    const fields = errorFields(error)
    expect(fields).toMatchObject({ error: 'TypeError', errno: 'ECONNREFUSED' })
    expect(fields.where?.length).toBeGreaterThan(0)
    expect(JSON.stringify(fields)).not.toContain('secret')
    expect(errorFields('secret')).toEqual({ error: 'string' })
  })
})
