import { ProtocolError } from '@dcann/protocol/errors'
import { times } from '@dcann/protocol/limits'
import { problemOf, problemResponse } from './problem.ts'

/** The one body of every 404: unknown, foreign, none, refused, revoked, expired and erased look alike. */
const notFound = problemOf(new ProtocolError('not-found', 'nothing here that you may see'))

/** Clock and timer of the release; both in milliseconds, the clock monotonic. */
export type UniformPorts = {
  readonly monotonic: () => number
  readonly timer: (milliseconds: number) => Promise<void>
}

/**
 * The uniform 404, released at the next multiple of `times.uniformSlotMilliseconds` after `arrival`, so that neither
 * bytes nor time tell the reasons apart.
 *
 * spec: errors#uniform
 */
export async function uniformNotFound(arrival: number, { monotonic, timer }: UniformPorts): Promise<Response> {
  const slot = times.uniformSlotMilliseconds
  const release = arrival + slot * Math.max(1, Math.ceil((monotonic() - arrival) / slot))
  // a timer may fire a fraction early
  for (let rest = release - monotonic(); rest > 0; rest = release - monotonic()) await timer(Math.ceil(rest))
  return problemResponse(notFound)
}
