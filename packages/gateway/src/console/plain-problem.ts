import type { DoorEnv } from '@dcann/http/door'
import { errorFields, type Logger } from '@dcann/http/log'
import { isClientsOwn, problemOf, problemResponse } from '@dcann/http/problem'
import { ProtocolError } from '@dcann/protocol/errors'
import { Hono } from 'hono'

/**
 * An application whose errors are told to the company plainly: the code, and in words what failed. The uniform 404 is for
 * strangers; whoever holds the token is none.
 */
export function plainApp(logger: Logger): Hono<DoorEnv> {
  const app = new Hono<DoorEnv>()
  app.onError((error) => {
    const problem = problemOf(asSent(error))
    if (problem.unexpected) logger.error('request failed', { part: 'console', ...errorFields(error) })
    return problemResponse(problem)
  })
  app.notFound((c) =>
    problemResponse(
      problemOf(
        new ProtocolError('not-found', `there is no ${c.req.method} of this here; GET /openapi.json lists what is`),
      ),
    ),
  )
  return app
}

/** What a client concludes by itself is no fault of this gateway: something beyond it could not be had, or believed. */
export function asSent(error: unknown): unknown {
  if (!(error instanceof ProtocolError) || !isClientsOwn(error.code)) return error
  return new ProtocolError('unavailable', error.message, { ...error.facts, cause: error.code })
}
