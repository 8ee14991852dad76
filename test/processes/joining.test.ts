import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePorts } from '../../scripts/federation/part.ts'
import { type Federation, startFederation } from '../../scripts/federation/parts.ts'
import { type Block, blocksIn, blocksOf, openShell, type Said, type Shell } from '../shell-text.ts'

const zoneText = blocksIn('registry/README.md')
const nodeText = blocksIn('vault-node/README.md')
/** The first blocks of the node's text, up to the signature that its country gives. */
const untilSigned = 3

let base: string
let federation: Federation
let replace: (commands: string) => string
const shells: Shell[] = []

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'dcann-joining-'))
  const [registryPort = 0, ...ports] = await freePorts(8)
  federation = await startFederation({
    folder: join(base, 'federation'),
    seed: 'demo',
    ports: [registryPort, ...ports],
    withoutCompanies: true,
  })
  const [, , , , zone = 0, node = 0, company = 0] = ports
  // addresses, ports and the root's file are the demo's or this run's; nothing else is touched
  const instead: readonly (readonly [string, string])[] = [
    ['$PWD/demo/root.json', federation.rootFile],
    ['http://127.0.0.1:4700', federation.registry.url],
    ['4711', String(zone)],
    ['4721', String(node)],
    ['4722', String(company)],
  ]
  replace = (commands) => instead.reduce((text, [from, to]) => text.replaceAll(from, to), commands)
}, 120_000)

afterAll(async () => {
  for (const shell of shells.toReversed()) await shell.close()
  await federation?.stop()
  await rm(base, { recursive: true, force: true })
})

async function shellAt(home: string): Promise<Shell> {
  await mkdir(join(base, home), { recursive: true })
  const shell = openShell(join(base, home), (commands) => replace(commands))
  shells.push(shell)
  return shell
}

async function follow(shell: Shell, { mark, commands }: Block): Promise<string> {
  if (mark === 'serve') {
    await shell.serve(commands)
    return ''
  }
  const { code, out, err } = await shell.run(commands)
  if (code !== 0) throw new Error(`a text ends with ${code}: ${err}in:\n${commands}said before:\n${out}`)
  return out
}

test('the texts have the blocks that are followed here', () => {
  const marks = (blocks: readonly Block[]): string => blocks.map(({ mark }) => mark).join(' ')
  expect(marks(zoneText)).toBe('run run run run run serve run root')
  expect(marks(nodeText)).toBe('run run run instead run run serve run run run')
  // a block without a mark is for reading alone
  expect(blocksOf('```sh\nno\n```\n\n```sh run\nyes\n```\n')).toEqual([{ mark: 'run', commands: 'yes\n' }])
})

test('a text with one command that does not do what it says is not followed to its end', async () => {
  const shell = await shellAt('rotten')
  await follow(shell, { mark: 'run', commands: 'export PATH="$PWD/node_modules/.bin:$PATH"\nword=kept\ncd ~\n' })
  const rotten = { mark: 'run', commands: 'test "$word" = kept\ndcann key show nowhere.key\ntrue\n' }
  await expect(follow(shell, rotten)).rejects.toThrow('there is no file nowhere.key')
})

describe('a third country, from an empty folder, by the texts alone', () => {
  let zone: Shell | undefined
  let node: Shell | undefined
  const said: string[] = []
  /** The operator's, once the text has begun. */
  const shell = (): Shell => {
    if (node) return node
    throw new Error("the operator's text was not followed")
  }

  /** A step by its first command of consequence. */
  const steps = (text: readonly Block[], left: string): (readonly [string, Block])[] =>
    text
      .filter(({ mark }) => mark !== left)
      .map((block) => [/^dcann [a-z]+(?: [a-z]+)?/m.exec(block.commands)?.[0] ?? 'settings', block])

  describe('registry/README.md: LV has a zone and a registry of its own', () => {
    test.each(steps(zoneText, 'root'))('%s', async (_, block) => {
      zone ??= await shellAt('lv')
      const out = await follow(zone, block)
      expect(out).not.toMatch(/undefined|\[object/)
      said.push(out)
    })

    test('which the root delegates', async () => {
      expect(said.at(-1)).toContain('country/LV, number 2, stands now.')
      const listed = await fetch(`${federation.registry.url}/v1/zones/root/records?kind=country`)
      expect(await listed.text()).toContain('country/LV')
    })
  })

  describe('vault-node/README.md: a node answers in LV', () => {
    test.each(steps(nodeText, 'instead'))('%s', async (_, block) => {
      node ??= await shellAt('lv')
      const out = await follow(node, block)
      expect(out).not.toMatch(/undefined|\[object/)
      said.push(out)
    })

    test('with what was agreed', () => {
      const [strands = '', , answered = ''] = said.slice(-3)
      expect(strands).toMatch(/mobility\.rides[\s\S]*1,6\d\d entries/)
      expect(answered).toMatch(/LV\/node\/riga answers for [0-9a-z]{26};[\s\S]*rides_per_week: [0-9]/)
    })
  })

  test('what came of it is proved anywhere, offline', async () => {
    const elsewhere = await shellAt('elsewhere')
    const evidence = join(base, 'lv', 'daugava', 'evidence.json')
    const command = `dcann verify ${evidence} --root ${federation.rootFile} --home nowhere --json`
    await elsewhere.run('export PATH="$PWD/node_modules/.bin:$PATH"; cd ~')
    const { code, out } = await elsewhere.run(command)
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ assertion: { node: 'LV/node/riga', iss: expect.any(String) } })
  })

  test('dcann strands shows what lies in the vault, newest first, and makes what no export brings', async () => {
    const shown = await shell().run('dcann strands show mobility.rides --limit 3 --home person --json')
    const { entries } = JSON.parse(shown.out) as { entries: { at: string }[] }
    expect(entries).toHaveLength(3)
    expect(entries.map(({ at }) => at)).toEqual(
      entries
        .map(({ at }) => at)
        .toSorted()
        .toReversed(),
    )
    const make =
      'dcann strands make health.sleep --category pd:Health --schema urn:dcann:sleep:1 --special --home person'
    expect((await shell().run(make)).out).toContain('is made')
    expect((await shell().run('dcann strands show nothing.here --home person')).err).toContain('mobility.rides')
  })

  test('the same text makes an operator of EE, whose zone the demo serves', { timeout: 120_000 }, async () => {
    const laht = await shellAt('ee')
    const signs = nodeText.find(({ mark }) => mark === 'instead')?.commands ?? ''
    const text = nodeText.slice(0, untilSigned).map(({ mark, commands }) => ({
      mark,
      commands: commands.replace('country=LV', 'country=EE').replace(/^dcann sign operator.*\n/m, signs),
    }))
    let last = ''
    for (const block of text) last = await follow(laht, block)
    expect(last).toContain('EE/operator/daugava, number 1, stands now.')
  })

  test('registry/README.md: four houses make a root', { timeout: 120_000 }, async () => {
    const houses = await shellAt('root')
    const out = await follow(
      houses,
      zoneText.find(({ mark }) => mark === 'root') ?? { mark: 'root', commands: 'false' },
    )
    expect(out).toContain('It would be admitted now')
    const pinned = await houses.run('dcann setup --root root.json --registry http://127.0.0.1:4711 --home state --json')
    expect(JSON.parse(pinned.out)).toMatchObject({ version: 1, test: true })
  })

  describe('what goes wrong is said in one line, and what is wrong in it', () => {
    const wrong: readonly (readonly [string, string, RegExp, number])[] = [
      [
        'a key that may not sign',
        'dcann operator draft LV/operator/daugava --email new@daugava.example --out changed.json >/dev/null; dcann sign changed.json --key banka.key --yes',
        /is none of those that may sign it, which are of the country LV, the operator/,
        1,
      ],
      [
        'a signature that is missing',
        'dcann sign changed.json --key operator.key --yes >/dev/null; dcann submit changed.json',
        /a signature is missing: the country LV \(0 of 1\)/,
        1,
      ],
      [
        'a key file that others can read',
        'cp banka.key open.key; chmod 644 open.key; dcann sign changed.json --key open.key --yes',
        /others may read it; run: chmod 600 \S*open\.key/,
        1,
      ],
      [
        'a member that nobody knows',
        `sed 's/"notice"/"note": "x", "notice"/' uses.json > more.json; dcann requester draft LV/requester/banka --uses more.json`,
        /"0": unknown member "note"/,
        1,
      ],
      [
        'a port that is taken',
        `sed 's/"store"/"other"/' vault.json | sed 's/"other": "store"/"store": "other"/' > second.json; dcann vault serve --config second.json`,
        /another process has this port/,
        1,
      ],
      ['a store that is in use', 'dcann vault serve --config vault.json', /locked/, 1],
    ]
    test.each(wrong)('%s', async (_, commands, says, code) => {
      const ended: Said = await shell().run(commands)
      expect(ended.code).toBe(code)
      expect(ended.err.replaceAll(/\s+/g, ' ')).toMatch(says)
      expect(ended.err).not.toMatch(/fault of dcann itself|\n\s+at /)
    })
  })
})
