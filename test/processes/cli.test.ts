import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { PassThrough } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dispatch } from '../../packages/cli/src/dispatch.ts'
import { createScreen } from '../../packages/cli/src/screen.ts'
import { freePorts } from '../../scripts/federation/part.ts'
import { type Federation, startFederation } from '../../scripts/federation/parts.ts'

const command = fileURLToPath(new URL('../../packages/cli/bin/dcann.mjs', import.meta.url))
const samples = fileURLToPath(new URL('../samples/', import.meta.url))
const seed = 'cli'
const asInsurer = ['--as', 'EE/requester/insurer', '--test-key', `${seed}/EE/requester/insurer/0`]

type Ended = { readonly code: number | null; readonly out: string; readonly err: string }

let base: string
let empty: string
/** What a delivered ask became. */
let delivered: { readonly agreement: string; readonly address: string }
let federation: Federation
let insurer: Server
const offers = new Map<string, string>()
const brought: unknown[] = []

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'dcann-cli-'))
  empty = join(base, 'empty')
  await mkdir(empty)
  process.env['DCANN_HOME'] = join(base, 'state')
  process.chdir(empty)
  const ports = await freePorts(5)
  federation = await startFederation({ folder: join(base, 'federation'), seed, ports, withoutCompanies: true })
  insurer = await serveInsurer(ports[3] ?? 0)
}, 120_000)

afterAll(async () => {
  process.chdir(samples)
  insurer?.close()
  await federation?.stop()
  await rm(base, { recursive: true, force: true })
})

/** Hands out offers, and takes back what wallets bring. */
async function serveInsurer(port: number): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.method === 'POST') {
      let body = ''
      request.on('data', (chunk: Buffer) => (body += chunk.toString()))
      request.on('end', () => {
        brought.push(JSON.parse(body))
        response.end('{}')
      })
      return
    }
    const offer = offers.get(request.url?.split('/').at(-1) ?? '')
    response.writeHead(offer === undefined ? 404 : 200, { 'content-type': 'application/json' }).end(offer)
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return server
}

/** In this process: what a command says, and with what it ends. */
async function dcann(args: readonly string[]): Promise<Ended> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
  const code = await dispatch(args, createScreen({ stdin, stdout, stderr }))
  const written = (stream: PassThrough): string => String((stream.read() as Buffer | null) ?? '')
  return { code, out: written(stdout), err: written(stderr) }
}

/** As somebody starts it, from an empty folder: where it counts that this is a process with a place and an end of its own. */
async function started(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const child = spawn(process.execPath, [command, ...args], {
    cwd: empty,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: base, DCANN_HOME: join(base, 'state'), ...env },
  })
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, out, err }
}

/** Runs it, wants success, and gives its one JSON value. */
async function told<T>(...args: readonly string[]): Promise<T> {
  return await toldBy<T>(dcann([...args, '--json']))
}

async function toldBy<T>(running: Promise<Ended>): Promise<T> {
  const { code, out, err } = await running
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out.trimEnd().split('\n')).toHaveLength(1)
  // `as`: each caller says what it looks at, and fails where it is not there
  return JSON.parse(out) as T
}

async function said(...args: readonly string[]): Promise<string> {
  return saidBy(await dcann(args))
}

function saidBy({ code, out, err }: Ended): string {
  expect({ code, err }).toEqual({ code: 0, err: '' })
  for (const line of out.split('\n')) expect(line).toMatch(isToCopy(line) ? /^.{0,400}$/ : /^.{0,100}$/)
  return out
}

/** Links and signed codes are as long as they are. */
function isToCopy(line: string): boolean {
  return !line.trim().includes(' ')
}

const term = {
  id: 'rides',
  optional: false,
  strand: 'mobility.rides',
  claims: ['rides_per_week'],
  category: 'pd:TravelHistory',
  purpose: 'dpv:PersonalisedBenefits',
  purpose_text: { en: 'To lower your premium when you ride more than you drive' },
  processing: ['dpv:Use'],
  legal_basis: 'eu-gdpr:A6-1-a',
  mode: 'query',
  fetch: 'periodic',
  frequency: { max: 20, per: 'day' },
  data_range: { last: 'P90D' },
  data_life: 'P30D',
  tags: [],
  moments: [],
  about_others: false,
  min_assurance: 'self',
  goes_to: ['EE'],
  used_by: [],
  combine: 'never',
}
const offerText = {
  lasts: 'P180D',
  terms: [term, { ...term, id: 'cities', optional: true, claims: ['city'], category: 'pd:Location', data_range: null }],
  value: {
    gives: [{ kind: 'discount', amount: '5.00', currency: 'EUR', per: 'period', terms: ['rides'] }],
    settle_by: 'P30D',
  },
  notice: { url: 'https://insurer.example/notice', digest: null, language: 'en' },
}

describe('dcann, from an empty folder', () => {
  let identifier: string
  let link: string
  let address: string
  let agreement: string
  const pair = (): string => join(base, 'pair.json')
  const evidence = (): string => join(base, 'evidence.json')
  const question = (...claims: string[]): string[] => [
    ...['query', ...asInsurer, '--to', address, '--agreement', pair(), '--purpose', 'dpv:PersonalisedBenefits'],
    ...['--strand', 'mobility.rides', ...(claims.length > 0 ? ['--claims', claims.join(',')] : [])],
  ]

  test('setup pins the root that is given, and no other over it', async () => {
    expect(await started(['resolve', 'EE/node/tallinn'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('dcann setup --root'),
    })
    const setup = ['setup', '--root', federation.rootFile, '--registry', federation.registry.url]
    const out = saidBy(await started(setup))
    expect(out).toContain(federation.cast.root.id)
    expect(out).toContain('root, IN, EE')
    const damaged = join(base, 'damaged.json')
    const root = await readFile(federation.rootFile, 'utf8')
    await writeFile(damaged, root.replace(/"signature":"[^"]{4}/, '"signature":"AAAA'))
    const refused = await started(['setup', '--root', damaged, '--registry', federation.registry.url])
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('code: root-invalid') })
    expect(await readdir(empty)).toEqual([])
  })

  test('passport create makes a passport, and a recovery kit once', async () => {
    const out = saidBy(await started(['passport', 'create', '--zone', 'IN', '--node', 'EE/node/tallinn']))
    identifier = /Identifier +(IN.*)/.exec(out)?.[1] ?? ''
    expect(identifier).toMatch(/^IN[0-9A-Z]{2}(?: [0-9A-Z]{4}){6}$/)
    expect(out).toMatch(/(?:[0-9A-Z]{5}-){7}\n/)
    const again = await said('passport', 'create', '--zone', 'IN', '--node', 'EE/node/tallinn')
    expect(again).toContain(identifier)
    expect(again).not.toContain('recovery kit')
    expect(await said('passport', 'show')).toContain('Your vault is empty')
    const state = join(base, 'state')
    for (const [file, mode] of [
      ['', 0o700],
      ['wallet.seed', 0o600],
      ['wallet.json', 0o600],
    ] as const) {
      expect((await stat(join(state, file))).mode & 0o777).toBe(mode)
    }
  })

  test('resolve says where it lives, who runs that, who accredited them, and what is not proved', async () => {
    const out = await said('resolve', identifier.toLowerCase())
    for (const part of ['EE/node/tallinn', 'Laht Andmed (made up)', 'by country/EE', 'uncosigned', 'fresh:']) {
      expect(out).toContain(part)
    }
    expect(await toldBy(started(['resolve', 'EE/requester/insurer', '--json']))).toMatchObject({
      absent: false,
      freshness: 'fresh',
    })
    expect(await told('resolve', 'EE/requester/nobody')).toMatchObject({ absent: true, record_id: null })
    expect(await said('resolve', 'EE/node/nowhere')).toContain('Nothing stands under')
  })

  test('import brings both samples in, and adds nothing the second time', async () => {
    const rides = join(samples, 'trips_data.csv')
    const first = await toldBy<{ added: number; skipped: { line: number }[] }>(started(['import', rides, '--json']))
    expect(first).toMatchObject({ strands: [{ strand: 'mobility.rides', added: first.added }], known: 0, passed: [] })
    expect(first.added).toBeGreaterThan(1_000)
    expect(first.skipped.length).toBeGreaterThan(10)
    expect(await told('import', rides)).toMatchObject({ added: 0, known: first.added })
    const out = await said('import', join(samples, 'MyActivity.json'))
    expect(out).toMatch(/[\d,]+ entries added, 0 known already/)
    expect(out.match(/^ {2}line /gm)).toHaveLength(10)
    expect(out).toMatch(/… and \d+ more/)
    expect(await told('import', join(samples, 'MyActivity.json'))).toMatchObject({ added: 0 })
  })

  test('import brings an archive into a strand for each file it knows, and names the others', async () => {
    const archive = join(samples, 'professional-network.zip')
    const out = await said('import', archive)
    expect(out).toContain('439 entries added, 0 known already, 13 left out.')
    expect(out).toMatch(/social\.connections +426 added, 0 known already, 11 left out/)
    expect(out).toMatch(/work\.positions +13 added, 0 known already, 2 left out/)
    expect(out).toMatch(/Connections\.csv, line 67 +Connected On is not a date/)
    expect(out).toMatch(/3 files inside not read[^]*Profile\.csv[^]*Saved Jobs\.csv[^]*Skills\.csv/)
    expect(await told('import', archive)).toMatchObject({
      added: 0,
      known: 439,
      strands: [
        { strand: 'social.connections', added: 0, known: 426, skipped: 11 },
        { strand: 'work.positions', added: 0, known: 13, skipped: 2 },
      ],
      passed: [{ code: 'unknown' }, { code: 'unknown' }, { code: 'unknown' }],
    })
  })

  test('ask signs an offer, and asks shows it in plain words', async () => {
    const file = join(base, 'offer.json')
    await writeFile(file, JSON.stringify(offerText))
    const made = await told<{ link: string; offer: string; signed: object }>(
      ...[
        'ask',
        ...asInsurer,
        '--offer',
        file,
        '--return',
        `${new URL(federation.cast.requesters.insurer.record.payload.offers).origin}/return`,
      ],
      ...['--out', join(base, 'signed.json')],
    )
    link = made.link
    offers.set(made.offer, JSON.stringify(made.signed))
    const out = await said('asks', link)
    for (const part of [
      'Kindel Kindlustus (made up) asks you',
      'rides (required)',
      'cities (optional',
      'nothing happens',
      '5.00 EUR discount',
      '180 days',
    ]) {
      expect(out).toContain(part)
    }
    expect(out).toMatch(/values worked out from \d+ entries/)
    expect(out).toMatch(/[\d,]+ of your [\d,]+ entries/)
    const over = join(base, 'over.json')
    await writeFile(over, JSON.stringify({ ...offerText, terms: [{ ...term, purpose: 'dpv:Marketing' }] }))
    expect(await dcann(['ask', ...asInsurer, '--offer', over, '--return', 'https://insurer.example/'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('code: over-asking'),
    })
  })

  test('agree takes what is required and what is named, and brings it back', async () => {
    expect(await dcann(['agree', link])).toMatchObject({ code: 1, err: expect.stringContaining('--yes') })
    expect(await started(['agree', link, '--yes', '--take', 'city'])).toMatchObject({ code: 2, out: '' })
    const agree = ['agree', link, '--yes', '--take', 'cities', '--days', '30', '--out', pair(), '--json']
    const made = await toldBy<{ agreement: string; address: string; terms: string[] }>(started(agree))
    expect(made).toMatchObject({ terms: ['rides', 'cities'], brought: 'brought' })
    expect(brought).toEqual([
      { grant: expect.any(Object), handle: made.address.split('@')[0], node: 'EE/node/tallinn' },
    ])
    ;({ agreement, address } = made)
    expect(await said('agreements')).toContain('EE/requester/insurer: active')
    expect(await said('resolve', address)).toContain('EE/node/tallinn')
  })

  test('query proves the answer, and refuses to ask for more', async () => {
    const out = saidBy(await started([...question('rides_per_week'), '--save', evidence()]))
    expect(out).toMatch(/rides_per_week: \d+\.\d/)
    expect(out).toContain('signature, agreement and every term hold')
    const cities = await told<{ assertion: { items: { entries: object[] }[] } }>(...question('city'), '--limit', '3')
    expect(cities.assertion.items[0]?.entries).toHaveLength(3)
    for (const more of [question(), question('fare_amount'), question('begin_address', 'city')]) {
      expect(await dcann(more)).toMatchObject({ code: 1, err: expect.stringContaining('code: over-asking') })
    }
  })

  test('verify proves the evidence offline, and names the first link that is broken', async () => {
    const verify = (file: string): string[] => ['verify', file, '--root', federation.rootFile]
    const good = await started(verify(evidence()), { DCANN_HOME: join(base, 'nowhere') })
    expect(good.code).toBe(0)
    expect(good.out).toContain('✓ inclusion')
    expect(good.out).toContain('Verdict: provisional')
    const text = await readFile(evidence(), 'utf8')
    const flipped = join(base, 'flipped.json')
    for (const [member, link] of [
      ['salt', 'inclusion'],
      ['content_digest', 'request signature'],
    ] as const) {
      const at = text.indexOf(`"${member}":"`) + member.length + 14
      await writeFile(flipped, text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1))
      const bad = await dcann([...verify(flipped), '--home', join(base, 'nowhere')])
      expect(bad.code).toBe(1)
      expect(bad.out).toContain(`✗ ${link}`)
      expect(bad.out).toContain('Verdict: broken')
    }
    expect(await told('verify', evidence())).toMatchObject({ verdict: 'provisional' })
  })

  test('an invite is given out, spent once by who has it first, and taken back', async () => {
    const file = join(base, 'offer.json')
    const made = await told<{ invite: string; address: string; link: string }>(
      'invite',
      'make',
      '--note',
      'at the fair',
    )
    expect(made.address).toMatch(/^(?:[0-9A-Z]{5}-){5}[0-9A-Z]{5}@EE\/node\/tallinn$/)
    expect(await said('invite', 'make', '--qr')).toContain('▀')
    const ask = async (invite: string): Promise<string> =>
      (await told<{ proposal: string }>('ask', ...asInsurer, '--offer', file, '--invite', invite)).proposal
    const proposal = await ask(`https://insurer.example/${made.link}`)
    await ask(made.address.toLowerCase().replace('ee/node', 'EE/node'))
    const { asks } = await told<{ asks: { ask: string; invite?: string }[] }>('asks')
    expect(asks.filter(({ invite }) => invite === made.invite).map((one) => one.ask)).toEqual([proposal])
    expect(await said('invite', 'list')).toContain('spent by EE/requester/insurer')
    const poll = await told('ask', ...asInsurer, '--poll', proposal, '--invite', made.address)
    expect(poll).toMatchObject({ state: 'pending' })
    expect(await told('invite', 'withdraw', made.invite)).toMatchObject({ state: 'spent' })
    const mistyped = await dcann(['ask', ...asInsurer, '--offer', file, '--invite', made.address.slice(1)])
    expect(mistyped.code).toBe(1)
    expect(mistyped.err).not.toContain(made.address.slice(2, 12))
  })

  test('a delivered ask waits, is refused or granted, and is polled', async () => {
    const file = join(base, 'offer.json')
    const deliver = async (): Promise<string> =>
      (await told<{ proposal: string }>('ask', ...asInsurer, '--offer', file, '--to', identifier)).proposal
    const poll = async (proposal: string): Promise<object> =>
      await told('ask', ...asInsurer, '--to', identifier, '--poll', proposal)
    const first = await deliver()
    expect(await said('asks')).toContain(first)
    expect(await poll(first)).toMatchObject({ state: 'pending' })
    const granted = await told<{ agreement: string; address: string }>('agree', first, '--yes')
    expect(await poll(first)).toMatchObject({ state: 'granted', agreement: granted.agreement })
    const out = await said(
      ...['query', ...asInsurer, '--to', granted.address, '--agreement', granted.agreement],
      ...['--purpose', 'dpv:PersonalisedBenefits', '--strand', 'mobility.rides', '--claims', 'rides_per_week'],
    )
    expect(out).toContain('rides_per_week: ')
    const second = await deliver()
    expect(await told('refuse', second)).toMatchObject({ refused: true })
    expect(await poll(second)).toMatchObject({ state: 'pending' })
    expect(await said('asks')).not.toContain(second)
    delivered = granted
  })

  test('trail lists what happened, newest last, and proves each line', async () => {
    const out = saidBy(await started(['trail', '--prove', '--last', '12']))
    expect(out).not.toContain('✗')
    expect(out).toMatch(/^[✓·] \d{4}-\d\d-\d\d \d\d:\d\d {2}EE\/requester\/insurer {2}.*answered$/m)
    expect(out.trimEnd().split('\n')).toHaveLength(13)
    const { lines } = await told<{ lines: { entry: { kind: string } }[] }>('trail')
    expect(lines.at(-1)?.entry.kind).toBe('ask')
    expect(lines.filter(({ entry }) => entry.kind === 'answer').length).toBe(3)
  })

  test('refuse --purpose says no in advance, and a handle that leaked is made anew', async () => {
    await told('refuse', '--purpose', 'dpv:Marketing', '--except', 'EE/requester/insurer')
    const refused = await said('refusals')
    for (const part of ['In advance: marketing (dpv:Marketing), save by EE/requester/insurer', 'personalised benefits'])
      expect(refused).toContain(part)
    expect(await told('refusals', 'lift', '--purpose', 'dpv:Marketing')).toEqual({ lifted: 1 })
    expect(await dcann(['refuse', '--purpose', 'dpv:Nonsense'])).toMatchObject({ code: 2 })

    const reissued = await told<{ agreement: string; address: string }>('agreements', 'reissue', delivered.agreement)
    expect(reissued.address).not.toBe(delivered.address)
    expect(await said('agreements')).toContain('EE/requester/insurer: superseded')
  })

  test('proffer speaks first to two, accept completes one, and the other link leads nowhere then', async () => {
    const file = join(base, 'terms.json')
    const { terms, lasts, value } = offerText
    await writeFile(file, JSON.stringify({ terms, lasts, value }))
    const toBoth = ['--to', 'EE/requester/insurer', '--to', 'IN/requester/rides', '--cap', '1']
    const make = ['proffer', 'make', '--terms', file, ...toBoth]
    expect(await dcann(make)).toMatchObject({ code: 1, err: expect.stringContaining('--yes') })
    const made = await told<{ roster: string; proffers: { link: string; proffer: string }[] }>(...make, '--yes')
    const [forInsurer, forRides] = made.proffers.map((one) => one.link)
    const accept = (at: string | undefined): string[] => ['accept', String(at), ...asInsurer]
    expect(await dcann([...accept(forRides), '--yes'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('code: not-found'),
    })
    const shown = await said(...accept(forInsurer), '--show')
    for (const part of ['Somebody proffers to you', 'rides (required)', 'cities (optional)', '180 days'])
      expect(shown).toContain(part)
    const taken = await told<{ agreement: string; address: string; terms: string[] }>(...accept(forInsurer), '--yes')
    expect(taken.terms).toEqual(['rides'])
    const list = await said('proffer', 'list')
    for (const part of ['1 of at most 1 accepted', taken.agreement, 'closed, since others accepted'])
      expect(list).toContain(part)
    const saved = join(base, 'accepted.evidence')
    const out = await said(
      ...['query', ...asInsurer, '--to', taken.address, '--agreement', taken.agreement, '--save', saved],
      ...['--purpose', 'dpv:PersonalisedBenefits', '--strand', 'mobility.rides', '--claims', 'rides_per_week'],
    )
    expect(out).toContain('rides_per_week: ')
    expect(await said('verify', saved)).toContain('✓ acceptance')
    expect(await told('revoke', taken.agreement)).toMatchObject({ revoked: [{ standing: 'revoked' }] })

    const open = await told<{ roster: string }>('proffer', 'make', '--terms', file, '--any', 'company', '--yes')
    expect(await told('proffer', 'withdraw', open.roster)).toEqual({ withdrawn: 1 })
    expect(await told('proffer', 'withdraw', open.roster)).toEqual({ withdrawn: 0 })
    expect(await dcann(['proffer', 'make', '--terms', file, '--any', 'firm', '--yes'])).toMatchObject({ code: 2 })
  })

  test('an answer that is sealed opens with the key of its agreement alone', async () => {
    const sealingKey = ['--test-sealing-key', `${seed}/EE/requester/insurer/sealing`]
    const file = join(base, 'insurer-sealing.seed')
    const label = `dcann/test-sealing-key/1\n${sealingKey[1]}`
    await writeFile(file, createHash('sha256').update(label).digest('hex'), { mode: 0o600 })
    const { origin } = new URL(federation.cast.requesters.insurer.record.payload.offers)
    const made = await told<{ link: string; offer: string; signed: object }>(
      ...['ask', ...asInsurer, '--offer', join(base, 'offer.json'), '--return', `${origin}/return`, ...sealingKey],
    )
    offers.set(made.offer, JSON.stringify(made.signed))
    const sealedPair = join(base, 'sealed-pair.json')
    const granted = await told<{ address: string }>('agree', made.link, '--yes', '--out', sealedPair)
    const asked = [
      ...['query', ...asInsurer, '--to', granted.address, '--agreement', sealedPair],
      ...['--purpose', 'dpv:PersonalisedBenefits', '--strand', 'mobility.rides', '--claims', 'rides_per_week'],
    ]
    const kept = join(base, 'sealed-evidence.json')
    expect(await said(...asked, ...sealingKey, '--save', kept)).toContain('rides_per_week: ')
    expect(await said('verify', kept)).toContain('Verdict: provisional')
    expect(await said(...asked, '--sealing-key', file)).toContain('rides_per_week: ')
    const refused = { code: 1, err: expect.stringContaining('code: key-unknown') }
    expect(await dcann(asked)).toMatchObject(refused)
    expect(await dcann([...asked, '--test-sealing-key', 'other'])).toMatchObject(refused)
    expect(await dcann([...asked, ...sealingKey, '--sealing-key', file])).toMatchObject({ code: 2 })
  })

  test('revoke stops it at once, registry or not', async () => {
    expect(saidBy(await started(['revoke', agreement]))).toMatch(/effective after \d+ ms/)
    expect(await dcann(question('rides_per_week'))).toMatchObject({
      code: 1,
      err: expect.stringContaining('taken back'),
    })
    expect(await dcann(['revoke', agreement])).toMatchObject({
      code: 1,
      err: expect.stringContaining('code: not-found'),
    })
    await federation.registry.end()
    try {
      const away = await started(['resolve', 'EE/node/tallinn'])
      expect(away).toMatchObject({ code: 1, err: expect.stringContaining('dcann setup --registry') })
      expect(away.err).toContain('code: unreachable')
      const stopped = await started(['revoke', '--requester', 'EE/requester/insurer'])
      expect(stopped).toMatchObject({ code: 0, out: expect.stringMatching(/effective after \d+ ms/) })
    } finally {
      await federation.registry.again()
    }
    expect(await said('agreements')).not.toContain(': active')
  })
})

describe('dcann, given something wrong', () => {
  test.each([
    [['revok'], 2, 'did you mean dcann revoke?'],
    [['resolve', 'x', '--hme', 'y'], 2, 'did you mean --home?'],
    [['resolve', 'IN7K 3F9X'], 1, 'code: identifier-invalid'],
    [
      [
        'query',
        '--as',
        'EE/requester/insurer',
        '--test-key',
        'nobody',
        '--to',
        'x',
        '--agreement',
        'y',
        '--purpose',
        'z',
        '--strand',
        'a.b',
      ],
      1,
      'code: key-unknown',
    ],
    [['asks', 'ask#AAAA'], 1, 'code: malformed-request'],
    [['asks', 'nothing'], 2, 'no link, no file'],
    [['import', '.'], 1, 'it is no file'],
    [['passport', 'create', '--zone', 'EE', '--node', 'EE/node/tallinn'], 1, 'use another --home'],
    [['fsck', '--config', 'x'], 1, 'code: file-unreadable'],
  ])('%j ends with %i and says what to do', async (args, code, why) => {
    const ended = await dcann(args)
    expect(ended.code).toBe(code)
    expect(ended.out).toBe('')
    expect(ended.err).toContain(why)
  })

  test('a mistyped identifier is refused with its reason, and never guessed', async () => {
    const { identifier } = await told<{ identifier: string }>('passport', 'show')
    const mistyped = identifier.slice(0, 10) + (identifier[10] === '0' ? '1' : '0') + identifier.slice(11)
    const { code, err } = await dcann(['resolve', mistyped])
    expect(code).toBe(1)
    expect(err.replaceAll('\n', ' ')).toContain('look for a mistyped character')
  })

  test('a sealed seed opens with its passphrase alone', async () => {
    const home = join(base, 'sealed')
    const env = { DCANN_HOME: home }
    await dcann([...['setup', '--root', federation.rootFile, '--registry', federation.registry.url], '--home', home])
    const made = await started(['passport', 'create', '--zone', 'EE', '--node', 'EE/node/tallinn'], {
      ...env,
      DCANN_PASSPHRASE: 'kohvik ja räim',
    })
    expect(made.code).toBe(0)
    const tries = [{}, { DCANN_PASSPHRASE: 'kohvik ja kohv' }, { DCANN_PASSPHRASE: 'kohvik ja räim' }]
    const ended = await Promise.all(tries.map(async (more) => await started(['passport', 'show'], { ...env, ...more })))
    expect(ended.map(({ code, err }) => [code, /code: (.*)/.exec(err)?.[1]])).toEqual([
      [1, 'passphrase-needed'],
      [1, 'passphrase-wrong'],
      [0, undefined],
    ])
  })

  test("a requester's key is read out of a file that nobody else may read", async () => {
    const file = join(base, 'insurer.seed')
    const label = `${seed}/EE/requester/insurer/0`
    await writeFile(file, createHash('sha256').update(`dcann/test-key/1\n${label}`).digest('hex'), { mode: 0o600 })
    const poll = ['ask', '--as', 'EE/requester/insurer', '--key', file, '--to', 'EE', '--poll', 'x'.repeat(43)]
    expect(await dcann(poll)).toMatchObject({ code: 1, err: expect.stringContaining('code: identifier-invalid') })
    await chmod(file, 0o644)
    expect(await dcann(poll)).toMatchObject({ code: 1, err: expect.stringContaining('run: chmod 600') })
  })

  test('a passport whose node was away is finished later, and its recovery kit shown then', async () => {
    const home = ['--home', join(base, 'later')]
    await dcann(['setup', '--root', federation.rootFile, '--registry', federation.registry.url, ...home])
    const create = ['passport', 'create', '--zone', 'EE', '--node', 'IN/node/pune', ...home]
    await federation.pune.end()
    const failed = await dcann(create)
    expect(failed).toMatchObject({ code: 1, out: '', err: expect.stringContaining('code: unreachable') })
    await federation.pune.again()
    const made = await dcann(create)
    expect(made).toMatchObject({ code: 0, out: expect.stringContaining('recovery kit') })
    expect((await dcann(create)).out).not.toContain('recovery kit')
  })

  test('fsck and serve take nodes of either kind, and serve ends when it is told to', async () => {
    for (const [part, verb] of [
      [federation.registry, 'registry'],
      [federation.tallinn, 'vault'],
    ] as const) {
      await part.end()
      const config = part.args[1] ?? ''
      const checked = await started(['fsck', '--config', config])
      expect(checked).toMatchObject({ code: 0, out: expect.stringContaining('Everything holds') })
      const child = spawn(process.execPath, [command, verb, 'serve', '--config', config], {
        cwd: empty,
        stdio: 'ignore',
      })
      const ended = once(child, 'close')
      await untilReady(part.url)
      if (process.platform === 'linux')
        expect(await readFile(`/proc/${child.pid}/cmdline`, 'utf8')).toMatch(/^dcann\0*$/)
      child.kill('SIGTERM')
      expect((await ended)[0]).toBe(0)
      await part.again()
    }
  })
})

async function untilReady(url: string): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (
      await fetch(`${url}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      return
    await wait(25)
  }
  throw new Error('waiting for a node: it did not get ready within 10 s')
}
