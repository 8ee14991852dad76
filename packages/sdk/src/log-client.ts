import { textOf, utf8 } from '@dcann/protocol/bytes'
import { type ErrorCode, ProtocolError, quote } from '@dcann/protocol/errors'
import { parseBundle } from '@dcann/protocol/log/bundle'
import { formatSubmission, type Submission } from '@dcann/protocol/log/add-checkpoint'
import { noteLimits, type NoteSignature, parseSignatureLines } from '@dcann/protocol/log/note'
import { type Tile, tilePath, tileWidth } from '@dcann/protocol/log/tile'
import type { ZoneName } from '@dcann/protocol/name'
import { actsAnswer } from '@dcann/protocol/registry-api'
import type { z } from 'zod'
import { addressBelow, exchange, exchangeBytes, fetchBytes } from './exchange.ts'
import type { World } from './world.ts'

/** A zone's log as a registry or mirror shows it: what comes is read in form and nothing is proved. */
export type LogClient = {
  readonly url: string
  /** The newest head that may be resolved from, a signed note. */
  readonly checkpoint: (zone: ZoneName) => Promise<string>
  /** The entries of a log from one index to before another, a bundle at a time. */
  readonly entries: (zone: ZoneName, from: number, to: number) => AsyncGenerator<readonly Uint8Array[], void, undefined>
  /** Records of the acts among the entries from an index on, and the index to go on from. */
  readonly acts: (zone: ZoneName, from: number) => Promise<z.infer<typeof actsAnswer>>
}

/** What a witness answers to a submitted head: its lines, or the size that it cosigned last. */
export type Witnessed = { readonly lines: readonly NoteSignature[] } | { readonly size: number }

const entriesMost = 64 * 1024

/** What the statuses of C2SP tlog-witness say, which come without a code. */
const refusals: Readonly<Record<number, ErrorCode>> = { 403: 'key-unknown', 404: 'not-found', 422: 'evidence-broken' }

/** A client of the logs of one registry or mirror, by its base address. spec: log#tiles */
export function createLogClient(world: Pick<World, 'fetch'>, url: string): LogClient {
  const below = (path: string): string => addressBelow(url, path)
  return {
    url,
    async checkpoint(zone) {
      return textIn(await fetchBytes(world, below(`/v1/zones/${zone}/checkpoint`), noteLimits.bytes), url)
    },
    async *entries(zone, from, to) {
      for (let at = from; at < to;) {
        const index = Math.floor(at / tileWidth)
        const width = Math.min(tileWidth, to - index * tileWidth)
        const tile: Tile = { level: 'entries', index, width }
        const bytes = await fetchBytes(world, below(`/v1/zones/${zone}/${tilePath(tile)}`), tileWidth * entriesMost)
        yield parseBundle(bytes, width).slice(at - index * tileWidth)
        at = index * tileWidth + width
      }
    },
    acts: async (zone, from) =>
      await exchange(world, { url: below(`/v1/zones/${zone}/acts?from=${from}`), answer: actsAnswer }),
  }
}

/**
 * Hands a head to a witness (C2SP tlog-witness) at the address below which it takes `add-checkpoint`. The lines that come
 * are unproved. Throws `unreachable`, `answer-invalid`, or what its status says: `key-unknown` (403), `not-found` (404) when it does
 * not know the log, `evidence-broken` (422) when the hashes do not lead from what it has cosigned.
 *
 * spec: witness#add-checkpoint
 */
export async function submitCheckpoint(
  world: Pick<World, 'fetch'>,
  prefix: string,
  submission: Submission,
): Promise<Witnessed> {
  const call = {
    url: addressBelow(prefix, '/add-checkpoint'),
    body: utf8(formatSubmission(submission)),
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    mostBytes: noteLimits.bytes,
  }
  const { status, bytes } = await exchangeBytes(world, call, [403, 404, 409, 422])
  const refused = refusals[status]
  if (refused !== undefined) {
    throw new ProtocolError(refused, `asking the witness ${quote(prefix, 120)}: it answers ${status}`, { status })
  }
  const text = textIn(bytes, prefix)
  if (status !== 409) return { lines: parseSignatureLines(text) }
  const [, size] = /^(0|[1-9][0-9]{0,15})\n$/.exec(text) ?? []
  if (size !== undefined && Number.isSafeInteger(Number(size))) return { size: Number(size) }
  throw new ProtocolError('answer-invalid', `asking the witness ${quote(prefix, 120)}: its conflict names no size`)
}

function textIn(bytes: Uint8Array, url: string): string {
  try {
    return textOf(bytes)
  } catch {
    throw new ProtocolError('answer-invalid', `asking ${quote(url, 120)}: its answer is not text`)
  }
}
