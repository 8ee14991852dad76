import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dispatch } from './dispatch.ts'
import type { Screen } from './screen.ts'
import { verbs } from './verbs.ts'
import { columns } from './wrap.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dcann-cli-'))
})
afterAll(async () => await rm(folder, { recursive: true }))

type Said = { readonly exit: number; readonly out: string[]; readonly json: unknown[]; readonly err: string[] }

async function run(...args: string[]): Promise<Said> {
  const said = { out: [] as string[], json: [] as unknown[], err: [] as string[] }
  const screen: Screen = {
    interactive: false,
    print: (lines) => void said.out.push(...lines),
    printJson: (value) => void said.json.push(value),
    tell: (...lines) => void said.err.push(...lines),
    progress: () => {},
    confirm: async () => false,
  }
  return { exit: await dispatch(args, screen), ...said }
}

describe('dispatch', () => {
  test('shows every verb in the overview', async () => {
    const { exit, out } = await run('help')
    expect(exit).toBe(0)
    for (const name of verbs.keys()) expect(out.join('\n')).toContain(`  ${name} `)
  })

  test.each([...verbs.keys()])('%s explains itself with an example, within the page', async (name) => {
    const { exit, out, err } = await run(...name.split(' '), '--help')
    expect({ exit, err }).toEqual({ exit: 0, err: [] })
    expect(out[0]).toMatch(new RegExp(`^Usage: dcann ${name} `))
    expect(out).toContain('Example:')
    expect(out.at(-1)).toMatch(new RegExp(`^  dcann ${name}(?: |$)`))
    expect(out[0]?.length).toBeLessThanOrEqual(columns)
  })

  test.each([
    [['resovle', 'x'], 'did you mean dcann resolve?', 'see: dcann help'],
    [['passport'], 'needs one word more', 'see: dcann help'],
    [['resolve'], 'is missing', 'see: dcann resolve --help'],
    [['resolve', 'a', 'b'], 'nothing to do with "b"', 'see: dcann resolve --help'],
    [['resolve', 'a', '--jsn'], 'did you mean --json?', 'see: dcann resolve --help'],
    [['setup', '--root', 'x'], '--registry is missing', 'see: dcann setup --help'],
    [['setup', '--registry', 'http://example.org'], 'is no base address', 'see: dcann setup --help'],
    [['revoke'], 'either an agreement or --requester', 'see: dcann revoke --help'],
    [['passport', 'create', '--zone', 'India', '--node', 'x'], 'no country code', 'see: dcann passport create --help'],
    [['query'], '--to is missing', 'see: dcann query --help'],
    [['key'], 'needs one word more', 'see: dcann help'],
    [['key', 'make'], '<file> is missing', 'see: dcann key make --help'],
    [['key', 'show', 'x', '--sealin'], 'did you mean --sealing?', 'see: dcann key show --help'],
    [['operator', 'draft', 'LV/node/x'], 'is no name of an operator', 'see: dcann operator draft --help'],
    [['operator', 'draft', 'LV/operator/x', '--status', 'gone'], 'none of active', 'see: dcann operator draft --help'],
    [['operator', 'draft', 'LV/operator/x', '--valid-until', 'soon'], 'no time', 'see: dcann operator draft --help'],
    [['node', 'draft', 'LV/node/x', '--keys', 'nowhere'], 'dcann key make', 'see: dcann node draft --help'],
    [['country', 'draft', 'LV'], 'like country/LV', 'see: dcann country draft --help'],
    [['country', 'draft', 'country/LV', '--acts-per-second', '0'], 'from 1', 'see: dcann country draft --help'],
    [
      ['requester', 'draft', 'LV/requester/x', '--kind', 'shop'],
      'none of company',
      'see: dcann requester draft --help',
    ],
    [['root', 'draft', '--test'], 'first version', 'see: dcann root draft --help'],
    [['root', 'draft', '--first', '--house', 'kings=x'], 'names no house', 'see: dcann root draft --help'],
    [['root', 'draft', '--first'], '--house governments=<key> is missing', 'see: dcann root draft --help'],
    [['strands'], 'needs one word more', 'see: dcann help'],
    [['strands', 'show', 'mobility.rides', '--limit', '0'], 'from 1', 'see: dcann strands show --help'],
    [
      ['strands', 'make', 'health.sleep', '--schema', 'urn:x:y'],
      '--category is missing',
      'see: dcann strands make --help',
    ],
    [['sign', 'record.json'], 'expected --key', 'see: dcann sign --help'],
    [['check'], '<file> is missing', 'see: dcann check --help'],
    [['submit', 'a', 'b'], 'nothing to do with "b"', 'see: dcann submit --help'],
    [['trail', '--last', 'x'], '--last is no whole number', 'see: dcann trail --help'],
  ])('refuses the words %j with 2', async (args, why, way) => {
    const { exit, out, err } = await run(...args, '--home', folder)
    expect(exit).toBe(2)
    expect(out).toEqual([])
    expect(err[0]).toContain(why)
    expect(err[1]).toBe(way)
  })

  test.each([
    [['resolve', 'EE/node/x'], 'not-set-up'],
    [['passport', 'show'], 'not-set-up'],
    [['verify', 'nowhere.json'], 'not-set-up'],
    [['setup', '--root', 'nowhere.json', '--registry', 'https://registry.example'], 'file-unreadable'],
    [['import', 'nowhere.csv'], 'file-unreadable'],
    [['fsck', '--config', 'nowhere.json'], 'file-unreadable'],
    [['key', 'show', 'nowhere.key'], 'file-unreadable'],
    [['sign', 'nowhere.json', '--key', 'nowhere.key'], 'file-unreadable'],
    [['check', 'nowhere.json'], 'file-unreadable'],
    [['submit', 'nowhere.json'], 'file-unreadable'],
    [['operator', 'draft', 'LV/operator/x'], 'not-set-up'],
    [['requester', 'draft', 'LV/requester/x', '--uses', 'nowhere.json'], 'file-unreadable'],
  ])('fails %j with 1 and a code', async (args, code) => {
    const { exit, err } = await run(...args, '--home', folder)
    expect(exit).toBe(1)
    expect(err[0]).toMatch(/^dcann: /)
    expect(err[1]).toBe(`code: ${code}`)
  })

  test('with --json gives an error as one value', async () => {
    const { exit, out, json } = await run('resolve', 'EE/node/x', '--home', folder, '--json')
    expect(exit).toBe(1)
    expect(out).toEqual([])
    expect(json).toEqual([{ error: { code: 'not-set-up', message: expect.any(String) } }])
  })

  test('says which it is', async () => {
    expect((await run('--version')).out[0]).toMatch(/^dcann \d+\.\d+\.\d+ \(Node \d/)
    expect((await run()).exit).toBe(2)
  })
})
