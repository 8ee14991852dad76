/** Every way this package refuses. Closed: callers switch over it without a default. */
export type StoreErrorCode =
  /** An expectation did not hold; nothing was written; `key` says where. Read again and decide anew. */
  | 'conflict'
  /** Another process, or another part of this one, has the store open. */
  | 'locked'
  /** Stored bytes are not the bytes that were written. Never answered with a value. */
  | 'corrupt'
  /** The store is older than what it has acknowledged, or its witness is lost. */
  | 'rolled-back'
  /** Another owner has opened the store since; this one must not write again. */
  | 'fenced'
  /** A sync failed: what became of the last commits is unknown, and nothing more is served. Exit. */
  | 'failed'
  /** The store was closed by its owner. */
  | 'closed'
  /** There is a store but not the key that opens its values. */
  | 'key-missing'
  | 'malformed-key'
  | 'malformed-commit'
  | 'malformed-range'
  /** A snapshot was asked for a key that was not named when it was taken. A mistake of the caller. */
  | 'unread-key'

/**
 * The one error of this package. Switch on `code`, show `message` to an operator.
 *
 * `key` is the whole store key concerned. It may name a person's things, so it is kept out of the message and is not
 * enumerable: a logger that prints the error does not print it.
 */
export class StoreError extends Error {
  readonly code: StoreErrorCode
  declare readonly key: string | undefined

  constructor(code: StoreErrorCode, message: string, detail: { key?: string; cause?: unknown } = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause })
    this.name = 'StoreError'
    this.code = code
    Object.defineProperty(this, 'key', { value: detail.key, enumerable: false })
  }
}

/** True for a StoreError, of that code if one is given. */
export const isStoreError = (error: unknown, code?: StoreErrorCode): error is StoreError =>
  error instanceof StoreError && (code === undefined || error.code === code)
