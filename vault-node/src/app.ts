import { createDoor, type Door, type DoorEnv } from '@dcann/http/door'
import { createCallers } from '@dcann/http/callers'
import { createFairQueue } from '@dcann/http/fair-queue'
import { errorFields, type Logger } from '@dcann/http/log'
import type { Metrics } from '@dcann/http/metrics'
import { isClientsOwn } from '@dcann/http/problem'
import { publishApi } from '@dcann/http/publish-api'
import { createRates } from '@dcann/http/rates'
import { createShedding, type Shedding } from '@dcann/http/shedding'
import { ProtocolError } from '@dcann/protocol/errors'
import type { Signer } from '@dcann/protocol/key'
import { evidenceOrigin } from '@dcann/protocol/log/origin'
import type { World as SdkWorld } from '@dcann/sdk/world'
import { isStoreError } from '@dcann/store/errors'
import type { Store } from '@dcann/store/store'
import type { Hono } from 'hono'
import { agreementRoutes } from './agreements/routes.ts'
import { concludeSettled } from './agreements/settle.ts'
import { vaultApi } from './api.ts'
import { askRoutes } from './asks/routes.ts'
import { createCallDesk } from './calls.ts'
import { capabilityRoutes } from './capabilities/routes.ts'
import { type Clock, openClock, rememberTime } from './clock/clock.ts'
import { cosignRound, type Witnessing } from './evidence/cosign.ts'
import { advanceLog } from './evidence/job.ts'
import { evidenceRoutes } from './evidence/routes.ts'
import { watchRound } from './following/job.ts'
import type { ReadActs } from './following/registries.ts'
import type { ResolveSelf } from './following/self.ts'
import { createFollowing, type ResolveRequester } from './following/requesters.ts'
import { inviteRoutes } from './invites/routes.ts'
import { createFeed } from './notices/feed.ts'
import { noticesRound } from './notices/job.ts'
import { pushRound } from './notices/push.ts'
import { noticeRoutes } from './notices/routes.ts'
import { makeVapid } from './notices/vapid.ts'
import { createZones, type ShowPassport } from './following/zones.ts'
import type { SubmitRecord } from './passports/host.ts'
import { passportRoutes } from './passports/routes.ts'
import { finishDue, takeOver } from './passports/take-over.ts'
import { sweepRequests } from './requests/job.ts'
import { createLeaving } from './requests/leaving.ts'
import { profferRoutes } from './proffers/routes.ts'
import { refusalRoutes } from './refusals/routes.ts'
import { requestRoutes } from './requests/routes.ts'
import { forgottenBefore } from './requests/shelf.ts'
import { createCursors } from './strands/cursor.ts'
import { strandRoutes } from './strands/routes.ts'
import { trailRoutes } from './trail/routes.ts'
import { kindOf, kinds, sharesOf } from './shares.ts'
import { createTurns } from './turns.ts'
import type { World } from './world.ts'

/** What a vault node is made of. */
export type VaultParts = {
  readonly name: string
  readonly publicUrl: string
  readonly store: Store
  readonly world: World
  readonly timer?: (milliseconds: number) => Promise<void>
  readonly logger: Logger
  readonly metrics: Metrics
  readonly identitySigner: Signer
  readonly assertionSigner: Signer
  /** Binds cursors to this node. */
  readonly cursorSecret: Uint8Array
  readonly resolveRequester: ResolveRequester
  readonly submit: SubmitRecord
  readonly readActs: ReadActs
  readonly resolveSelf: ResolveSelf
  readonly showPassport: ShowPassport
  /** The guarded client for addresses that others have named: its answers are short, and come soon or not at all. */
  readonly callOut: SdkWorld['fetch']
  /** Why an address may not be called, if so. */
  readonly refusesUrl: (url: string) => string | undefined
  /** 32 secret bytes, from which the key is made that push services know this node by. */
  readonly pushSecret: Uint8Array
  /** How many requests are worked on at one time; 8 when left out, which is enough for a store on this machine. */
  readonly places?: number
  /** Addresses of proxies in front of this node, which say who is behind them. */
  readonly proxies?: readonly string[]
  /** Who cosigns the heads of the evidence log; nobody when left out. */
  readonly witnessing?: Witnessing
  /** Aborted when the node stops: nobody is kept waiting then. */
  readonly closing?: AbortSignal
}

/** A round of background work: returns milliseconds until the next. */
export type Round = (now: number) => Promise<number>

export type Vault = {
  readonly app: Hono<DoorEnv>
  readonly door: Door
  readonly clock: Clock
  /** What the listener refuses while too many wait. */
  readonly shedding: Shedding
  readonly jobs: Readonly<Record<string, Round>>
}

/** Puts a vault node together: every route and every job is listed here. */
export async function createVault(parts: VaultParts): Promise<Vault> {
  const { store, world, name } = parts
  const clock = await openClock(store, world.monotonic)
  const turns = createTurns()
  const following = createFollowing(parts.resolveRequester, clock, world.monotonic)
  const leaving = createLeaving(store, world.monotonic)
  parts.metrics.gauge({ name: 'vault_answers_leaving', help: 'Answers on their way under a lease' }, leaving.size)
  const effect = parts.metrics.histogram(
    {
      name: 'vault_stop_effective_seconds',
      help: 'From the arrival of a revoke, pause or retire until nothing could leave any more',
    },
    [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2],
  )
  const shedding = createShedding(
    createCallers({ kindOf, proxies: parts.proxies ?? [] }),
    createFairQueue({
      shares: sharesOf(parts.places ?? 8),
      places: parts.places ?? 8,
      patience: 10_000,
      hold: 1_000,
      monotonic: world.monotonic,
    }),
    kinds,
    parts.metrics,
  )
  const door = createDoor({
    now: world.now,
    monotonic: world.monotonic,
    ...(parts.timer ? { timer: parts.timer } : {}),
    publicUrl: parts.publicUrl,
    signedSince: () => forgottenBefore(clock.highest()),
    logger: parts.logger,
    metrics: parts.metrics,
    shedding,
    translate: inProtocolWords,
  })
  const hosting = { store, world, clock, turns, leaving, node: name }
  const zones = createZones({
    store,
    clock,
    monotonic: world.monotonic,
    show: parts.showPassport,
    takeOver: async (passport, chain, gone) => await takeOver(hosting, passport, chain, gone),
    finishDue: async (passport) => await finishDue(hosting, passport),
  })
  const desk = {
    ...createCallDesk(store, following, clock),
    world,
    clock,
    turns,
    following,
    zones,
    leaving,
    node: name,
    cursors: createCursors(parts.cursorSecret),
    identitySigner: parts.identitySigner,
    assertionSigner: parts.assertionSigner,
    submit: parts.submit,
    refusesUrl: parts.refusesUrl,
    refusalRates: createRates({ burst: 100, perSecond: 20, callersMost: 10_000 }),
    tookEffect: (milliseconds: number) => effect.observe(milliseconds / 1000),
  }
  const notices = parts.metrics.counter({
    name: 'vault_notices_total',
    help: 'Notices to inboxes of requesters: taken, refused, failed, given-up',
    labels: ['outcome'],
  })
  const outbox = noticesRound({
    ...desk,
    monotonic: world.monotonic,
    callOut: parts.callOut,
    counted: (outcome) => notices.add([outcome]),
    onError: (error) => parts.logger.error('delivery failed', { part: 'notices', ...errorFields(error) }),
  })
  const vapid = makeVapid(parts.pushSecret, parts.publicUrl)
  const pushed = parts.metrics.counter({
    name: 'vault_pushes_total',
    help: 'Empty pushes to holders: taken, gone, failed, given-up',
    labels: ['outcome'],
  })
  const app = door.app()
  app.get('/v1/node', (c) =>
    c.json({
      node: name,
      url: parts.publicUrl,
      evidence_log: { origin: evidenceOrigin(name), key: parts.identitySigner.key },
      push_key: vapid.key,
    }),
  )
  passportRoutes(app, door, desk)
  capabilityRoutes(app, door, desk)
  strandRoutes(app, door, desk)
  askRoutes(app, door, desk)
  refusalRoutes(app, door, desk)
  profferRoutes(app, door, desk)
  inviteRoutes(app, door, desk)
  const timer = parts.timer ?? ((milliseconds) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds)))
  noticeRoutes(app, door, {
    ...desk,
    feed: createFeed({ store, monotonic: world.monotonic, timer, closing: parts.closing }),
  })
  agreementRoutes(app, door, desk)
  requestRoutes(app, door, desk)
  evidenceRoutes(app, door, desk)
  trailRoutes(app, door, desk)
  publishApi(app, vaultApi, parts.publicUrl)
  return {
    app,
    door,
    clock,
    shedding,
    jobs: {
      evidence: async () =>
        (await advanceLog({ store, origin: evidenceOrigin(name), signer: parts.identitySigner }).catch(byAnother)) > 0
          ? 200
          : 1_000,
      ...(parts.witnessing
        ? {
            cosigning: cosignRound({
              ...parts.witnessing,
              store,
              fetch: parts.callOut,
              monotonic: world.monotonic,
              logger: parts.logger,
            }),
          }
        : {}),
      following: async (now) => {
        await Promise.all([following.refresh(now), zones.refresh()])
        return 5_000
      },
      watch: watchRound({ ...desk, readActs: parts.readActs, resolveSelf: parts.resolveSelf }),
      settling: async (now) => ((await concludeSettled(desk, now)) > 0 ? 1_000 : 5_000),
      notices: outbox,
      pushes: pushRound({
        store,
        vapid,
        monotonic: world.monotonic,
        callOut: parts.callOut,
        pushed: (outcome) => pushed.add([outcome]),
        onError: (error) => parts.logger.error('delivery failed', { part: 'pushes', ...errorFields(error) }),
      }),
      requests: async () => ((await sweepRequests(store, clock)) > 0 ? 1_000 : 15_000),
      clock: async (now) => {
        await rememberTime(store, clock, now)
        return 10_000
      },
    },
  }
}

/** Rounds that one process of a node does for all: see `Claim`. The others are of each. */
export const jobsForAll: readonly (keyof Vault['jobs'])[] = [
  'evidence',
  'cosigning',
  'watch',
  'settling',
  'notices',
  'pushes',
  'requests',
]

/** Another process has moved the log on; what was left is taken next time. */
function byAnother(error: unknown): 0 {
  if (isStoreError(error, 'conflict')) return 0
  throw error
}

/** Words of the store, and what only a client concludes: of a registry that this node itself asked, and that is nobody's fault here. */
function inProtocolWords(error: unknown): unknown {
  if (isStoreError(error, 'conflict'))
    return new ProtocolError('unavailable', 'writing: too many write the same thing at once; ask again')
  if (isStoreError(error))
    return new ProtocolError('unavailable', 'using the store: it does not serve; ask again later')
  if (error instanceof ProtocolError && isClientsOwn(error.code)) {
    return new ProtocolError(
      'unavailable',
      'asking a registry: it does not answer, or not so that it can be believed; ask again later',
      { because: error.code },
    )
  }
  return error
}
