import { perhaps } from './arguments.ts'
import type { Command } from './command.ts'
import { describeFailure, UsageError } from './failure.ts'
import { help, helpOf, version } from './help.ts'
import type { Screen } from './screen.ts'
import { verbs } from './verbs.ts'

/** Runs what the words say and gives the exit code: 0 done, 1 refused or failed, 2 wrong words. Never throws. */
export async function dispatch(args: readonly string[], screen: Screen): Promise<0 | 1 | 2> {
  const json = args.includes('--json')
  let verb: string | undefined
  try {
    const [first] = args
    if (first === undefined || first === 'help' || first === '--help' || first === '-h') {
      screen.print(args[1] === undefined ? help() : helpOf(...(await find(args.slice(1)))))
      return first === undefined ? 2 : 0
    }
    if (first === '--version') {
      screen.print([version()])
      return 0
    }
    const [name, command] = await find(args)
    verb = name
    const rest = args.slice(name.split(' ').length)
    if (rest.includes('--help') || rest.includes('-h')) {
      screen.print(helpOf(name, command))
      return 0
    }
    const report = await command.run(rest, screen)
    if (typeof report === 'number') return report
    if (json) screen.printJson(report.json)
    else screen.print(report.lines)
    return report.exit ?? 0
  } catch (error) {
    return fail(error, verb, json, screen)
  }
}

/** The verb of one or two words, and its command, loaded only now. */
async function find(args: readonly string[]): Promise<readonly [string, Command]> {
  const [first = '', second = ''] = args
  const name = [`${first} ${second}`, first].find((candidate) => verbs.has(candidate))
  const verb = name === undefined ? undefined : verbs.get(name)
  if (name !== undefined && verb !== undefined) return [name, await verb.load()]
  const below = [...verbs.keys()].filter((known) => known.startsWith(`${first} `))
  if (below.length > 0)
    throw new UsageError(`${first} needs one word more: ${below.map((each) => `dcann ${each}`).join(', ')}`)
  throw new UsageError(`there is no command ${JSON.stringify(first)}${perhaps(first, verbs.keys(), 'dcann ')}`)
}

function fail(error: unknown, verb: string | undefined, json: boolean, screen: Screen): 1 | 2 {
  if (error instanceof UsageError) {
    if (json) screen.printJson({ error: { code: 'usage', message: error.message } })
    screen.tell(`dcann: ${error.message}`, `see: dcann ${verb === undefined ? 'help' : `${verb} --help`}`)
    return 2
  }
  const { message, code, advice } = describeFailure(error)
  if (json) screen.printJson({ error: { code, message } })
  screen.tell(`dcann: ${message}`, `code: ${code}`, ...(advice === undefined ? [] : [`try: ${advice}`]))
  return 1
}
