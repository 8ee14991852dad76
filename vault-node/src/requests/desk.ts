import type { Rates } from '@dcann/http/rates'
import type { Signer } from '@dcann/protocol/key'
import type { Store } from '@dcann/store/store'
import type { Clock } from '../clock/clock.ts'
import type { Following } from '../following/requesters.ts'
import type { Zones } from '../following/zones.ts'
import type { Cursors } from '../strands/cursor.ts'
import type { Turns } from '../turns.ts'
import type { World } from '../world.ts'
import type { Leaving } from './leaving.ts'

/** What answering takes. */
export type AnswerDesk = {
  readonly store: Store
  readonly world: World
  readonly clock: Clock
  readonly turns: Turns
  readonly following: Following
  readonly zones: Zones
  readonly leaving: Leaving
  readonly cursors: Cursors
  /** The node's name in its zone. */
  readonly node: string
  /** Signs assertions and nothing else. */
  readonly assertionSigner: Signer
  /** Signs refusals. */
  readonly identitySigner: Signer
  /** What a requester's refusals may cost: beyond it they are counted, not written. */
  readonly refusalRates: Rates
}
