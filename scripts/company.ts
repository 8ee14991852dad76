// A company of the demo: hands out its offers, takes grants back, asks under its agreements, keeps the evidence.
// Its console is plain JSON on loopback, for whoever has the token in its folder.
import { readFileSync } from 'node:fs'
import { timingSafeEqual } from 'node:crypto'
import { createDoor, type DoorEnv } from '@dcann/http/door'
import { createLogger } from '@dcann/http/log'
import { createMetrics } from '@dcann/http/metrics'
import { readToken } from '@dcann/http/admin'
import { createOutbound } from '@dcann/http/outbound'
import { serve, untilSignalled } from '@dcann/http/serve'
import { ProtocolError } from '@dcann/protocol/errors'
import { checkVerifyStrict } from '@dcann/protocol/verify-strict'
import { readRootFile } from '@dcann/sdk/trust'
import type { World } from '@dcann/sdk/world'
import { openStore } from '@dcann/store/open'
import type { Context } from 'hono'
import { z } from 'zod'
import { openCompany } from './company/desk.ts'
import { grantedCall, offerCall, questionCall } from './company/calls.ts'

const configSchema = z.strictObject({
  requester: z.string(),
  url: z.string(),
  port: z.int(),
  store: z.string(),
  root: z.string(),
  registries: z.array(z.string()),
  testSeed: z.string(),
})

const config = configSchema.parse(
  JSON.parse(readFileSync(process.argv[process.argv.indexOf('--config') + 1] ?? '', 'utf8')),
)
await checkVerifyStrict()
const logger = createLogger({ name: 'company' })
const metrics = createMetrics()
const now = (): number => Date.now() / 1000
const store = await openStore(config.store, { onFailed: () => process.exit(1) })
const world: World = {
  fetch: createOutbound({ allowLoopbackHttp: true }),
  now,
  random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
  // a demo's company asks anew each time it starts
  seen: { read: async () => undefined, write: async () => {} },
}
const company = await openCompany({ ...config, pinned: readRootFile(readFileSync(config.root, 'utf8')), store, world })
const token = Buffer.from(readToken(`${config.store}.token`))
const door = createDoor({ now, publicUrl: config.url, logger, metrics })

function requireToken(c: Context<DoorEnv>): void {
  const given = Buffer.from((c.req.header('authorization') ?? '').replace(/^Bearer /, ''))
  if (given.length !== token.length || !timingSafeEqual(given, token)) {
    throw new ProtocolError('token-required', "using the console: expected the token of the company's folder", {
      check: 'token',
    })
  }
}

const app = door.app()
app.get('/offers/:id', async (c) => c.json(await company.offer(c.req.param('id'))))
app.post('/return', async (c) => {
  const { body } = await door.body(c, grantedCall)
  await company.takeGrant(body)
  return c.json({ taken: true }, 201)
})
app.post('/console/offers', async (c) => {
  requireToken(c)
  const { body } = await door.body(c, offerCall)
  return c.json(await company.ask(body), 201)
})
app.post('/console/agreements', async (c) => {
  requireToken(c)
  return c.json({ agreements: await company.agreements() })
})
app.post('/console/questions', async (c) => {
  requireToken(c)
  const { body } = await door.body(c, questionCall)
  return c.json(await company.question(body))
})

const serving = await serve(app, { port: config.port, logger, metrics })
await untilSignalled()
await serving.close()
await store.close()
