import { times } from '@dcann/protocol/limits'
import type { World } from './world.ts'

/**
 * Waits until the end of the slot, whole slots after arrival, so that how much there was to do is not told by the time.
 *
 * spec: errors#uniform
 */
export async function untilSlot({ monotonic }: Pick<World, 'monotonic'>, arrival: number): Promise<void> {
  const slot = times.uniformSlotMilliseconds
  const rest = slot - ((monotonic() - arrival) % slot)
  await new Promise((resolve) => setTimeout(resolve, rest))
}
