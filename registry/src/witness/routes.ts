import type { Door, DoorEnv } from '@dcann/http/door'
import type { Counter } from '@dcann/http/metrics'
import { textOf } from '@dcann/protocol/bytes'
import { type ErrorCode, ProtocolError } from '@dcann/protocol/errors'
import { submissionBytes } from '@dcann/protocol/log/add-checkpoint'
import type { Hono } from 'hono'
import type { Cosigner } from './cosign-head.ts'

export type WitnessRoutesDesk = { readonly cosigner: Cosigner; readonly outcomes: Counter }

/** Refusals as C2SP tlog-witness has them: its statuses where they are not those of the code. */
const statuses: Partial<Record<ErrorCode, 400 | 403 | 422 | 503>> = {
  'malformed-json': 400,
  'schema-mismatch': 400,
  'key-unknown': 403,
  'record-signature-invalid': 403,
  'evidence-broken': 422,
  forked: 422,
  'time-invalid': 422,
  unreachable: 503,
  'answer-invalid': 503,
  unavailable: 503,
}

/** `add-checkpoint`, whose bodies and answers are text: its callers are logs of that whole ecosystem. */
export function witnessRoutes(app: Hono<DoorEnv>, door: Door, { cosigner, outcomes }: WitnessRoutesDesk): void {
  app.post('/v1/add-checkpoint', async (c) => {
    const { bytes, now } = await door.text(c, submissionBytes)
    try {
      const line = await cosigner.cosignHead(textOf(bytes), now)
      outcomes.add(['cosigned'])
      return c.text(line, 200)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      outcomes.add([error.code])
      const { size } = error.facts
      if (error.code === 'record-stale' && typeof size === 'number') {
        return c.body(`${size}\n`, 409, { 'content-type': 'text/x.tlog.size' })
      }
      const status = statuses[error.code]
      if (status === undefined) throw error
      return c.text(`${error.message}\n`, status)
    }
  })
}
