import { Agent, request } from 'node:http'
import { utf8 } from '@dcann/protocol/bytes'
import { type Signer, testSigner } from '@dcann/protocol/key'
import { headersOf, signHead } from '@dcann/protocol/request-signature'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { createCallers } from './callers.ts'
import { createDoor } from './door.ts'
import { createFairQueue, type Share } from './fair-queue.ts'
import { createLogger } from './log.ts'
import { createMetrics } from './metrics.ts'
import { serve, type Serving } from './serve.ts'
import { createShedding } from './shedding.ts'

const servings: Serving[] = []
afterEach(async () => void (await Promise.all(servings.splice(0).map((serving) => serving.close(0)))))

type Kind = 'known' | 'stranger'
const share: Share = { weight: 4, own: 0, running: 2, runningOfLane: 2, waiting: 64, waitingOfLane: 8 }
const publicUrl = 'https://node.example'
const now = 1_700_000_000
const schema = z.strictObject({ id: z.string(), from: z.string() })
const signers: Readonly<Record<string, Signer>> = { flood: testSigner('flood'), polite: testSigner('polite') }

/** A node whose work waits until it is let go, one at a time; `fair` or with everybody at once, as without any of this. */
async function opened({ fair = true } = {}) {
  const metrics = createMetrics()
  const logger = createLogger({ name: 'x', level: 'silent' })
  const queue = createFairQueue<Kind>({
    shares: { known: share, stranger: { ...share, weight: 1, running: 1, waitingOfLane: 2 } },
    places: 2,
    patience: 60_000,
    hold: 60_000,
    monotonic: () => performance.now(),
  })
  const callers = createCallers<Kind>({ kindOf: (_, name) => (name === undefined ? 'stranger' : 'known') })
  const shedding = createShedding(callers, queue, ['known', 'stranger'], metrics)
  const door = createDoor({ now: () => now, publicUrl, logger, metrics, ...(fair ? { shedding } : {}) })
  const begun: string[] = []
  const working: (() => void)[] = []
  const app = door.app()
  app.post('/v1/work', async (c) => {
    const { from } = await door.authenticated(c, schema, (name) => (signers[name] ? [signers[name].key] : []))
    begun.push(from)
    if (!c.req.query('soon')) await new Promise<void>((done) => working.push(done))
    return c.json({ from })
  })
  const serving = await serve(app, { port: 0, logger, metrics, ...(fair ? { refuse: shedding.atHead } : {}) })
  servings.push(serving)

  let asked = 0
  const ask = async (from: string, { soon = false, forged = false, agent = new Agent() } = {}) => {
    const own = signers[from]
    if (!own) throw new Error(`no signer for ${from}`)
    // the key of another, copied from where keys are published
    const signer = forged ? { ...own, sign: testSigner('forger').sign } : own
    const path = soon ? '/v1/work?soon=1' : '/v1/work'
    const body = utf8(`{"from":"${from}","id":"${asked++}"}`)
    const headers = headersOf(await signHead(signer, publicUrl + path, body, now, String(asked).padStart(22, '0')))
    return await new Promise<{ status: number; again: string | undefined; reused: boolean }>((resolve, reject) => {
      const sent = request(serving.url + path, { method: 'POST', headers, agent }, (answer) => {
        answer.resume().once('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            again: answer.headers['retry-after'],
            reused: sent.reusedSocket,
          }),
        )
      })
      sent.once('error', reject).end(body)
    })
  }
  return { ask, begun, working, queue, metrics }
}

/** How many of the flood begin before the one polite request that comes after all of them. */
async function turnsBeforePolite(fair: boolean): Promise<number> {
  const { ask, begun, working, queue } = await opened({ fair })
  for (const name of ['flood', 'polite']) expect((await ask(name, { soon: true })).status).toBe(200)
  begun.length = 0
  const flood = Array.from({ length: 8 }, () => ask('flood'))
  await vi.waitFor(() => expect(begun.length + queue.length()).toBe(8))
  const polite = ask('polite')
  await vi.waitFor(() => expect(begun.length + queue.length()).toBe(9))
  while (!begun.includes('polite')) {
    working.shift()?.()
    const before = begun.length
    await vi.waitFor(() => expect(begun.length).toBeGreaterThan(before))
  }
  const position = begun.indexOf('polite')
  const all = Promise.all([...flood, polite])
  const rest = setInterval(() => working.shift()?.(), 1)
  expect((await all).map(({ status }) => status)).toEqual(Array.from({ length: 9 }, () => 200))
  clearInterval(rest)
  return position
}

describe('createShedding', () => {
  test('lets a polite caller wait for the places of a flood, and not for the flood', async () => {
    expect(await turnsBeforePolite(true)).toBe(2)
  })

  test('and without it the same caller comes after all of them', async () => {
    expect(await turnsBeforePolite(false)).toBe(8)
  })

  test('refuses a full lane by its head, on a connection that stays, and others of the same address still wait', async () => {
    const { ask, begun, working, queue, metrics } = await opened()
    for (const name of ['flood', 'polite']) await ask(name, { soon: true })
    begun.length = 0
    const waiting = Array.from({ length: 10 }, () => ask('flood'))
    await vi.waitFor(() => expect([begun.length, queue.length()]).toEqual([2, 8]))
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const refused = [await ask('flood', { agent }), await ask('flood', { agent })]
    expect(refused).toEqual([
      { status: 429, again: '1', reused: false },
      { status: 429, again: '1', reused: true },
    ])
    const polite = ask('polite', { agent })
    await vi.waitFor(() => expect(queue.waiting('known')).toBe(9))
    expect(metrics.render()).toContain('http_shed_total{kind="known",why="lane-full"} 2')
    expect(metrics.render()).toContain('http_turns_waiting{kind="known"} 9')
    const rest = setInterval(() => working.shift()?.(), 1)
    expect(await polite).toEqual({ status: 200, again: undefined, reused: true })
    await Promise.all(waiting)
    clearInterval(rest)
    agent.destroy()
  })

  test('counts whoever signs falsely under another’s name as a stranger from then on', async () => {
    const { ask, working, queue } = await opened()
    await ask('polite', { soon: true })
    const kindsOf = async (): Promise<Kind[]> => {
      const asked = ask('polite')
      await vi.waitFor(() => expect(working.length).toBe(1))
      const kinds = (['known', 'stranger'] as const).filter((kind) => queue.running(kind) > 0)
      working.shift()?.()
      await asked
      return kinds
    }
    expect(await kindsOf()).toEqual(['known'])
    expect((await ask('polite', { soon: true, forged: true })).status).toBe(401)
    expect(await kindsOf()).toEqual(['stranger'])
    expect(await kindsOf()).toEqual(['known'])
  })

  test('forgets whoever goes while waiting', async () => {
    const { ask, begun, working, queue, metrics } = await opened()
    await ask('flood', { soon: true })
    const waiting = [ask('flood'), ask('flood')]
    await vi.waitFor(() => expect(begun.length).toBe(3))
    const agent = new Agent({ keepAlive: true })
    const gone = ask('flood', { agent }).catch(() => 'gone')
    await vi.waitFor(() => expect(queue.length()).toBe(1))
    agent.destroy()
    expect(await gone).toBe('gone')
    await vi.waitFor(() => expect(queue.length()).toBe(0))
    expect(metrics.render()).toContain('http_shed_total{kind="known",why="gone"} 1')
    for (const done of working) done()
    await Promise.all(waiting)
  })
})
