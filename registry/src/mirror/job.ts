import type { Job } from '@dcann/http/jobs'
import type { Logger } from '@dcann/http/log'
import { ProtocolError } from '@dcann/protocol/errors'
import { proveCosignatures } from '@dcann/protocol/log/cosignature'
import { formatNote } from '@dcann/protocol/log/note'
import { headTime } from '@dcann/protocol/log/quorum'
import type { ZoneName } from '@dcann/protocol/name'
import type { LogClient } from '@dcann/sdk/log-client'
import type { HeadBoard } from '../log/heads.ts'
import type { Follower } from './follow-zone.ts'

export type MirrorDesk = {
  readonly follower: Follower
  readonly heads: HeadBoard
  readonly sources: ReadonlyMap<ZoneName, LogClient>
}

/** Milliseconds between two looks at a zone's newest head. */
const often = 2_000

/** Follows a zone to its newest head and resolves from it, as long as the quorum has cosigned it. One job a zone. */
export function followZone(
  { follower, heads, sources }: MirrorDesk,
  zone: ZoneName,
  logger: Pick<Logger, 'error'>,
): Job {
  return async (_signal, now) => {
    const client = sources.get(zone)
    if (!client) return often
    try {
      const text = await client.checkpoint(zone)
      const instant = Math.floor(now())
      const checkpoint = await follower.prove(zone, text)
      await follower.takeIn(zone, checkpoint, instant)
      const head = follower.headAt(zone, checkpoint.size)
      const policy = heads.policy(zone)
      if (head && policy) {
        const time = headTime(await proveCosignatures(checkpoint.note, policy.witnesses), policy, instant)
        if (time !== undefined) await heads.cosign(zone, { ...head, checkpoint: formatNote(checkpoint.note) })
      }
    } catch (error) {
      // a log that is broken stays so; whoever runs this hears it once a minute, and what was good before is still served
      if (error instanceof ProtocolError && ['forked', 'evidence-broken', 'key-unknown'].includes(error.code)) {
        logger.error('a zone that is followed has broken a rule', { part: zone, code: error.code })
        return 60_000
      }
      if (error instanceof ProtocolError) return often
      throw error
    }
    return often
  }
}
