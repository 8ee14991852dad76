import type { Door, DoorEnv } from '@dcann/http/door'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import type { Reader } from '@dcann/store/store'
import type { Hono } from 'hono'
import { z } from 'zod'
import { answerJson } from '../answer-json.ts'
import { readRoot } from './read-root.ts'

/** A version of the root as it stands in a path. */
export const rootVersionSchema = z.string().regex(/^[1-9][0-9]{0,5}$/)

export type RootDesk = { readonly store: Pick<Reader, 'read'> }

/** The chain of root records verifies by its own signatures, so a registry that only follows the root gives it out too. */
export function rootRoutes(app: Hono<DoorEnv>, _door: Door, { store }: RootDesk): void {
  app.get('/v1/root', async (c) => {
    const { id, signed } = await readRoot(store)
    return answerJson(c, signed, { etag: [id], maxAgeSeconds: 60 })
  })

  app.get('/v1/root/:version', async (c) => {
    const text = c.req.param('version')
    if (!rootVersionSchema.safeParse(text).success) {
      throw new ProtocolError('schema-mismatch', `reading the root: its version is ${quote(text)}, expected a number`)
    }
    const { id, signed } = await readRoot(store, Number(text))
    return answerJson(c, signed, { etag: [id], maxAgeSeconds: 86_400, immutable: true })
  })
}
