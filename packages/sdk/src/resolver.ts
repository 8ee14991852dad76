import type { RecordOf } from '@dcann/protocol/admission'
import { ProtocolError, quote } from '@dcann/protocol/errors'
import { parseHandleAddress } from '@dcann/protocol/handle'
import { parseIdentifier } from '@dcann/protocol/identifier'
import { type NameKind, parseName, type ZoneName } from '@dcann/protocol/name'
import type { Signed } from '@dcann/protocol/signed'
import { askRegistries } from './ask-registries.ts'
import { requireSecure } from './exchange.ts'
import { judgeHome, judgeHomeKey } from './home.ts'
import { createNameResolver, type NameResolver, type ResolveOptions } from './name-resolver.ts'
import { createRegistryClient, type ListedKind } from './registry-client.ts'
import type { Home, Located, ResolvedName } from './resolved.ts'
import { openTrust, type Trust } from './trust.ts'
import { instantOf, type World } from './world.ts'

/** Asks registries and believes none of them: every answer is proved from the pinned root before it is given. */
export type Resolver = {
  readonly trust: Trust
  /**
   * Resolves any name: `country/EE`, `EE/operator/x`, `EE/node/x`, `EE/requester/x` or an identifier in machine form. With
   * `kind` the type of the record is known, and a name of another kind is `schema-mismatch`. With `fresh` nothing is taken
   * from the cache and no failure is waited out.
   *
   * Throws `unreachable`, `stale`, `rollback`, `forked`, `frozen`, `uncosigned`, `proof-missing`, `evidence-broken`,
   * `chain-missing`, `chain-broken`, `wrong-zone`, `key-unknown`, `record-signature-invalid`, `answer-invalid` or
   * `root-invalid`; with `settled` also `unsettled`. That nothing stands under the name is no fault:
   * `record` is then `undefined`.
   *
   * ```ts
   * const { record, freshness } = await resolver.resolveName('EE/requester/insurer', { kind: 'requester', fresh: true })
   * ```
   */
  readonly resolveName: <K extends NameKind = NameKind>(
    name: string,
    options?: ResolveOptions & { readonly kind?: K },
  ) => Promise<ResolvedName<K>>
  /**
   * Resolves a passport as a person types it, or a handle's address, to its home. Besides the codes above: throws
   * `identifier-invalid` for neither, and `not-active` when node, operator or country may not answer.
   */
  readonly resolvePassport: (text: string, options?: ResolveOptions) => Promise<Located>
  /** A node by name, judged fit to answer. Throws `not-active` and the codes above. */
  readonly resolveHome: (node: string, options?: ResolveOptions) => Promise<Home>
  /** The names that a zone lists, of one kind, at most 100,000. A list is a hint: resolve each. Throws `wrong-zone` for a foreign one. */
  readonly listNames: (zone: ZoneName, kind: ListedKind) => AsyncGenerator<string, void, undefined>
}

export type ResolverOptions = {
  readonly world: World
  /** The pinned root: the signed record, parsed; see `readRootFile`. */
  readonly pinned: Signed
  /** Base addresses of registries that serve the root zone, asked in order. */
  readonly registries: readonly string[]
  /** How many names the cache holds. */
  readonly cached?: number
}

/**
 * Makes a resolver; see `openTrust` for what it asks of the network at once.
 *
 * ```ts
 * const resolver = await createResolver({ world, pinned: readRootFile(text), registries: ['https://registry.example'] })
 * const located = await resolver.resolvePassport('IN7K 3F9X …')
 * ```
 *
 * spec: resolving
 */
export async function createResolver(options: ResolverOptions): Promise<Resolver> {
  const { world, registries, cached } = options
  const trust = await openTrust(options)
  const names = createNameResolver({ world, trust, registries, ...(cached === undefined ? {} : { cached }) })
  return {
    trust,
    resolveName: async (name, { kind, ...rest } = {}) => {
      const parsed = parseName(name)
      if (kind !== undefined && kind !== parsed.kind) {
        throw new ProtocolError(
          'schema-mismatch',
          `resolving ${quote(name)}: it is the name of a ${parsed.kind}, expected one of a ${kind}`,
        )
      }
      // the kind asked for is the name's own, or none was and the record is of any kind
      return (await names.resolve(parsed.kind, name, rest)) as ResolvedName<typeof kind & NameKind>
    },
    resolvePassport: async (text, rest) => await locate({ names, trust, world }, text, rest),
    resolveHome: async (node, rest) => (await resolveHome({ names, trust, world }, node, rest)).home,
    listNames: (zone, kind) => listNames(names, world, zone, kind),
  }
}

type Parts = { readonly names: NameResolver; readonly trust: Trust; readonly world: World }

async function locate(parts: Parts, text: string, options: ResolveOptions | undefined): Promise<Located> {
  const address = parseHandleAddress(text.trim())
  if (address) {
    const { home } = await resolveHome(parts, address.node, options)
    return { kind: 'handle', handle: address.handle, home }
  }
  const identifier = parseIdentifier(text.trim())
  const passport = await parts.names.resolve('passport', identifier, options)
  const payload = passport.record?.payload
  if (payload === undefined || payload.status === 'ended')
    return { kind: 'passport', identifier, passport, home: undefined }
  const { home, node } = await resolveHome(parts, payload.home.node, { ...options, along: passport.along })
  judgeHomeKey(payload.home, node)
  return { kind: 'passport', identifier, passport, home }
}

async function resolveHome(
  { names, trust, world }: Parts,
  name: string,
  options: ResolveOptions | undefined,
): Promise<{ home: Home; node: ResolvedName<'node'> }> {
  const { kind, zone } = parseName(name)
  if (kind !== 'node') throw new ProtocolError('schema-mismatch', `resolving a home: ${quote(name)} is no node's name`)
  const node = await names.resolve('node', name, options)
  if (node.record === undefined)
    throw new ProtocolError('not-active', `resolving a home: ${quote(name)} is absent`, { name, is: 'absent' })
  const operator = await names.resolve('operator', node.record.payload.operator, options)
  const country = await names.resolve('country', `country/${zone}`, options)
  requireSecure(node.record.payload.url, trust.current().payload)
  return { home: judgeHome({ node, operator, country }, instantOf(world)), node }
}

const namesListed = 100_000

async function* listNames(
  names: NameResolver,
  world: World,
  zone: ZoneName,
  kind: ListedKind,
): AsyncGenerator<string, void, undefined> {
  const urls = await names.registriesOf(zone)
  let after: string | undefined
  for (let listed = 0; listed < namesListed;) {
    const from: { after?: string } = after === undefined ? {} : { after }
    const { found: page } = await askRegistries(urls, `listing ${kind}s of ${zone}`, async (url) => {
      const answer = await createRegistryClient(world, url).list(zone, kind, { ...from, limit: 256 })
      for (const { name } of answer.records) {
        if (!isOf(name, zone, kind))
          throw new ProtocolError('wrong-zone', `listing ${kind}s of ${zone}: ${quote(name)} is none`)
      }
      return answer
    })
    for (const { name } of page.records) yield name
    listed += page.records.length
    if (page.next === undefined || page.next === after) return
    after = page.next
  }
}

function isOf(name: string, zone: ZoneName, kind: keyof RecordOf): boolean {
  try {
    const parsed = parseName(name)
    return parsed.zone === zone && parsed.kind === kind
  } catch {
    return false
  }
}
