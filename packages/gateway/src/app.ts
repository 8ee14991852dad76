import { createDoor, type DoorEnv } from '@dcann/http/door'
import { publishApi } from '@dcann/http/publish-api'
import type { Job } from '@dcann/http/jobs'
import type { Logger } from '@dcann/http/log'
import type { Metrics } from '@dcann/http/metrics'
import type { Signer } from '@dcann/protocol/key'
import type { Signed } from '@dcann/protocol/signed'
import type { World } from '@dcann/sdk/world'
import type { Store } from '@dcann/store/store'
import type { Hono } from 'hono'
import { takeReceipts } from './acts/routes.ts'
import { sendActs } from './acts/send.ts'
import { showAgreements, takeGrants } from './agreements/routes.ts'
import { consoleApi, publicApi } from './api.ts'
import { asSent, plainApp } from './console/plain-problem.ts'
import { showRequester } from './console/routes.ts'
import { deleteDue } from './evidence/delete.ts'
import { completeEvidence } from './evidence/job.ts'
import { showEvidence } from './evidence/routes.ts'
import { openNotebook } from './notices/note.ts'
import { readChains } from './notices/read.ts'
import type { Sealing } from './keys/sealing.ts'
import { takeNotices } from './notices/routes.ts'
import { showOffers, takeAsks } from './offers/routes.ts'
import { pollProposals } from './proposals/job.ts'
import { takeProposals } from './proposals/routes.ts'
import { takeProffers } from './proffers/routes.ts'
import { takeQueries } from './queries/routes.ts'
import { openRequester } from './requester.ts'

/** What a gateway is made of. The world's `seen` has to outlive a restart. */
export type GatewayParts = {
  readonly name: string
  readonly publicUrl: string
  /** Where the console answers, for its own document. */
  readonly consoleUrl: string
  readonly wallet?: string | undefined
  readonly language: string
  readonly signer: Signer
  readonly sealing: Sealing
  readonly pinned: Signed
  readonly registries: readonly string[]
  readonly store: Store
  readonly world: World
  /** As in `DoorPorts`. */
  readonly monotonic?: () => number
  readonly timer?: (milliseconds: number) => Promise<void>
  readonly logger: Logger
  readonly metrics: Metrics
}

export type Gateway = {
  /** For wallets and vaults. */
  readonly publicApp: Hono<DoorEnv>
  /** For the company, behind `serveAdmin`: it asks for no token by itself. */
  readonly consoleApp: Hono<DoorEnv>
  readonly jobs: Readonly<Record<string, Job>>
}

/** A gateway over its store: nothing listens yet, and nothing is asked of the network. */
export function createGateway(parts: GatewayParts): Gateway {
  const { store, logger, metrics, world, publicUrl, monotonic, timer } = parts
  const requester = openRequester(parts.name, parts.signer, parts)
  const door = createDoor({
    now: world.now,
    publicUrl,
    logger,
    metrics,
    translate: asSent,
    ...(monotonic ? { monotonic } : {}),
    ...(timer ? { timer } : {}),
  })
  const desk = { store, requester, sealing: parts.sealing, publicUrl, wallet: parts.wallet, language: parts.language }
  const notebook = openNotebook(store)

  const publicApp = door.app()
  showOffers(publicApp, desk)
  takeGrants(publicApp, door, desk)
  takeNotices(publicApp, door, desk, notebook)

  const consoleApp = plainApp(logger)
  showRequester(consoleApp, desk)
  takeAsks(consoleApp, desk)
  showAgreements(consoleApp, desk)
  takeProffers(consoleApp, desk)
  takeQueries(consoleApp, desk)
  showEvidence(consoleApp, store)
  takeReceipts(consoleApp, desk)
  takeProposals(consoleApp, desk)
  publishApi(publicApp, publicApi, publicUrl)
  publishApi(consoleApp, consoleApi, parts.consoleUrl)

  return {
    publicApp,
    consoleApp,
    jobs: {
      evidence: (signal) => completeEvidence(desk, signal),
      deletion: async (signal) => ((await deleteDue(desk, signal)) > 0 ? 0 : 60_000),
      proposals: async (signal) => ((await pollProposals(desk, signal)) > 0 ? 5_000 : 15_000),
      acts: async (signal) => (await sendActs(desk, signal), 2_000),
      chains: async (signal) => ((await readChains(desk, signal)) > 0 ? 1_000 : 500),
      notices: async () => (await notebook.write(), 2_000),
      root: async () => (await (await requester.resolver()).trust.refresh(), 60_000),
    },
  }
}
