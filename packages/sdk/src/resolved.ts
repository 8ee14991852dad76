import type { RecordOf } from '@dcann/protocol/admission'
import type { ErrorCode } from '@dcann/protocol/errors'
import type { Handle } from '@dcann/protocol/handle'
import type { Identifier } from '@dcann/protocol/identifier'
import type { Head } from '@dcann/protocol/log/merkle'
import type { NameKind } from '@dcann/protocol/name'
import type { PassportRecord } from '@dcann/protocol/passport'
import type { Resolution } from '@dcann/protocol/resolution'
import type { Verified } from '@dcann/protocol/signed'
import type { Instant } from '@dcann/protocol/time'
import type { Proof } from './prove-standing.ts'
import type { Freshness } from './statement.ts'

/** A registry that was asked in vain, and why. */
export type Failed = { readonly url: string; readonly code: ErrorCode }

/**
 * What stands under a name, proved by signatures, the rules of admission, and the map and log of its zone. `uncosigned`
 * says that the root demands no witnesses: the zone's log has one past for this client, and nobody else has vouched for
 * its being the newest and the same for all.
 */
export type Resolved<T> = {
  readonly name: string
  /** `undefined` when the zone states that nothing stands under the name: a result, not a fault. */
  readonly record: Verified<T> | undefined
  /** Whether the passport has ended and is erased: nothing ever stands under its name again. */
  readonly gone?: true
  readonly proof: Proof
  /** The zone's head that it was proved under. */
  readonly head: Head
  readonly freshness: Freshness
  /** When the zone stated it, or when the oldest of its head's quorum was given if that is earlier. */
  readonly at: Instant
  /** Seconds for which the zone says to believe it. */
  readonly ttl: number
  /** Every record of the name, genesis first, replayed by the rules; the last is `record`. */
  readonly chain: readonly Verified<T>[]
  /** The zone's answer as it came, for an evidence package. */
  readonly resolution: Resolution
  /** The registry that answered, and those asked before it that did not. */
  readonly source: string
  readonly failed: readonly Failed[]
  /** What came with it, as it came: nothing of it is proved. Absent from what was kept. */
  readonly along?: Along
}

/** Answers about other names that a registry gave unasked, since whoever asks for the one needs the others. */
export type Along = { readonly url: string; readonly resolutions: ReadonlyMap<string, Resolution> }

export type ResolvedName<K extends NameKind> = Resolved<RecordOf[K]>

/** Where a person's data is: a vault node, with all that makes it one. */
export type Home = {
  readonly node: Verified<RecordOf['node']>
  readonly operator: Verified<RecordOf['operator']>
  readonly country: Verified<RecordOf['country']>
  /** `stale` when any of the three is. */
  readonly freshness: Freshness
}

/** A passport or handle located. */
export type Located =
  | {
      readonly kind: 'passport'
      readonly identifier: Identifier
      readonly passport: Resolved<PassportRecord>
      /** Absent when the passport is, and when it has ended. */
      readonly home: Home | undefined
    }
  /** The node in a handle's address is a hint of whoever gave it: only the node can say whether it knows the handle. */
  | { readonly kind: 'handle'; readonly handle: Handle; readonly home: Home }
