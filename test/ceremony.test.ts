import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { dispatch } from '@dcann/cli/dispatch'
import { houses } from '@dcann/protocol/root'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const command = fileURLToPath(new URL('../packages/cli/bin/dcann.mjs', import.meta.url))
const base = mkdtempSync(join(tmpdir(), 'dcann-ceremony-'))
/** Each machine is a folder of its own: the four houses', and the one of whoever leads. */
const on = (machine: string, name: string): string => join(base, machine, name)

afterAll(() => rmSync(base, { recursive: true }))

/** Members that a step's JSON may have. */
type Told = {
  readonly error?: { readonly code: string }
  readonly words?: string
  readonly record_id?: string
  readonly transcript?: string
  readonly transcript_words?: string
  readonly missing?: readonly (readonly string[])[]
  readonly lines?: readonly { readonly said: string }[]
  readonly file?: string
}

async function dcann(machine: string, ...args: string[]): Promise<Told> {
  let told: unknown
  const nothing = (): void => {}
  const screen = { interactive: false, print: nothing, tell: nothing, progress: nothing, confirm: async () => false }
  await dispatch([...args, '--json', '--home', on(machine, 'state')], {
    ...screen,
    printJson: (value) => void (told = value),
  })
  // `as`: every command gives an object, and each member is looked at by whoever expects it
  return told as Told
}

const ceremony = async (machine: string, step: string, ...args: string[]): Promise<Told> =>
  await dcann(machine, 'root', 'ceremony', step, on(machine, 'ceremony.json'), ...args)

/** Hands a file from one machine to another. */
function pass(from: string, to: string, name: string): string {
  copyFileSync(on(from, name), on(to, name))
  return on(to, name)
}

async function signAt(house: string, words: string): Promise<string> {
  pass('lead', house, 'ceremony.json')
  const name = `${house}.json`
  const { file } = await ceremony(
    house,
    'sign',
    '--key',
    on(house, 'house.key'),
    '--heard',
    words,
    '--out',
    on(house, name),
  )
  expect(file).toBe(on(house, name))
  return pass(house, 'lead', name)
}

beforeAll(async () => {
  mkdirSync(on('lead', '.'), { recursive: true })
  for (const house of houses) {
    mkdirSync(on(house, '.'), { recursive: true })
    await dcann(house, 'key', 'make', on(house, 'house.key'))
  }
  for (const name of ['role.key', 'log.seed']) await dcann('lead', 'key', 'make', on('lead', name))
  const keys = houses.flatMap((house) => ['--house', `${house}=${on(house, 'house.key')}`])
  const roles = [
    '--country-key',
    on('lead', 'role.key'),
    '--log-key',
    on('lead', 'log.seed'),
    '--log-origin',
    'root.example',
  ]
  await dcann('lead', 'root', 'draft', '--first', '--test', ...keys, ...roles, '--out', on('lead', 'draft.json'))
})

describe('dcann root ceremony', { timeout: 60_000 }, () => {
  test('signs the first version by four machines that pass files, and the next one over it', async () => {
    const opened = await ceremony('lead', 'open', '--draft', on('lead', 'draft.json'))
    const words = opened.words ?? ''
    expect(words.split(' ')).toHaveLength(12)
    // opening again goes on where it was
    expect(await ceremony('lead', 'open', '--draft', on('lead', 'draft.json'))).toEqual(opened)
    const files: string[] = []
    for (const house of ['governments', 'companies', 'citizens']) files.push(await signAt(house, words.toUpperCase()))
    await ceremony('lead', 'join', '--add', files[0]!, '--add', files[1]!)
    expect((await ceremony('lead', 'close')).error?.code).toBe('not-entitled')
    expect((await ceremony('lead', 'join', '--add', files[2]!)).missing).toEqual([[]])
    const closed = await ceremony('lead', 'close', '--out', on('lead', 'root-1.json'))
    expect(await ceremony('lead', 'close', '--out', on('lead', 'root-1.json'))).toEqual(closed)
    expect(closed.lines?.map(({ said }) => said.split(' ')[0])).toEqual([
      'opened',
      'joined',
      'joined',
      'joined',
      'closed',
    ])
    // everybody who has a copy comes to the words that are read at the end
    pass('lead', 'technical', 'ceremony.json')
    expect((await ceremony('technical', 'show')).transcript_words).toBe(closed.words)
    expect((await dcann('lead', 'check', on('lead', 'root-1.json'))).error).toBeUndefined()
  })

  test('catches a signer whose machine shows another text, and one who signed another', async () => {
    rmSync(on('lead', 'ceremony.json'))
    const { words = '' } = await ceremony('lead', 'open', '--draft', on('lead', 'draft.json'))
    const other = (name: string, to: string): void =>
      writeFileSync(on(to, name), readFileSync(on('lead', name), 'utf8').replaceAll('root.example', 'evil.example'))
    other('ceremony.json', 'technical')
    const key = on('technical', 'house.key')
    expect((await ceremony('technical', 'sign', '--key', key, '--heard', words)).error?.code).toBe('digest-mismatch')
    other('draft.json', 'technical')
    await dcann('technical', 'sign', on('technical', 'draft.json'), '--key', key, '--yes', '--offline')
    expect((await ceremony('lead', 'join', '--add', on('technical', 'draft.json'))).error?.code).toBe('digest-mismatch')
    const { transcript } = JSON.parse(readFileSync(on('lead', 'ceremony.json'), 'utf8')) as {
      transcript: { said: string }[]
    }
    expect(transcript.at(-1)?.said).toMatch(/^refused .* signed another text/)
    // a line taken out, or written over, is seen
    const file = on('lead', 'ceremony.json')
    const kept = readFileSync(file, 'utf8')
    writeFileSync(file, kept.replace('opened over', 'opened for'))
    expect((await ceremony('lead', 'show')).error?.code).toBe('chain-broken')
    writeFileSync(file, kept)
    // a key of nobody here, and a signature that is none
    await dcann('lead', 'key', 'make', on('lead', 'stranger.key'))
    const stranger = await ceremony('lead', 'sign', '--key', on('lead', 'stranger.key'), '--heard', words)
    expect(stranger.error?.code).toBe('key-unknown')
    expect((await ceremony('lead', 'sign', '--key', key, '--heard', 'bado')).error?.code).toBe('malformed-request')
  })

  test('goes on after it was killed in the middle of a step', async () => {
    rmSync(on('lead', 'ceremony.json'))
    const { words = '' } = await ceremony('lead', 'open', '--draft', on('lead', 'draft.json'))
    const files: string[] = []
    for (const house of houses) files.push(await signAt(house, words))
    const args = ['root', 'ceremony', 'join', on('lead', 'ceremony.json'), ...files.flatMap((file) => ['--add', file])]
    for (const milliseconds of [200, 400, 600]) {
      const child = spawn(process.execPath, [command, ...args], {
        stdio: 'ignore',
        env: { DCANN_HOME: on('lead', 'state') },
      })
      const ended = once(child, 'exit')
      await Promise.race([wait(milliseconds), ended])
      child.kill('SIGKILL')
      await ended
      // whatever it came to, what is there can be read
      expect((await ceremony('lead', 'show')).error).toBeUndefined()
    }
    expect((await ceremony('lead', 'join', ...files.flatMap((file) => ['--add', file]))).missing).toEqual([[]])
    const { lines } = await ceremony('lead', 'close')
    expect(lines?.map(({ said }) => said.split(' ')[0])).toEqual([
      'opened',
      'joined',
      'joined',
      'joined',
      'joined',
      'closed',
    ])
  })
})
