import { z } from 'zod'
import type { HeldRecords } from './admission.ts'
import type { CountryRecord } from './country.ts'
import { ProtocolError, quote } from './errors.ts'
import { times } from './limits.ts'
import { parseName } from './name.ts'
import type { NodeRecord } from './node.ts'
import { isOperatorActive } from './operator.ts'
import type { RequesterRecord } from './requester.ts'
import { resolutionSchema } from './resolution.ts'
import { formatTime, type Instant, parseTime, timeSchema } from './time.ts'

const said = z.string().min(1).max(200)
const contextSchema = z.object({ time: timeSchema.optional() }).catchall(said)

/** A question in the form of the ToIP Trust Registry Query Protocol 2.0. spec: trust-query#question */
export const trustQuerySchema = z.strictObject({
  entity_id: said,
  authority_id: said,
  action: said,
  resource: said,
  context: contextSchema.optional(),
})
export type TrustQuery = z.infer<typeof trustQuerySchema>

const answered = {
  ...trustQuerySchema.shape,
  time_requested: timeSchema.optional(),
  time_evaluated: timeSchema,
  message: z.string(),
  /** What shows it: each name that the answer rests on, resolved. Other registries of TRQP answer without. */
  proof: z.array(resolutionSchema).max(4).optional(),
}
export const authorizationAnswer = z.strictObject({ ...answered, authorized: z.boolean() })
export const recognitionAnswer = z.strictObject({ ...answered, recognized: z.boolean() })
export type AuthorizationAnswer = z.infer<typeof authorizationAnswer>
export type RecognitionAnswer = z.infer<typeof recognitionAnswer>

/** What there is to ask: of which kind of name, and with which resource. spec: trust-query#actions */
export const trustActions = ['operate', 'host', 'request', 'assign', 'delegate'] as const

/** What holds, and why in words. */
export type TrustVerdict = { readonly holds: boolean; readonly message: string }

/**
 * The moment that a question is about: the one in its context, else `now`. Throws `time-invalid` for one to come.
 *
 * spec: trust-query#question
 */
export function momentAsked({ context }: TrustQuery, now: Instant): Instant {
  if (context?.time === undefined) return now
  const at = parseTime(context.time)
  if (at <= now + times.nodeSkew) return at
  throw new ProtocolError('time-invalid', `judging a trust query: it asks for ${context.time}, which is to come`)
}

/** The names whose records an answer rests on, the entity's own first; none for what is no name of a zone. spec: trust-query#proof */
export function namesAsked({ entity_id: name }: TrustQuery, held: HeldRecords): string[] {
  const kind = kindOf(name)
  if (kind === undefined || kind === 'passport' || kind === 'root') return []
  if (kind === 'country') return [name]
  const operator = kind === 'node' ? held('node', name)?.payload.operator : undefined
  return [name, ...(operator === undefined ? [] : [operator]), `country/${name.slice(0, 2)}`]
}

/**
 * Judges a question by records that stood at the moment asked about: past + question → verdict, the same in registry and
 * client. Whatever is not known is no.
 *
 * spec: trust-query#actions
 */
export function judgeTrustQuery(query: TrustQuery, held: HeldRecords, at: Instant): TrustVerdict {
  const { entity_id: name, authority_id: authority, action, resource } = query
  const kind = kindOf(name)
  const no = (why: string): TrustVerdict => ({ holds: false, message: why })
  if (kind === undefined) return no(`${quote(name, 80)} is no name of a zone`)
  const expected = kind === 'country' ? 'root' : `country/${name.slice(0, 2)}`
  if (authority !== expected) return no(`${quote(authority, 80)} does not answer for ${name}; ${expected} does`)
  if (kind === 'country') {
    const wanted = action === 'assign' ? 'identifiers' : action === 'delegate' ? 'zone' : undefined
    if (resource !== wanted) return no(unknown(query))
    return standing(held('country', name)?.payload, name)
  }
  const country = held('country', expected)?.payload
  const above = standing(country, expected)
  if (!country || !above.holds) return above
  const isHeld = country.hold.includes(name)
  if (kind === 'operator' && action === 'operate' && resource === 'vault-node') {
    const operator = held('operator', name)?.payload
    if (!operator) return no(`${name} is absent`)
    if (isHeld) return no(`the houses hold ${name}`)
    return isOperatorActive(operator, at) ? yes(`${name} is accredited`) : no(`${name} is not accredited at this time`)
  }
  if (kind === 'node' && action === 'host' && resource === 'passports') return hosting(held, name, country, at)
  if (kind === 'requester' && action === 'request') {
    const requester = held('requester', name)?.payload
    if (!requester) return no(`${name} is absent`)
    if (isHeld) return no(`the houses hold ${name}`)
    return requesting(requester, resource)
  }
  return no(unknown(query))
}

function hosting(held: HeldRecords, name: string, country: CountryRecord, at: Instant): TrustVerdict {
  const node: NodeRecord | undefined = held('node', name)?.payload
  if (!node) return { holds: false, message: `${name} is absent` }
  const operator = held('operator', node.operator)?.payload
  const stopped = [name, node.operator].find((one) => country.hold.includes(one))
  if (stopped !== undefined) return { holds: false, message: `the houses hold ${stopped}` }
  if (node.status !== 'active') return { holds: false, message: `${name} is ${node.status}` }
  if (!operator || !isOperatorActive(operator, at))
    return { holds: false, message: `its operator ${node.operator} is not accredited at this time` }
  return yes(`${name} takes passports in, and ${node.operator} runs it`)
}

/** A resource is a purpose, or a purpose and a category: `dpv:PersonalisedBenefits/pd:TravelHistory`. */
function requesting({ name, status, uses }: RequesterRecord, resource: string): TrustVerdict {
  if (status !== 'active') return { holds: false, message: `${name} is ${status}` }
  const [purpose, category] = resource.split('/')
  const use = uses.find(
    (one) => one.purpose === purpose && (category === undefined || one.categories.includes(category)),
  )
  return use
    ? yes(`${name} is registered for it; whether a person agreed is for the vault to say`)
    : { holds: false, message: `${name} is not registered for ${quote(resource, 120)}` }
}

function standing(country: CountryRecord | undefined, name: string): TrustVerdict {
  const is = country?.status ?? 'absent'
  return is === 'active' ? yes(`the root delegates ${name}`) : { holds: false, message: `${name} is ${is}` }
}

function yes(message: string): TrustVerdict {
  return { holds: true, message }
}

function unknown({ action, resource }: TrustQuery): string {
  return `there is no ${quote(action, 80)} of ${quote(resource, 80)} for it`
}

function kindOf(name: string): ReturnType<typeof parseName>['kind'] | undefined {
  try {
    return parseName(name).kind
  } catch {
    return undefined
  }
}

/** An answer without its proof: the question again, when it was judged, and what holds. spec: trust-query#answer */
export function trustAnswer(
  query: TrustQuery,
  { message }: TrustVerdict,
  now: Instant,
): Omit<AuthorizationAnswer, 'authorized' | 'proof'> {
  const asked = query.context?.time
  return {
    ...query,
    ...(asked === undefined ? {} : { time_requested: asked }),
    time_evaluated: formatTime(now),
    message,
  }
}
