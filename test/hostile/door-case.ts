import type { ErrorCode } from '@dcann/protocol/errors'
import type { Signer } from '@dcann/protocol/key'

/** A node under attack, by a POST of its that needs no signature on the request, and a good body for it. */
export type OpenTarget = {
  /** What goes into Host. */
  readonly host: string
  readonly open: { readonly path: string; readonly body: Uint8Array; readonly mostBytes: number }
}

/** A node that has authenticated routes too; `body` is good, with `id` and `from`, and `signer` may sign for that `from`. */
export type DoorTarget = OpenTarget & {
  readonly signed: {
    readonly path: string
    readonly publicUrl: string
    readonly body: Uint8Array
    readonly mostBytes: number
    readonly signer: Signer
    /** The node's clock, in seconds. */
    readonly now: () => number
    /** A `from` that nobody has. */
    readonly nobody: string
  }
}

/** One hostile request and what must come back. */
export type DoorCase<Target = DoorTarget> = {
  /** Says what is wrong with it. */
  readonly name: string
  readonly bytes: (target: Target) => Buffer | Promise<Buffer>
  readonly status: number
  readonly code: ErrorCode
  /** The client ends its side after sending: a truncated request. */
  readonly halfClose?: true
}
