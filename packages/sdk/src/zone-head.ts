import { textOf } from '@dcann/protocol/bytes'
import type { PublicKey } from '@dcann/protocol/key'
import { openCheckpoint, type ProvedCheckpoint } from '@dcann/protocol/log/checkpoint'
import type { ZoneName } from '@dcann/protocol/name'
import { addressBelow, fetchBytes } from './exchange.ts'
import type { World } from './world.ts'

const checkpointBytes = 64 * 1024

/**
 * The newest head that a registry shows of a zone, proved to be by the zone's log key. Whether it is the newest that there is,
 * nobody proves.
 *
 * Throws `unreachable`, the code of the problem that was answered, or what `openCheckpoint` throws.
 *
 * spec: log#checkpoint
 */
export async function fetchHead(
  world: Pick<World, 'fetch'>,
  url: string,
  zone: ZoneName,
  { origin, key }: { readonly origin: string; readonly key: PublicKey },
): Promise<ProvedCheckpoint> {
  const bytes = await fetchBytes(world, addressBelow(url, `/v1/zones/${zone}/checkpoint`), checkpointBytes)
  return await openCheckpoint(textOf(bytes), { name: origin, key })
}
