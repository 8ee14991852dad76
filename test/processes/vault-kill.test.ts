import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { entryId, type Entry } from '@dcann/protocol/entry'
import { base64Url, sha256 } from '@dcann/protocol/bytes'
import { formatTime } from '@dcann/protocol/time'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePorts, type Part, startPart } from '../../scripts/federation/part.ts'
import { type Federation, startFederation } from '../../scripts/federation/parts.ts'
import {
  consent,
  type Consented,
  dailyRides,
  offerOf,
  type Person,
  ridesPerWeek,
  ridesStrand,
  ridesTerm,
  type Sealed,
  send,
  settlePerson,
  signQuery,
} from '../consented.ts'

let folder = ''
let federation: Federation
let person: Person

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dcann-vault-kill-'))
  federation = await startFederation({ folder, seed: 'vault-kill', ports: await freePorts(5), withoutCompanies: true })
  person = await settlePerson(federation.world(), 'vault-kill', 'IN', federation.cast.nodes.tallinn)
  await person.vault.makeStrand(person.by, ridesStrand)
  await person.vault.makeStrand(person.by, notes)
  await person.vault.addEntries(person.by, 'mobility.rides', dailyRides(Math.floor(federation.world().now()), 30))
})

afterAll(async () => {
  await federation?.stop()
  await rm(folder, { recursive: true, force: true })
})

const notes = {
  ...ridesStrand,
  name: 'test.notes',
  schema: 'urn:dcann:schema:test.notes:1',
  category: 'pd:BrowsingBehaviour',
  tags: ['test.note'],
}

/** What the node has acknowledged so far. */
type Acknowledged = {
  readonly entries: Set<string>
  /** Agreement → standing that was acknowledged last. */
  readonly agreements: Map<string, 'active' | 'revoked'>
  /** Agreement and number → record id of the answer. */
  readonly answers: Map<string, string>
  readonly requests: Sealed[]
  /** Revokes that were sent and whose answer never came: either way is right. */
  readonly unknown: Set<string>
}

const fresh = (): Acknowledged => ({
  entries: new Set(),
  agreements: new Map(),
  answers: new Map(),
  requests: [],
  unknown: new Set(),
})

let counter = 0

/** Writes, agrees, asks and revokes until the node is gone. */
function work(acknowledged: Acknowledged, isOver: () => boolean): Promise<unknown> {
  const world = federation.world()
  const { insurer } = federation.cast.requesters
  const untilGone = async (step: () => Promise<void>): Promise<void> => {
    while (!isOver()) {
      try {
        await step()
      } catch {
        // the node is gone, or going
        await wait(1)
      }
    }
  }
  const writing = (): Promise<void> =>
    untilGone(async () => {
      const number = counter++
      const entry: Entry = {
        at: formatTime(1_790_000_000 + number),
        body: { note: `note ${number}` },
        tags: ['test.note'],
        source: 'test',
        assurance: 'self',
        about: 'holder',
      }
      await person.vault.addEntries(person.by, 'test.notes', [entry])
      acknowledged.entries.add(entryId('test.notes', entry))
    })
  const agreeing = (): Promise<void> =>
    untilGone(async () => {
      const offer = await offerOf(world, insurer, [ridesTerm('rate', ['rides_per_week'])])
      const agreed = await consent(world, person, insurer, offer, ['rate'], counter++)
      acknowledged.agreements.set(agreed.agreement, 'active')
      for (let i = 0; i < 3; i++) await ask(agreed)
      if (counter % 2) return
      acknowledged.unknown.add(agreed.agreement)
      await agreed.revoke()
      acknowledged.unknown.delete(agreed.agreement)
      acknowledged.agreements.set(agreed.agreement, 'revoked')
    })
  const ask = async (agreed: Consented): Promise<void> => {
    const request = await signQuery(world, agreed, ridesPerWeek)
    const { status, body } = await send(world, request)
    expect(status).toBe(200)
    const { payload } = body['assertion'] as { payload: string }
    const { n } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { n: number }
    acknowledged.answers.set(
      `${agreed.agreement}/${n}`,
      base64Url(sha256(new Uint8Array(Buffer.from(payload, 'base64url')))),
    )
    acknowledged.requests.push(request)
  }
  return Promise.all([writing(), writing(), writing(), agreeing(), agreeing()])
}

/** Everything acknowledged that is not there, in words. */
async function missing(acknowledged: Acknowledged): Promise<string[]> {
  const world = federation.world()
  const lost: string[] = []
  const there = new Set<string>()
  for (let after: string | undefined, more = true; more;) {
    const { entries, next } = await person.vault.listEntries(
      person.by,
      'test.notes',
      after === undefined ? {} : { after },
    )
    for (const { id } of entries) there.add(id)
    more = next !== undefined && entries.length > 0
    after = next
  }
  for (const id of acknowledged.entries) if (!there.has(id)) lost.push(`entry ${id}`)
  const { agreements } = await person.vault.listAgreements(person.by)
  const standing = new Map(agreements.map((one) => [one.agreement, one.standing]))
  for (const [agreement, stood] of acknowledged.agreements) {
    if (agreements.length >= 256 && !standing.has(agreement)) continue
    if (standing.get(agreement) !== stood && !acknowledged.unknown.has(agreement))
      lost.push(`agreement ${agreement}: ${standing.get(agreement)}, acknowledged ${stood}`)
  }
  const chains = new Map<string, Map<number, string | null>>()
  for (const [place, answer] of acknowledged.answers) {
    const [agreement = '', n = ''] = place.split('/')
    const chain =
      chains.get(agreement) ??
      new Map((await person.vault.listEvents(person.by, agreement)).entries.map(({ entry }) => [entry.n, entry.answer]))
    chains.set(agreement, chain)
    if (chain.get(Number(n)) !== answer) lost.push(`answer ${place}`)
  }
  for (const request of acknowledged.requests.slice(-5)) {
    const { status, body } = await send(world, request)
    // its window may have passed since
    if (status !== 401 || !/replayed|signature-expired/.test(String(body.type)))
      lost.push(`nonce of a request: ${status}`)
  }
  return lost
}

function fsck(part: Part): string | undefined {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [fileURLToPath(new URL('../../vault-node/src/main.ts', import.meta.url)), ...part.args, '--fsck'],
    { encoding: 'utf8' },
  )
  return status === 0 ? undefined : `fsck: ${stdout}${stderr}`
}

type Outcome = {
  readonly kills: number
  readonly acks: number
  readonly lost: readonly string[]
  readonly faults: readonly string[]
}

/** Kills the node at random moments of its work and looks each time for what it had acknowledged. */
async function killAgain(part: Part, kills: number, seed: number): Promise<Outcome> {
  let state = seed
  const random = (most: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state % most
  }
  const acknowledged = fresh()
  const lost: string[] = []
  const faults: string[] = []
  for (let kill = 0; kill < kills; kill++) {
    let over = false
    const before = sizeOf(acknowledged)
    const working = work(acknowledged, () => over)
    for (let tries = 0; sizeOf(acknowledged) < before + 20 && tries < 2_000; tries++) await wait(2)
    await wait(random(60))
    await part.end('SIGKILL')
    over = true
    await working
    if (kill % 5 === 4) faults.push(...[fsck(part)].filter((fault) => fault !== undefined))
    await part.again()
    lost.push(...(await missing(acknowledged)))
  }
  return { kills, acks: sizeOf(acknowledged), lost, faults }
}

function sizeOf({ entries, agreements, answers }: Acknowledged): number {
  return entries.size + agreements.size + answers.size
}

test(
  'kill -9 of a vault node: every acknowledged write is there, nothing half, fsck clean',
  { timeout: 240_000 },
  async () => {
    const seed = 20_261_124
    const { kills, acks, lost, faults } = await killAgain(federation.tallinn, 20, seed)
    console.log(
      `vault kills (seed ${seed}): ${lost.length} of ${acks} acknowledged writes lost over ${kills} kills, ${faults.length} of 4 checks found something`,
    )
    expect(acks).toBeGreaterThanOrEqual(400)
    expect(lost).toEqual([])
    expect(faults).toEqual([])
  },
)

test(
  'kill -9: the same check catches a node that acknowledges what it has yet to write',
  { timeout: 120_000 },
  async () => {
    await federation.tallinn.end()
    const { args, url, folder: own, log } = federation.tallinn
    const planted = await startPart({
      name: 'planted',
      main: fileURLToPath(new URL('planted-vault.ts', import.meta.url)),
      args: ['forgetful', ...args],
      url,
      folder: own,
      log,
    })
    try {
      const { acks, lost } = await killAgain(planted, 2, 7)
      console.log(`vault kills, fault planted: ${lost.length} of ${acks} acknowledged writes lost`)
      expect(lost.length).toBeGreaterThan(0)
    } finally {
      await planted.end('SIGKILL')
      await federation.tallinn.again()
    }
  },
)
