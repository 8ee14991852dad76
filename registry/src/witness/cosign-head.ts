import { ProtocolError } from '@dcann/protocol/errors'
import type { Signer } from '@dcann/protocol/key'
import { judgeSubmission, parseSubmission, type Submission } from '@dcann/protocol/log/add-checkpoint'
import { parseCheckpoint, type ProvedCheckpoint } from '@dcann/protocol/log/checkpoint'
import { cosign } from '@dcann/protocol/log/cosignature'
import { formatSignatureLine, parseNote } from '@dcann/protocol/log/note'
import type { ZoneName } from '@dcann/protocol/name'
import type { Instant } from '@dcann/protocol/time'
import type { Store } from '@dcann/store/store'
import type { Follower } from '../mirror/follow-zone.ts'
import { openBy } from '../mirror/job.ts'
import { keepWitnessed, readWitnessed, witnessedPlace } from './shelf.ts'

/** Under which name and key this process cosigns. */
export type WitnessKey = { readonly name: string; readonly signer: Signer }

export type WitnessDesk = {
  readonly store: Pick<Store, 'read' | 'commit'>
  readonly follower: Pick<Follower, 'zones' | 'logs' | 'takeIn'>
  readonly key: WitnessKey
}

/** Cosigns heads that extend those before and break no rule. */
export type Cosigner = {
  /**
   * Judges a submitted head, replays what leads to it, keeps it as the one cosigned last, and only then gives a line. Throws
   * the codes of `parseSubmission`, `openCheckpoint`, `judgeSubmission` and `takeIn`; `not-found` for an origin of no zone
   * that is followed here.
   */
  readonly cosignHead: (text: string, now: Instant) => Promise<string>
}

export function createCosigner({ store, follower, key }: WitnessDesk): Cosigner {
  const turns = new Map<ZoneName, Promise<unknown>>()

  /** The zone that a checkpoint says to be of, and the checkpoint by whoever speaks for it. */
  const zoneOf = async ({ checkpoint }: Submission): Promise<{ zone: ZoneName; opened: ProvedCheckpoint }> => {
    const { origin } = parseCheckpoint(parseNote(checkpoint).text)
    for (const zone of follower.zones) {
      const logs = (await follower.logs(zone).catch(whenSilent)).filter((log) => log.origin === origin)
      if (logs.length > 0) return { zone, opened: await openBy(logs, checkpoint) }
    }
    throw new ProtocolError('not-found', 'cosigning a head: its origin is of no zone that is followed here')
  }

  const cosignInTurn = async (submission: Submission, zone: ZoneName, opened: ProvedCheckpoint, now: Instant) => {
    const place = witnessedPlace(zone)
    const held = place.from(await store.read([place.key]))
    const last = held && readWitnessed(held.value)
    judgeSubmission(last, submission, opened)
    await follower.takeIn(zone, opened, now, last?.at)
    const at = Math.max(now, last?.at ?? 0)
    await store.commit({ writes: [place.replace(held, keepWitnessed(opened, at))] })
    return formatSignatureLine(await cosign(opened.note, key.signer, key.name, at))
  }

  return {
    async cosignHead(text, now) {
      const submission = parseSubmission(text)
      const { zone, opened } = await zoneOf(submission)
      const turn = (turns.get(zone) ?? Promise.resolve())
        .catch(() => {})
        .then(async () => await cosignInTurn(submission, zone, opened, now))
      turns.set(zone, turn)
      return await turn
    },
  }
}

/** A zone of which nothing is known yet, and whose source does not answer, speaks by no log. */
function whenSilent(error: unknown): [] {
  if (error instanceof ProtocolError) return []
  throw error
}
