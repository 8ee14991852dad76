import type { HeldRecords } from '@dcann/protocol/admission'
import { canonicalBytes } from '@dcann/protocol/canonical'
import { ProtocolError } from '@dcann/protocol/errors'
import type { NameKind } from '@dcann/protocol/name'
import type { Resolution } from '@dcann/protocol/resolution'
import type { Signed } from '@dcann/protocol/signed'
import {
  authorizationAnswer,
  type AuthorizationAnswer,
  judgeTrustQuery,
  momentAsked,
  namesAsked,
  trustAnswer,
  type TrustQuery,
} from '@dcann/protocol/trust-query'
import { addressBelow, exchange } from './exchange.ts'
import { inForce } from './replay.ts'
import type { ResolvedName } from './resolved.ts'
import { createResolver, type Resolver } from './resolver.ts'
import { instantOf, type World } from './world.ts'

export type TrustQueryOptions = {
  readonly world: World
  readonly pinned: Signed
  /** Registries that serve the root zone. */
  readonly registries: readonly string[]
  /** The registry that is asked. */
  readonly at: string
}

/**
 * Asks a registry in the form of TRQP and believes nothing of its answer: what it rests on is proved from the pinned root as
 * any name is, out of the answer's own proof, and judged here. Where the registry says otherwise it is `answer-invalid`.
 *
 * ```ts
 * const { authorized } = await askAuthorization(options, {
 *   entity_id: 'EE/requester/insurer', authority_id: 'country/EE',
 *   action: 'request', resource: 'dpv:PersonalisedBenefits/pd:TravelHistory',
 * })
 * ```
 *
 * spec: trust-query#proof
 */
export async function askAuthorization(options: TrustQueryOptions, query: TrustQuery): Promise<AuthorizationAnswer> {
  const { world, at, pinned, registries } = options
  const answer = await exchange(world, {
    url: addressBelow(at, '/v1/authorization'),
    answer: authorizationAnswer,
    body: canonicalBytes(query),
    headers: { 'content-type': 'application/json' },
  })
  const fetch = servedFrom(answer.proof ?? [], world.fetch)
  const proved = await judgeAuthorization(
    await createResolver({ world: { ...world, fetch }, pinned, registries }),
    world,
    query,
  )
  if (proved.authorized !== answer.authorized) {
    throw new ProtocolError(
      'answer-invalid',
      `asking ${at}: it says ${answer.authorized ? 'yes' : 'no'}, and the records say: ${proved.message}`,
    )
  }
  return { ...answer, message: proved.message }
}

/**
 * Answers a trust query by oneself, from proved records alone; no registry has to speak TRQP. Throws what `resolveName` throws.
 *
 * spec: trust-query#proof
 */
export async function judgeAuthorization(
  resolver: Resolver,
  world: Pick<World, 'now'>,
  query: TrustQuery,
): Promise<AuthorizationAnswer> {
  const now = instantOf(world)
  const at = momentAsked(query, now)
  const found = new Map<string, ResolvedName<NameKind>>()
  // `as`: a name says which kind of record stands under it
  const held: HeldRecords = ((_: NameKind, name: string) => inForce(found.get(name)?.chain ?? [], at)) as HeldRecords
  for (let name: string | undefined; (name = namesAsked(query, held).find((each) => !found.has(each))) !== undefined;)
    found.set(name, await resolver.resolveName(name))
  const verdict = judgeTrustQuery(query, held, at)
  return { ...trustAnswer(query, verdict, now), authorized: verdict.holds }
}

/** Answers from a proof where it has what is asked for, else from the network. */
function servedFrom(proof: readonly Resolution[], fetch: World['fetch']): World['fetch'] {
  return async (url, init) => {
    const { pathname, searchParams } = new URL(url)
    const name = searchParams.get('name')
    const found = proof.find((each) => each.name === name && pathname.endsWith(`/v1/zones/${each.zone}/record`))
    return found ? Response.json(found) : await fetch(url, init)
  }
}
