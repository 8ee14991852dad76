import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { verbs } from '@dcann/cli/verbs'
import { expect, test } from 'vitest'
import { repository } from './shell-text.ts'

const texts = ['README.md', ...globSync('{packages/*,registry,vault-node}/{README,OPERATING}.md', { cwd: repository })]

/** Every `dcann …` in a text, one line each, as far as its own words go. */
function commandsIn(text: string): string[] {
  const joined = text.replaceAll(/\\\n\s*/g, ' ')
  return [...joined.matchAll(/\bdcann ([a-z][^`|\n]*)/g)].flatMap(([, words = '']) =>
    // what stands in a fence or in a code span, and no prose
    isCode(joined, words) ? [words.replace(/\s+#.*$/, '').trim()] : [],
  )
}

function isCode(text: string, words: string): boolean {
  const at = text.indexOf(`dcann ${words}`)
  const fences = text.slice(0, at).match(/^```/gm)?.length ?? 0
  const line = text.slice(text.lastIndexOf('\n', at) + 1, at)
  return fences % 2 === 1 || (line.match(/`/g)?.length ?? 0) % 2 === 1
}

/** What is wrong with a command of a text; nothing when it has a verb, and options that the verb has. */
async function wrongWith(command: string): Promise<string[]> {
  const words = command.split(/\s+/)
  if (/^(?:help|<command>|serve)$/.test(words[0] ?? '') || words[0]?.startsWith('-')) return []
  const name = [words.slice(0, 2).join(' '), words[0] ?? ''].find((one) => verbs.has(one))
  const verb = name === undefined ? undefined : verbs.get(name)
  if (verb === undefined) return [`${command}: no such command`]
  const { options } = await verb.load()
  const named = [...command.matchAll(/(?<=\s)--([a-z][a-z-]*)/g)].map(([, option = '']) => option)
  return named.filter((option) => !(option in options)).map((option) => `${command}: no option --${option}`)
}

test('every dcann command in every README is one, with options that it has', { timeout: 30_000 }, async () => {
  const commands = texts.flatMap((path) => commandsIn(readFileSync(join(repository, path), 'utf8')))
  expect(commands.length).toBeGreaterThan(60)
  const wrong = await Promise.all(commands.map(wrongWith))
  expect(wrong.flat()).toEqual([])
})

test('a command that a text has wrong is found', async () => {
  expect(commandsIn('dcann is prose, `dcann sing x` is not\n\n```sh\ndcann sign x --kee y\n```\n')).toEqual([
    'sing x',
    'sign x --kee y',
  ])
  expect(await wrongWith('sing x')).toEqual(['sing x: no such command'])
  expect(await wrongWith('sign x --kee y')).toEqual(['sign x --kee y: no option --kee'])
})

/** What a node says by itself that somebody is to act on. */
function alarmsIn(source: string): string[] {
  return [...source.matchAll(/logger\.(?:warn|error)\(\s*'([^']+)'/g)].map(([, says = '']) => says)
}

test('every alarm of a registry stands in the text of what to do about it', () => {
  const sources = globSync('{registry,packages/http}/src/**/*.ts', { cwd: repository })
  const alarms = sources.flatMap((path) => alarmsIn(readFileSync(join(repository, path), 'utf8')))
  expect(alarms.length).toBeGreaterThan(8)
  const text = readFileSync(join(repository, 'registry/OPERATING.md'), 'utf8')
  expect(alarms.filter((says) => !text.includes(`\`${says}\``))).toEqual([])
  expect(alarmsIn("logger.warn('a planted one', {})")).toEqual(['a planted one'])
})
