import { ProtocolError } from '@dcann/protocol/errors'
import type { Identifier } from '@dcann/protocol/identifier'
import { proveCosignatures } from '@dcann/protocol/log/cosignature'
import { parseNote } from '@dcann/protocol/log/note'
import { witnessPolicy } from '@dcann/protocol/log/quorum'
import { parseName } from '@dcann/protocol/name'
import { type House, houses, type RootRecord } from '@dcann/protocol/root'
import type { Verified } from '@dcann/protocol/signed'
import type { Instant } from '@dcann/protocol/time'
import type { Resolved, ResolvedName } from '@dcann/sdk/resolved'
import type { Resolver } from '@dcann/sdk/resolver'

/** The first link: the root as the pin and every version after it vouch for it. */
export type RootLink = {
  readonly of: 'root'
  readonly is: 'proved'
  readonly root: Verified<RootRecord>
  readonly versions: number
  readonly houses: readonly { readonly house: House; readonly signed: number; readonly threshold: number }[]
}

/** A witness that the root names for the zone, and when it cosigned the head. */
export type Witnessed = { readonly name: string; readonly by: string; readonly at: Instant | undefined }

/** A name that was resolved and proved under the links before; `absent` is proved as well as `proved` is. */
export type NameLink<K extends Named = Named> = {
  readonly [One in K]: {
    readonly of: One
    readonly is: 'proved' | 'absent'
    readonly name: string
    readonly resolved: ResolvedName<One>
    readonly witnesses: readonly Witnessed[]
    /** Of those witnesses, how many the root demands; 0 when it demands none. */
    readonly quorum: number
  }
}[K]
export type Named = 'country' | 'passport' | 'operator' | 'node' | 'requester'

/** Where the chain breaks: why, and what was to be shown. */
export type BrokenLink = {
  readonly of: 'root' | Named | 'home'
  readonly is: 'broken'
  readonly name: string
  readonly why: ProtocolError
}

export type Link = RootLink | NameLink | BrokenLink

/** What is to be walked: kinds and names in order, before any of it is known. */
export type Step = { readonly of: Named; readonly name: string }

/** The root's own link. Throws `root-invalid` once it has expired for good. */
export function rootLink({ trust }: Pick<Resolver, 'trust'>): RootLink {
  const root = trust.current()
  return {
    of: 'root',
    is: 'proved',
    root,
    versions: trust.roots().length,
    houses: houses.map((house) => {
      const { keys, threshold } = root.payload.houses[house]
      const signed = keys.filter((key) => root.signers.includes(key)).length
      return { house, signed, threshold }
    }),
  }
}

/** Resolves one name past every cache, and says whose cosignatures are under the head that proves it. */
export async function nameLink<K extends Named>(resolver: Resolver, of: K, name: string): Promise<NameLink<K>> {
  const resolved = await resolver.resolveName(name, { kind: of, fresh: true })
  // `as`: the kind asked for is the kind of what came, which a mapped type over a type parameter cannot see
  return {
    of,
    is: resolved.record === undefined ? 'absent' : 'proved',
    name,
    resolved,
    ...(await witnessesOf(resolver, resolved)),
  } as NameLink<K>
}

/** Walks from the pinned root to the vault node where a passport lives, giving each link as it is proved; stops at a break. */
export async function* walkPassport(resolver: Resolver, identifier: Identifier): AsyncGenerator<Link, void, undefined> {
  let at: BrokenLink['of'] = 'root'
  let name = 'root'
  const step = async <K extends Named>(of: K, named: string): Promise<NameLink<K>> => {
    at = of
    name = named
    return await nameLink(resolver, of, named)
  }
  try {
    await resolver.trust.refresh()
    yield rootLink(resolver)
    const zone = identifier.slice(0, 2)
    const country = await step('country', `country/${zone}`)
    yield country
    if (country.is === 'absent') return
    const passport = await step('passport', identifier)
    yield passport
    const payload = passport.resolved.record?.payload
    if (payload === undefined || payload.status === 'ended') return
    const homeZone = parseName(payload.home.node).zone
    if (homeZone !== zone) yield await step('country', `country/${homeZone}`)
    const node = await step('node', payload.home.node)
    const operator = node.resolved.record?.payload.operator
    if (operator !== undefined) yield await step('operator', operator)
    yield node
    at = 'home'
    name = payload.home.node
    // the same once more as whoever asks the vault has it judged: status, accreditation, and that the keys are one
    await resolver.resolvePassport(identifier)
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    yield { of: at, is: 'broken', name, why: error }
  }
}

/** Walks from the pinned root to one name that a country states. */
export async function* walkName(
  resolver: Resolver,
  of: 'operator' | 'node' | 'requester' | 'country',
  named: string,
): AsyncGenerator<Link, void, undefined> {
  let at: BrokenLink['of'] = 'root'
  let name = 'root'
  try {
    await resolver.trust.refresh()
    yield rootLink(resolver)
    const { zone } = parseName(named)
    at = 'country'
    name = of === 'country' ? named : `country/${zone}`
    const country = await nameLink(resolver, 'country', name)
    yield country
    if (of === 'country' || country.is === 'absent') return
    at = of
    name = named
    yield await nameLink(resolver, of, named)
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    yield { of: at, is: 'broken', name, why: error }
  }
}

async function witnessesOf(
  { trust }: Resolver,
  { name, resolution }: Resolved<unknown>,
): Promise<{ readonly witnesses: readonly Witnessed[]; readonly quorum: number }> {
  const policy = witnessPolicy(trust.current().payload, parseName(name).zone)
  if (policy === undefined || resolution.proof === undefined) return { witnesses: [], quorum: policy?.quorum ?? 0 }
  const proved = await proveCosignatures(parseNote(resolution.proof.head.checkpoint), policy.witnesses)
  return {
    quorum: policy.quorum,
    witnesses: policy.witnesses.map(({ name: witness, by }) => {
      const times = proved.filter((each) => each.witness.name === witness).map(({ time }) => time)
      return { name: witness, by, at: times.length > 0 ? Math.max(...times) : undefined }
    }),
  }
}
