import { parseArgs } from 'node:util'
import { UsageError } from './failure.ts'
import { nearest } from './nearest.ts'
import type { Options } from './options.ts'

/** Options by name and the other words in order. */
export type Arguments = {
  readonly given: Readonly<Record<string, string | true | readonly string[] | undefined>>
  readonly words: readonly string[]
}

/** Reads a command's arguments. Throws `UsageError` for an option that it does not have, with what was perhaps meant. */
export function readArguments(args: readonly string[], options: Options): Arguments {
  const { tokens } = parseArgs({
    args: args.map(shield),
    strict: false,
    tokens: true,
    options: Object.fromEntries(
      Object.entries(options).map(([name, { value }]) => [
        name,
        { type: value === undefined ? 'boolean' : 'string', ...(name === 'help' ? { short: 'h' } : {}) },
      ]),
    ),
  })
  const given: Record<string, string | true | string[]> = {}
  const words: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(unshield(token.value))
    if (token.kind !== 'option') continue
    const { name, rawName, value, inlineValue } = token
    // an own member only: "--constructor" is no option
    const option = Object.hasOwn(options, name) ? options[name] : undefined
    if (option === undefined) {
      throw new UsageError(`there is no option ${rawName}${perhaps(name, Object.keys(options), '--')}`)
    }
    const read =
      option.value === undefined
        ? readSwitch(rawName, value)
        : readValue(rawName, option.value, value, inlineValue, options)
    const before = given[name]
    if (before !== undefined && option.many !== true) throw new UsageError(`${rawName} is given twice`)
    given[name] = option.many === true && read !== true ? [...(Array.isArray(before) ? before : []), read] : read
  }
  return { given, words }
}

/** A hint at what was perhaps meant. */
export function perhaps(word: string, among: Iterable<string>, before = ''): string {
  const found = nearest(word, among)
  return found === undefined ? '' : `; did you mean ${before}${found}?`
}

/** The value of an option that a command cannot do without. */
export function need<T>(value: T | undefined, option: string): T {
  if (value === undefined) throw new UsageError(`${option} is missing`)
  return value
}

function readSwitch(rawName: string, value: string | undefined): true {
  if (value !== undefined) throw new UsageError(`${rawName} takes no value`)
  return true
}

function readValue(
  rawName: string,
  what: string,
  value: string | undefined,
  inline: boolean | undefined,
  options: Options,
): string {
  const isOption =
    inline !== true && value !== undefined && /^--?[a-z]/.test(value) && Object.hasOwn(options, nameIn(value))
  if (value === undefined || value === '' || isOption)
    throw new UsageError(`${rawName} needs a value: ${rawName} ${what}`)
  return unshield(value)
}

function nameIn(word: string): string {
  return word === '-h' ? 'help' : word.replace(/^--?/, '').replace(/=.*$/, '')
}

/** Record ids are base64url, so one in 64 begins with a hyphen; it is an id all the same. */
const isId = /^-[A-Za-z0-9_-]{42}$/
const shieldMark = '\u0000'

function shield(word: string): string {
  return isId.test(word) ? shieldMark + word : word
}

function unshield(word: string): string {
  return word.startsWith(shieldMark) ? word.slice(1) : word
}
