import { readArguments } from './arguments.ts'
import { UsageError } from './failure.ts'
import { folderOf } from './folder.ts'
import { everywhere, type Given, type Options } from './options.ts'
import type { Screen } from './screen.ts'

/** One run of a command. */
export type Call<O extends Options> = {
  readonly given: Given<O>
  readonly words: readonly string[]
  readonly screen: Screen
  /** The state folder; whether it is there is for whoever opens it. */
  readonly folder: string
}

/** What a command says at its end: lines for people, or one value for programs, never both. */
export type Report = {
  readonly lines: readonly string[]
  readonly json: unknown
  /** 1 when what was asked for did not hold; 0 when absent. */
  readonly exit?: 0 | 1
}

export type CommandText<O extends Options> = {
  /** One sentence. */
  readonly says: string
  /** Words after the command: `<needed>`, `[left out at will]`. */
  readonly takes?: readonly string[]
  readonly options?: O
  readonly example: string
  /** An exit code alone says that the command has spoken for itself. */
  readonly run: (call: Call<O>) => Promise<Report | 0 | 1>
}

/** A command, whatever its options. */
export type Command = Omit<CommandText<Options>, 'run' | 'options'> & {
  readonly options: Options
  readonly run: (args: readonly string[], screen: Screen) => Promise<Report | 0 | 1>
}

/** Makes a command that refuses what it does not know before anything is done. */
export function defineCommand<const O extends Options>(text: CommandText<O>): Command {
  const options: Options = { ...text.options, ...everywhere }
  return {
    ...text,
    options,
    run: async (args, screen) => {
      const { given, words } = readArguments(args, options)
      requireWords(words, text.takes ?? [])
      const { home } = given
      // `readArguments` gives members of `options` only, each in the form that its option says
      const typed = given as Given<O>
      return await text.run({
        given: typed,
        words,
        screen,
        folder: folderOf(typeof home === 'string' ? home : undefined),
      })
    },
  }
}

function requireWords(words: readonly string[], takes: readonly string[]): void {
  const missing = takes.find((name, i) => name.startsWith('<') && words[i] === undefined)
  if (missing !== undefined) throw new UsageError(`${missing} is missing`)
  const extra = words[takes.length]
  if (extra !== undefined) throw new UsageError(`there is nothing to do with ${JSON.stringify(extra)}`)
}
