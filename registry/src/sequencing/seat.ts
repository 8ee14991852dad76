import type { Job } from '@dcann/http/jobs'
import type { Early } from '@dcann/http/listener'
import type { Logger } from '@dcann/http/log'
import type { Instant } from '@dcann/protocol/time'
import { BEAT_MS, createClaim } from '@dcann/store/claim'
import type { Store } from '@dcann/store/store'
import type { SharedKeeper } from '../log/database-keeper.ts'
import type { Registry } from '../registry.ts'
import { fencedBy } from './fence.ts'
import { createRefresh } from './refresh.ts'
import { relayToSequencer } from './relay.ts'

/** The seat of the sequencer among the processes of a registry, as one of them sees it. */
export type Seat = {
  /** Commits only while this process has the seat. */
  readonly store: Store
  /** What goes before the router. */
  readonly relay: Early
  /** Takes the seat and brings the logs up to their acts, or, where another has it, takes in what that one has shown. */
  readonly begin: (registry: Registry, own: string, now: Instant) => Promise<void>
  /** Looks after the seat; one job. */
  readonly job: Job
  /** A job of whoever sequences, and of nobody else. */
  readonly alone: (job: Job) => Job
  readonly leave: () => Promise<void>
  /** Resolves when another has taken the seat from this process, which then has to end. */
  readonly lost: Promise<Error>
}

/** Milliseconds between two looks at what another has sequenced. */
const lookEvery = 200

export function openSeat(whole: Store, writer: string, keeper: SharedKeeper, logger: Pick<Logger, 'info'>): Seat {
  const { promise: lost, resolve: lose } = Promise.withResolvers<Error>()
  let own = ''
  const claim = createClaim(whole, 'sequencer', writer, () => own)
  let refresh = async (): Promise<void> => {}
  let registry: Registry | undefined
  let leading: Promise<void> | undefined
  let led = false

  const lead = async (now: Instant): Promise<void> => {
    await refresh()
    await keeper.reload()
    await registry?.lead(now)
    led = true
    logger.info('sequences', { part: writer })
  }
  const isMine = (): boolean => led && claim.isHeld()
  const look = async (now: Instant): Promise<void> => {
    const had = claim.isHeld()
    const has = await claim.beat()
    if (had && !has) lose(new Error('sequencing: another process of this registry has taken over; this one ends'))
    // beats go on while the logs are brought up
    else if (has) leading ??= lead(now)
    else await refresh()
  }

  return {
    store: fencedBy(whole, claim, lose),
    relay: relayToSequencer({ isMine, at: () => claim.holder(), own: () => own, refresh: () => refresh() }),
    async begin(opened, url, now) {
      registry = opened
      own = url
      const zones = [...opened.zones.keys()]
      refresh = createRefresh({ store: whole, heads: opened.heads, keeper, zones })
      await look(now)
      await leading
    },
    job: async (_signal, now) => {
      await look(Math.floor(now()))
      leading?.catch((error: unknown) => lose(error instanceof Error ? error : new Error(String(error))))
      return claim.isHeld() ? BEAT_MS : lookEvery
    },
    alone: (job) => async (signal, now) => (isMine() ? await job(signal, now) : lookEvery),
    leave: () => claim.letGo(),
    lost,
  }
}
