import { type PublicKey, testSigner } from '@dcann/protocol/key'
import { departureOf } from '@dcann/http/departure'
import { createDoor } from '@dcann/http/door'
import type { ListenerLimits } from '@dcann/http/listener'
import { createLogger } from '@dcann/http/log'
import { createMetrics } from '@dcann/http/metrics'
import { serve, untilSignalled } from '@dcann/http/serve'
import { z } from 'zod'

/** The smallest node there can be, for the door's batteries: started as a process, says its port, dies by a signal. */

const logger = createLogger({ name: 'small-node' })
const metrics = createMetrics()
const door = createDoor({ now: () => Date.now() / 1000, publicUrl: 'https://small.example', logger, metrics })
const keys = new Map<string, readonly PublicKey[]>([['EE/requester/good', [testSigner('small').key]]])
const open = z.strictObject({ a: z.string() })
const signed = z.strictObject({ from: z.string(), id: z.string(), question: z.string() })

const app = door.app()
app.get('/v1/large', () => new Response(Buffer.alloc(64 * 1024 * 1024)))
app.get('/v1/leased', (c) => {
  const departure = departureOf(c, () => performance.now(), Number.POSITIVE_INFINITY)
  departure.send({ bytes: Buffer.alloc(64 * 1024 * 1024), until: performance.now() + 500 })
  return departure.response()
})
app.get('/v1/broken', () => {
  throw new Error('a secret in /a/path')
})
app.post('/v1/things', async (c) => c.json({ a: (await door.body(c, open)).body.a }))
app.post('/v1/questions', async (c) => {
  const { body, from } = await door.authenticated(c, signed, (name) => keys.get(name) ?? [])
  return c.json({ from, question: body.question })
})

// the parent's own constant
const limits = JSON.parse(process.argv[2] ?? '{}') as Partial<ListenerLimits>
const serving = await serve(app, { port: 0, logger, metrics, limits })
await untilSignalled()
await serving.close()
