import { ProtocolError, quote } from '@dcann/protocol/errors'
import type { Signer } from '@dcann/protocol/key'
import type { NodeRecord } from '@dcann/protocol/node'
import type { RequesterRecord } from '@dcann/protocol/requester'
import { createResolver, type Resolver, type ResolverOptions } from '@dcann/sdk/resolver'
import type { Caller } from '@dcann/sdk/signed-call'
import type { World } from '@dcann/sdk/world'

/** The requester that a gateway speaks for. It is resolved like anybody else: what the registry has of it is what counts. */
export type Requester = {
  readonly by: Caller
  readonly world: World
  readonly resolver: () => Promise<Resolver>
  /** Its record. Throws `not-entitled` when none is registered, or when the key that signs here is none of its keys. */
  readonly record: () => Promise<RequesterRecord>
  /** A node by name, fit to answer. Throws what `resolveHome` throws. */
  readonly home: (node: string) => Promise<NodeRecord>
}

/** Nothing is asked of the network until something is wanted: a gateway may be up before its registry. */
export function openRequester(name: string, signer: Signer, options: ResolverOptions): Requester {
  let opening: Promise<Resolver> | undefined
  const resolver = async (): Promise<Resolver> => {
    opening ??= createResolver(options)
    try {
      return await opening
    } catch (error) {
      opening = undefined
      throw error
    }
  }
  return {
    by: { from: name, signer },
    world: options.world,
    resolver,
    async record() {
      const own = await resolver()
      const known = await own.resolveName(name, { kind: 'requester' })
      // what says "none", or knows not this key, may be older than a registration a minute ago
      const settled = known.record?.payload.keys.includes(signer.key)
        ? known
        : await own.resolveName(name, { kind: 'requester', fresh: true })
      const record = settled.record?.payload
      if (record === undefined) {
        throw new ProtocolError('not-entitled', `asking as ${quote(name)}: no requester is registered under this name`)
      }
      if (!record.keys.includes(signer.key)) {
        throw new ProtocolError(
          'not-entitled',
          `asking as ${quote(name)}: its record does not name the key ${signer.key} that signs here`,
        )
      }
      return record
    },
    home: async (node) => (await (await resolver()).resolveHome(node)).node.payload,
  }
}
