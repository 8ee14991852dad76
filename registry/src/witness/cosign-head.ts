import { ProtocolError } from '@dcann/protocol/errors'
import type { Signer } from '@dcann/protocol/key'
import { judgeSubmission, parseSubmission, type Submission } from '@dcann/protocol/log/add-checkpoint'
import { parseCheckpoint, type ProvedCheckpoint } from '@dcann/protocol/log/checkpoint'
import { cosign } from '@dcann/protocol/log/cosignature'
import type { Head } from '@dcann/protocol/log/merkle'
import { formatSignatureLine, parseNote } from '@dcann/protocol/log/note'
import type { ZoneName } from '@dcann/protocol/name'
import type { Instant } from '@dcann/protocol/time'
import type { Place } from '@dcann/store/shelf'
import type { Store } from '@dcann/store/store'
import type { Follower } from '../mirror/follow-zone.ts'
import { openBy } from '../mirror/open-by.ts'
import { type PlainLog, plainLog } from './plain-logs.ts'
import { keepWitnessed, plainPlace, readWitnessed, type Witnessed, witnessedPlace } from './shelf.ts'

/** Under which name and key this process cosigns. */
export type WitnessKey = { readonly name: string; readonly signer: Signer }

export type WitnessDesk = {
  readonly store: Pick<Store, 'read' | 'commit'>
  readonly follower: Pick<Follower, 'zones' | 'logs' | 'prove' | 'takeIn'>
  readonly key: WitnessKey
  /** Logs that are no zones', besides the evidence logs of the nodes of the zones that are followed. */
  readonly logs?: readonly PlainLog[]
}

/** A submitted checkpoint by whoever speaks for its log: where that log stands here, and what has to be done before a line. */
type Submitted = {
  readonly whose: string
  readonly place: Place<Witnessed>
  readonly opened: ProvedCheckpoint
  readonly replay?: (now: Instant, last: Instant | undefined) => Promise<void>
}

/** Cosigns heads that extend those before and break no rule. */
export type Cosigner = {
  /**
   * Judges a submitted head, replays what leads to it where it is a zone's, keeps it as the one cosigned last, and only then
   * gives a line. Throws the codes of `parseSubmission`, `openCheckpoint`, `judgeSubmission` and `takeIn`; `not-found` for an
   * origin of no log that is known here.
   */
  readonly cosignHead: (text: string, now: Instant) => Promise<string>
}

export function createCosigner({ store, follower, key, logs = [] }: WitnessDesk): Cosigner {
  const turns = new Map<string, Promise<unknown>>()

  /** What a checkpoint says to be of, and the checkpoint by whoever speaks for it: a zone before any other log. */
  const openSubmitted = async (submission: Submission): Promise<Submitted> => {
    const { checkpoint } = submission
    const claimed = parseCheckpoint(parseNote(checkpoint).text)
    const { origin } = claimed
    for (const zone of follower.zones) {
      const named = (await follower.logs(zone).catch(whenSilent)).filter((log) => log.origin === origin)
      if (named.length === 0) continue
      return ofZone(zone, await openBy(named, checkpoint))
    }
    const log = await plainLog({ store, zones: follower.zones, logs }, origin)
    if (log) return { whose: origin, place: plainPlace(origin), opened: await openBy([log], checkpoint) }
    // a log that is named by acts which are not here yet: it goes on from the head cosigned last, which says whose it is
    for (const zone of follower.zones) {
      const place = witnessedPlace(zone)
      const held = place.from(await store.read([place.key]))
      if (!leadsFrom(held && readWitnessed(held.value), submission, claimed)) continue
      const opened = await follower.prove(zone, checkpoint).catch(whenOther)
      if (opened) return ofZone(zone, opened)
    }
    throw new ProtocolError('not-found', 'cosigning a head: its origin is of no log that is known here')
  }

  const ofZone = (zone: ZoneName, opened: ProvedCheckpoint): Submitted => ({
    whose: zone,
    place: witnessedPlace(zone),
    opened,
    replay: async (now, last) => await follower.takeIn(zone, opened, now, last),
  })

  const cosignInTurn = async (submission: Submission, { place, opened, replay }: Submitted, now: Instant) => {
    const held = place.from(await store.read([place.key]))
    const last = held && readWitnessed(held.value)
    judgeSubmission(last, submission, opened)
    await replay?.(now, last?.at)
    const at = Math.max(now, last?.at ?? 0)
    await store.commit({ writes: [place.replace(held, keepWitnessed(opened, at))] })
    return formatSignatureLine(await cosign(opened.note, key.signer, key.name, at))
  }

  return {
    async cosignHead(text, now) {
      const submission = parseSubmission(text)
      const submitted = await openSubmitted(submission)
      const { whose } = submitted
      const turn = (turns.get(whose) ?? Promise.resolve())
        .catch(() => {})
        .then(async () => await cosignInTurn(submission, submitted, now))
      turns.set(whose, turn)
      return await turn
    },
  }
}

function leadsFrom(last: Head | undefined, submission: Submission, claimed: Head): boolean {
  try {
    judgeSubmission(last, submission, claimed)
    return true
  } catch (error) {
    if (error instanceof ProtocolError) return false
    throw error
  }
}

/** The head of another zone does not lead on from what is held of this one. */
function whenOther(error: unknown): undefined {
  if (error instanceof ProtocolError) return undefined
  throw error
}

/** A zone of which nothing is known yet, and whose source does not answer, speaks by no log. */
function whenSilent(error: unknown): [] {
  if (error instanceof ProtocolError) return []
  throw error
}
