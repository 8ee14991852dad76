import { readProposal } from '@dcann/protocol/admission'
import { ProtocolError } from '@dcann/protocol/errors'
import { recordIdSchema, signedSchema } from '@dcann/protocol/signed'
import type { Door, DoorEnv } from '@dcann/http/door'
import type { Counter } from '@dcann/http/metrics'
import type { Hono } from 'hono'
import { answerJson } from '../answer-json.ts'
import type { HeadBoard } from '../log/heads.ts'
import { findRecord, type FindDesk } from './find-record.ts'
import type { Writer } from './writer.ts'

export type RecordsDesk = FindDesk & {
  readonly writer: Pick<Writer, 'submit'>
  readonly outcomes: Counter
  /** Where heads are cosigned: then whoever submitted may resolve at once what was answered. */
  readonly heads?: HeadBoard
}

export function recordsRoutes(app: Hono<DoorEnv>, door: Door, desk: RecordsDesk): void {
  app.post('/v1/records', async (c) => {
    const { body, now } = await door.body(c, signedSchema)
    const proposal = readProposal(body)
    const answer = await desk.writer.submit(proposal, now).catch((error: unknown) => {
      desk.outcomes.add([proposal.kind, error instanceof ProtocolError ? error.code : 'internal'])
      throw error
    })
    desk.outcomes.add([proposal.kind, answer.known ? 'known' : 'admitted'])
    await untilResolvable(desk.heads, answer.zone)
    return answerJson(c, answer, { status: answer.known ? 200 : 201 })
  })

  app.get('/v1/records/:id', async (c) => {
    const id = recordIdSchema.safeParse(c.req.param('id'))
    if (!id.success) {
      throw new ProtocolError('schema-mismatch', 'finding a record: expected a record id of 43 characters of base64url')
    }
    return answerJson(c, await findRecord(desk, id.data), { etag: [id.data], maxAgeSeconds: 86_400, immutable: true })
  })
}

/** Milliseconds that an answer waits for cosignatures; what was admitted is durable long before. */
const cosignedWithin = 1_000

/** Where heads of this zone have been cosigned, the newest is so in a moment. */
async function untilResolvable(heads: HeadBoard | undefined, zone: string): Promise<void> {
  const newest = heads?.get(zone)
  if (newest && heads?.resolvable(zone)) await heads.untilResolvable(zone, newest.size, cosignedWithin)
}
