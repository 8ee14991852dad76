import type { Door, DoorEnv } from '@dcann/http/door'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import { type Identifier, parseIdentifier } from '@dcann/protocol/identifier'
import { parseName } from '@dcann/protocol/name'
import type { Hono } from 'hono'
import { z } from 'zod'
import { answerJson } from '../answer-json.ts'
import { readQuery } from '../query.ts'
import type { ReadyAnswers } from './ready.ts'
import { type ResolveDesk, resolveName } from './resolve-name.ts'
import { resolvePassport } from './resolve-passport.ts'
import { statementAgeMost } from './state-name.ts'

/** The query of a name's resolution. */
export const nameQuery = z.strictObject({ name: z.string().max(80) })

export type ResolveParts = ResolveDesk & { readonly ready: Pick<ReadyAnswers, 'keep'> }

export function resolveRoutes(app: Hono<DoorEnv>, door: Door, desk: ResolveParts): void {
  app.get('/v1/resolve/:dpi', async (c) => {
    const dpi = machineForm(c.req.param('dpi'))
    const resolved = await resolvePassport(desk, dpi, door.moment(c).now)
    const { body, parts } = resolved
    // anybody can ask for names that nobody has
    if (parts[0].kept) desk.ready.keep(c.req.path, resolved)
    return answerJson(c, body, { etag: parts.map(({ etag }) => etag), maxAgeSeconds: statementAgeMost })
  })

  app.get('/v1/zones/:zone/record', async (c) => {
    const { name } = readQuery(c, nameQuery)
    if (parseName(name).kind === 'passport') machineForm(name)
    const { resolution, etag } = await resolveName(desk, c.req.param('zone'), name, door.moment(c).now)
    return answerJson(c, resolution, { etag: [etag], maxAgeSeconds: statementAgeMost })
  })
}

/** An address has one spelling: what people type is read by their own client first. */
function machineForm(text: string): Identifier {
  const identifier = parseIdentifier(text)
  if (identifier === text) return identifier
  throw new ProtocolError(
    'identifier-invalid',
    `reading the identifier ${quote(text)}: in an address it is 28 characters in machine form, without separators`,
  )
}
