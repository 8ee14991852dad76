// Serves the wallet's bundle from an origin of its own; any server of files would do.
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

const configSchema = z.strictObject({
  port: z.int(),
  folder: z.string(),
  root: z.string(),
  registries: z.array(z.string()),
})

const { values } = parseArgs({ options: { config: { type: 'string' } } })
const { port, folder, root, registries } = configSchema.parse(JSON.parse(readFileSync(values.config ?? '', 'utf8')))
const pinned = signedSchema.parse(parseBounded(readFileSync(root, 'utf8')))
const { payload } = readSigned(rootNoun, pinned)
const logger = createLogger({ name: 'wallet', level: 'info' })
const pages = servePages({
  folder,
  at: ['/', '/ask'],
  place: JSON.stringify({ root: pinned, registries }),
  calls: callsUnder(payload),
})
const serving = await serve(new Hono<DoorEnv>(), { port, logger, metrics: createMetrics(), early: [pages] })
await untilSignalled()
await serving.close()
