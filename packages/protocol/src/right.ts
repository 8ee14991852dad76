import { z } from 'zod'
import { type ActKind, sideOf } from './act.ts'

/**
 * What another key may do for a holder: `all` is a device and does everything but change the passport record, `agree`
 * concludes, `read` looks, `narrow` only ever lessens.
 *
 * spec: capability#rights
 */
export const rights = ['all', 'agree', 'read', 'narrow'] as const
export const rightSchema = z.enum(rights)
export type Right = (typeof rights)[number]

/** Who signs for a call, and which rights stand in for a control key where that is a holder. */
export type Access = {
  /** `record`: what it carries signs for itself, and is judged by its own rule. */
  readonly by: 'anybody' | 'record' | 'requester' | 'holder' | 'party'
  readonly rights: readonly Right[]
}

const anybody: Access = { by: 'anybody', rights: [] }
const record: Access = { by: 'record', rights: [] }
const requester: Access = { by: 'requester', rights: [] }
const holder = (...admitted: readonly Right[]): Access => ({ by: 'holder', rights: admitted })
const party = (...admitted: readonly Right[]): Access => ({ by: 'party', rights: admitted })

/** Every route of a vault node. spec: capability#calls */
export const routes: Readonly<Record<string, Access>> = {
  '/openapi.json': anybody,
  '/docs': anybody,
  '/v1/node': anybody,
  '/v1/log/checkpoint': anybody,
  '/v1/log/tile/*': anybody,
  '/v1/passports': record,
  '/v1/passports/follow': record,
  '/v1/grants': record,
  '/v1/grants/undo': holder('all', 'agree', 'narrow'),
  '/v1/acts': record,
  '/v1/stop': record,
  '/v1/capabilities': record,
  '/v1/capabilities/end': record,
  '/v1/capabilities/list': holder('all', 'read'),
  '/v1/requests': requester,
  '/v1/requests/batch': requester,
  '/v1/proposals': requester,
  '/v1/proposals/poll': requester,
  '/v1/asks': holder('all', 'agree', 'read'),
  '/v1/asks/refuse': holder('all', 'agree', 'narrow'),
  '/v1/refusals': holder('all', 'agree', 'narrow'),
  '/v1/refusals/list': holder('all', 'agree', 'read'),
  '/v1/refusals/lift': holder('all'),
  '/v1/proffers': holder('all', 'agree'),
  '/v1/proffers/list': holder('all', 'agree', 'read'),
  '/v1/proffers/withdraw': holder('all', 'agree', 'narrow'),
  '/v1/proffers/open': requester,
  '/v1/acceptances': record,
  '/v1/invites': holder('all', 'agree'),
  '/v1/invites/list': holder('all', 'agree', 'read'),
  '/v1/invites/withdraw': holder('all', 'agree', 'narrow'),
  '/v1/agreements': holder('all', 'read'),
  '/v1/agreements/events': party('all', 'read'),
  '/v1/strands': holder('all'),
  '/v1/strands/list': holder('all', 'read'),
  '/v1/entries': holder('all'),
  '/v1/entries/list': holder('all', 'read'),
  '/v1/notices': holder('all', 'read'),
  '/v1/notices/push': holder('all'),
  '/v1/notices/push/list': holder('all', 'read'),
  '/v1/notices/push/end': holder('all'),
  '/v1/trail': holder('all', 'read'),
  '/v1/evidence': party('all', 'read'),
}

/** The rights that may make a signed call at this path; none at a path that is not in the table. spec: capability#calls */
export function rightsOn(path: string): readonly Right[] {
  return Object.hasOwn(routes, path) ? (routes[path]?.rights ?? []) : []
}

/**
 * Whether rights are those of what only looks or only lessens: a holder does that wherever a passport is at home, and also
 * when it has ended.
 *
 * spec: residence#calls
 */
export function isOpenAway(admitted: readonly Right[]): boolean {
  return admitted.includes('read') || admitted.includes('narrow')
}

/** Acts that can only lessen what may be answered, or that only speak. */
const lessening: readonly ActKind[] = ['pause', 'revoke', 'dispute', 'complaint', 'erasure-request']

/** The rights that may do an act. spec: capability#acts */
export function rightsToAct(kind: ActKind): readonly Right[] {
  if (sideOf(kind) === 'requester') return []
  return lessening.includes(kind) ? ['all', 'narrow'] : ['all']
}

/** The rights that may sign the binding behind a grant. spec: handle#binding */
export const rightsToBind: readonly Right[] = ['all', 'agree']

/** The rights that may stop. spec: stop#entitlement */
export const rightsToStop: readonly Right[] = ['all', 'narrow']
