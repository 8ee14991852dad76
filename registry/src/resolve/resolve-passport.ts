import { ProtocolError } from '@dcann/protocol/errors'
import type { Identifier } from '@dcann/protocol/identifier'
import { parseName } from '@dcann/protocol/name'
import { nodeNoun } from '@dcann/protocol/node'
import { passportNoun } from '@dcann/protocol/passport'
import type { PassportResolution } from '@dcann/protocol/resolution'
import type { Instant } from '@dcann/protocol/time'
import { admittedPayload } from '../records/admitted.ts'
import { currentRecord } from '../records/shelf.ts'
import { isHere, type ResolveDesk, resolveName, type Resolved } from './resolve-name.ts'

export type PassportResolved = {
  readonly body: PassportResolution
  /** Each name that the answer speaks of, the passport's first. */
  readonly parts: readonly [Resolved, ...Resolved[]]
}

/**
 * Resolves a passport, with its home node and the node's operator when their zone is served here. Each is stated by
 * itself, so reading one after another promises nothing that a statement does not.
 */
export async function resolvePassport(desk: ResolveDesk, dpi: Identifier, now: Instant): Promise<PassportResolved> {
  const node = await homeNode(desk, dpi, now)
  const payload = node?.kept && admittedPayload(nodeNoun, node.kept.signed)
  const operator = payload && (await resolveName(desk, parseName(payload.operator).zone, payload.operator, now))
  const passport = await resolveName(desk, dpi.slice(0, 2), dpi, now, payload?.ttl)
  return {
    body: {
      v: 1,
      passport: passport.resolution,
      ...(node ? { node: node.resolution } : {}),
      ...(operator ? { operator: operator.resolution } : {}),
    },
    parts: [passport, ...[node, operator].filter((each) => each !== undefined)],
  }
}

async function homeNode(desk: ResolveDesk, dpi: Identifier, now: Instant): Promise<Resolved | undefined> {
  const place = currentRecord(dpi.slice(0, 2), dpi)
  const kept = place.from(await desk.store.read([place.key]))?.value
  if (!kept) return undefined
  const { home } = admittedPayload(passportNoun, kept.signed)
  const { zone } = parseName(home.node)
  return isHere(desk, zone) ? await resolveName(desk, zone, home.node, now).catch(leaveOut) : undefined
}

/** A zone that cannot speak yet does not silence the passport's own; the client asks elsewhere. */
function leaveOut(error: unknown): undefined {
  if (error instanceof ProtocolError && error.code === 'unavailable') return undefined
  throw error
}
