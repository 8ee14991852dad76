import type { ErrorCode } from '@dcann/protocol/errors'
import type { z } from 'zod'

/** What an operation answers when it does what it was asked. */
export type OperationAnswer = {
  readonly status: 200 | 201 | 202
  /** When this one is given, for an operation with several. */
  readonly when?: string
  /** JSON of this schema; or bytes of another media type, or JSON that no schema here describes. */
} & ({ readonly schema: z.ZodType } | { readonly mediaType: string })

/** One route as the world is told of it; the schemas are those that the route itself judges by. */
export type Operation = {
  readonly method: 'GET' | 'POST'
  /** As the router has it: `/v1/records/:id`, `/v1/log/tile/*`. */
  readonly path: string
  /** Verb and noun, as the clients of the SDK call it; once in an API. */
  readonly name: string
  readonly summary: string
  /** What else there is to say. */
  readonly description?: string
  /** One schema for each `:name` of the path, and for its `*` as `path`. */
  readonly params?: Readonly<Record<string, z.ZodType>>
  readonly query?: z.ZodObject
  readonly body?: z.ZodType
  /** The body is text of another protocol, described so. */
  readonly text?: string
  readonly answers: readonly [OperationAnswer, ...OperationAnswer[]]
  /** Answers carry an ETag, and 304 stands for what the caller has. */
  readonly revalidates?: boolean
  readonly authenticated: boolean
  /** Codes of its own. What the door refuses by itself is known: see `openapi-problems.ts`. */
  readonly problems: readonly ErrorCode[]
}

/** A schema under a name of its own, and what it is in plain words. */
export type NamedSchema = { readonly schema: z.ZodType; readonly means: string }

/** Everything that a node tells about how it is called. */
export type Api = {
  readonly title: string
  readonly description: string
  readonly operations: readonly Operation[]
  /**
   * For the operator's own listener: bodies are any JSON, and every call bears the token of that listener, so that none is
   * signed. See `serveAdmin`.
   */
  readonly plain?: boolean
  /** Schemas that stand in several places; each is written once, under its name. */
  readonly schemas: Readonly<Record<string, NamedSchema>>
}
