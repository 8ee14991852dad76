import { describe, expect, test } from 'vitest'
import { readArguments } from './arguments.ts'
import { UsageError } from './failure.ts'
import { nearest } from './nearest.ts'

const options = {
  registry: { value: '<url>', many: true, says: 'a registry' },
  root: { value: '<file>', says: 'a root' },
  yes: { says: 'a switch' },
} as const

describe('readArguments', () => {
  test('reads switches, values, values given more than once, and words', () => {
    const read = readArguments(['a', '--registry', 'x', '--yes', '--registry=y', '--root', 'r', 'b'], options)
    expect(read).toEqual({ given: { registry: ['x', 'y'], yes: true, root: 'r' }, words: ['a', 'b'] })
  })

  test('takes an id that begins with a hyphen for what it is', () => {
    const id = `-${'x'.repeat(42)}`
    expect(readArguments([id, '--root', id, '--yes'], options)).toEqual({ given: { root: id, yes: true }, words: [id] })
  })

  test('takes what stands behind -- for words', () => {
    expect(readArguments(['--', '--yes'], options)).toEqual({ given: {}, words: ['--yes'] })
  })

  test.each([
    [['--rot', 'x'], 'did you mean --root?'],
    [['--regisrty=x'], 'did you mean --registry?'],
    [['-x'], 'there is no option -x'],
    [['--constructor'], 'there is no option --constructor'],
    [['--no-yes'], 'there is no option --no-yes'],
    [['--root'], 'needs a value'],
    [['--root='], 'needs a value'],
    [['--root', '--yes'], 'needs a value'],
    [['--yes=1'], 'takes no value'],
    [['--root', 'a', '--root', 'b'], 'given twice'],
  ])('refuses %j', (args, why) => {
    expect(() => readArguments(args, options)).toThrow(UsageError)
    expect(() => readArguments(args, options)).toThrow(why)
  })
})

describe('nearest', () => {
  test('finds what was perhaps meant, and nothing where nothing is near', () => {
    expect(nearest('resovle', ['revoke', 'resolve', 'refuse'])).toBe('resolve')
    expect(nearest('dance', ['revoke', 'resolve', 'refuse'])).toBeUndefined()
    expect(nearest('', ['revoke'])).toBeUndefined()
  })
})
