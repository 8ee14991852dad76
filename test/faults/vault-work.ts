import { spawnSync } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { base64Url, sha256 } from '@dcann/protocol/bytes'
import { type Entry, entryId } from '@dcann/protocol/entry'
import { formatTime } from '@dcann/protocol/time'
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
import type { Draw } from '../draws.ts'

/** A federation of processes, and a person whose vault node is going to be killed. */
export type Bench = {
  readonly federation: Federation
  readonly person: Person
  /** Numbers that nothing before was made with. */
  readonly next: () => number
}

/** Starts registry and vault nodes, without companies. */
export async function startNodes(folder: string, seed: string): Promise<Federation> {
  return await startFederation({ folder, seed, ports: await freePorts(5), withoutCompanies: true })
}

/** Settles a new person at the node in Tallinn, with rides and an empty strand of notes. */
export async function settle(federation: Federation, label: string): Promise<Bench> {
  const person = await settlePerson(federation.world(), label, 'IN', federation.cast.nodes.tallinn)
  await person.vault.makeStrand(person.by, ridesStrand)
  await person.vault.makeStrand(person.by, notes)
  await person.vault.addEntries(person.by, 'mobility.rides', dailyRides(Math.floor(federation.world().now()), 30))
  let counter = 0
  return { federation, person, next: () => counter++ }
}

/** The same node with a fault planted in its store; see `planted-vault.ts`. */
export async function startPlanted(part: Part, fault: string): Promise<Part> {
  await part.end()
  const main = fileURLToPath(new URL('../processes/planted-vault.ts', import.meta.url))
  const { args, url, folder, log } = part
  return await startPart({ name: 'planted', main, args: [fault, ...args], url, folder, log })
}

export const notes = {
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

/** Writes, agrees, asks and revokes until the node is gone. */
function work(
  { federation, person, next }: Bench,
  acknowledged: Acknowledged,
  isOver: () => boolean,
): Promise<unknown> {
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
      const number = next()
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
  let asked = 0
  const agreeing = (): Promise<void> =>
    untilGone(async () => {
      const offer = await offerOf(world, insurer, [ridesTerm('rate', ['rides_per_week'])])
      const agreed = await consent(world, person, insurer, offer, ['rate'], next())
      acknowledged.agreements.set(agreed.agreement, 'active')
      for (let i = 0; i < 3; i++) await ask(agreed)
      if (!asked++ || asked % 2) return
      acknowledged.unknown.add(agreed.agreement)
      await agreed.revoke()
      acknowledged.unknown.delete(agreed.agreement)
      acknowledged.agreements.set(agreed.agreement, 'revoked')
    })
  const ask = async (agreed: Consented): Promise<void> => {
    const request = await signQuery(world, agreed, ridesPerWeek)
    const { status, body } = await send(world, request)
    if (status !== 200) throw new Error(`asking: ${status}`)
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
export async function missing({ federation, person }: Bench, acknowledged: Acknowledged): Promise<string[]> {
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

/** Starts it again; on a machine that is busy with other things it may take more than the patience of one attempt. */
export async function startAgain(part: Part): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await part.again()
    } catch (error) {
      const slow = error instanceof Error && error.message.includes('did not get ready')
      if (!slow || tries === 5) throw error
      await part.end('SIGKILL')
    }
  }
}

export function fsck(part: Part): string | undefined {
  const { status, stdout, stderr } = spawnSync(process.execPath, [part.main, ...part.args, '--fsck'], {
    encoding: 'utf8',
    timeout: 60_000,
  })
  return status === 0 ? undefined : `fsck: ${status === null ? 'no end within 60 s ' : ''}${stdout}${stderr}`
}

/** What so many kills came to. */
export type Killed = {
  readonly kills: number
  readonly acks: number
  readonly checks: number
  /** Everything acknowledged that was not there, and everything that a check of the stopped store found. */
  readonly lost: readonly string[]
  readonly faults: readonly string[]
}

/** How often, how soon, and how much is looked at in between. */
export type KillPlan = {
  readonly kills: number
  readonly draw: Draw
  /** Acknowledged writes before a kill may come. */
  readonly acks: number
  /** After how many kills what was acknowledged is looked for, and the stopped store checked; the last kill always. */
  readonly lookEvery: number
  readonly fsckEvery: number
  /** Whether some of the kills meet the node while it starts. */
  readonly alsoStarting?: boolean
  readonly isOver?: () => boolean
}

/** Kills the node at random moments of its work and looks for what it had acknowledged. */
export async function killAgain(bench: Bench, part: Part, plan: KillPlan): Promise<Killed> {
  const { draw, lookEvery, fsckEvery } = plan
  const acknowledged = fresh()
  const lost: string[] = []
  const faults: string[] = []
  let [kills, checks] = [0, 0]
  while (kills < plan.kills && !plan.isOver?.()) {
    const before = sizeOf(acknowledged)
    let over = false
    const working = work(bench, acknowledged, () => over)
    for (let tries = 0; sizeOf(acknowledged) < before + plan.acks && tries < 5_000; tries++) await wait(2)
    await wait(draw(60))
    await part.end('SIGKILL')
    over = true
    await working
    kills++
    if (plan.alsoStarting && draw(4) === 0 && kills < plan.kills) {
      const starting = part.again().catch(() => {})
      await wait(draw(600))
      await part.end('SIGKILL')
      await starting
      kills++
    }
    const isLast = kills >= plan.kills || plan.isOver?.() === true
    if (kills % fsckEvery === 0 || isLast) {
      checks++
      faults.push(...[fsck(part)].filter((fault) => fault !== undefined))
    }
    await startAgain(part)
    if (kills % lookEvery === 0 || isLast) lost.push(...(await missing(bench, acknowledged)))
  }
  return { kills, acks: sizeOf(acknowledged), checks, lost, faults }
}

function sizeOf({ entries, agreements, answers }: Acknowledged): number {
  return entries.size + agreements.size + answers.size
}
