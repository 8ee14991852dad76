// Serves the wallet's bundle from an origin of its own; any server of files would do. And beside it, from another, a shop's page.
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { DoorEnv } from '@dcann/http/exchange'
import { createLogger } from '@dcann/http/log'
import { createMetrics } from '@dcann/http/metrics'
import { callsUnder, servePages } from '@dcann/http/pages'
import { serve, untilSignalled } from '@dcann/http/serve'
import { parseBounded } from '@dcann/protocol/canonical'
import { rootNoun } from '@dcann/protocol/root'
import { readSigned, signedSchema } from '@dcann/protocol/signed'
import { Hono } from 'hono'
import { z } from 'zod'
import { openShop, shopSchema } from './shop.ts'

const configSchema = z.strictObject({
  port: z.int(),
  folder: z.string(),
  root: z.string(),
  registries: z.array(z.string()),
  shop: shopSchema.optional(),
})

const { values } = parseArgs({ options: { config: { type: 'string' } } })
const { port, folder, root, registries, shop } = configSchema.parse(
  JSON.parse(readFileSync(values.config ?? '', 'utf8')),
)
const pinned = signedSchema.parse(parseBounded(readFileSync(root, 'utf8')))
const { payload } = readSigned(rootNoun, pinned)
const logger = createLogger({ name: 'wallet', level: 'info' })
const pages = servePages({
  folder,
  at: ['/', '/ask'],
  place: JSON.stringify({ root: pinned, registries }),
  calls: callsUnder(payload),
})
const all = [await serve(new Hono<DoorEnv>(), { port, logger, metrics: createMetrics(), early: [pages] })]
if (shop) all.push(await serve(openShop(shop), { port: shop.port, logger, metrics: createMetrics() }))
await untilSignalled()
await Promise.all(all.map((serving) => serving.close()))
