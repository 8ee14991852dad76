import type { Logger } from '@dcann/http/log'
import { ProtocolError } from '@dcann/protocol/errors'
import type { NodeRecord } from '@dcann/protocol/node'
import type { Resolver } from '@dcann/sdk/resolver'

/** What this node is started with, as far as its record has to say the same. */
export type Own = {
  readonly name: string
  readonly url: string
  readonly identityKey: string
  readonly assertionKey: string
}

const minute = 60_000

/**
 * Says in time what every client would refuse: a record that is not there, or that bears another address or other keys than
 * the node was started with. A registry that does not answer is asked again. Each time by a resolver of its own, so that an
 * absence which it finds is remembered by nobody.
 */
export function watchOwnRecord(
  openResolver: () => Promise<Pick<Resolver, 'resolveName'>>,
  own: Own,
  logger: Pick<Logger, 'warn'>,
): () => Promise<number> {
  return async () => {
    try {
      const { record } = await (await openResolver()).resolveName(own.name, { kind: 'node' })
      const wrong = wrongWith(record?.payload, own)
      for (const says of wrong) logger.warn(says, { part: own.name })
      return wrong.length > 0 ? minute : 60 * minute
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      return minute
    }
  }
}

function wrongWith(record: NodeRecord | undefined, own: Own): string[] {
  if (record === undefined) return ['node has no record yet']
  return [
    ...(new URL(record.url).origin === own.url ? [] : ['address is not the one in the record']),
    ...(record.identity_key === own.identityKey ? [] : ['identity key is not the one in the record']),
    ...(record.assertion_key === own.assertionKey ? [] : ['assertion key is not the one in the record']),
  ]
}
