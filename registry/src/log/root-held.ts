import { ProtocolError } from '@dcann/protocol/errors'
import type { Hash } from '@dcann/protocol/log/merkle'
import { type ReadHash, rootAt } from '@dcann/protocol/log/proof'
import { type Frozen, requireFrozen } from '@dcann/protocol/log/succession'
import { hashReaderOverTiles, tilesToRead } from '@dcann/protocol/log/tile'
import type { ZoneName } from '@dcann/protocol/name'
import type { Reader } from '@dcann/store/store'
import { tileReader } from './read-tile.ts'

/** The root that the log held here had at a size that it has reached. */
export async function rootHeld(store: Pick<Reader, 'read' | 'range'>, zone: ZoneName, size: number): Promise<Hash> {
  const compute = (readHash: ReadHash): Hash => rootAt(size, readHash)
  const read = await tileReader(store, zone, tilesToRead(size, compute))
  return compute(hashReaderOverTiles(size, read))
}

/**
 * Judges that the log held here, `size` entries long, begins with what its record says the one before ended with. Throws
 * `rollback` or `forked`.
 */
export async function requireFrozenHeld(
  store: Pick<Reader, 'read' | 'range'>,
  zone: ZoneName,
  frozen: Frozen | undefined,
  size: number,
): Promise<void> {
  const root = frozen && frozen.size <= size ? await rootHeld(store, zone, frozen.size) : new Uint8Array(0)
  requireFrozen(frozen, size, () => root)
}

/** Whether it does: nothing is signed over a log that its own zone would take for another. */
export async function beginsAsNamed(...given: Parameters<typeof requireFrozenHeld>): Promise<boolean> {
  try {
    await requireFrozenHeld(...given)
    return true
  } catch (error) {
    if (error instanceof ProtocolError && (error.code === 'rollback' || error.code === 'forked')) return false
    throw error
  }
}
