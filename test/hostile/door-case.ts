import type { ErrorCode } from '@dcann/protocol/errors'
import type { Signer } from '@dcann/protocol/key'

/** A node under attack: one route of each kind, and what a good call to it looks like. */
export type DoorTarget = {
  /** What goes into Host. */
  readonly host: string
  /** A POST that needs no signature on the request. */
  readonly open: { readonly path: string; readonly body: Uint8Array; readonly mostBytes: number }
  /** An authenticated POST; `body` has `id` and `from`, and `signer` may sign for that `from` at `now`. */
  readonly signed: {
    readonly path: string
    readonly publicUrl: string
    readonly body: Uint8Array
    readonly mostBytes: number
    readonly signer: Signer
    readonly now: () => number
    /** What the node says of a `from` that nobody has; `key-unknown` unless given. */
    readonly unknownFrom?: ErrorCode
  }
}

/** One hostile request and what must come back. */
export type DoorCase = {
  /** Says what is wrong with it. */
  readonly name: string
  readonly bytes: (target: DoorTarget) => Buffer | Promise<Buffer>
  readonly status: number
  readonly code: ErrorCode | ((target: DoorTarget) => ErrorCode)
  /** The client ends its side after sending: a truncated request. */
  readonly halfClose?: true
}
