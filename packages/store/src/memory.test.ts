import { describe, expect, it } from 'vitest'
import { storeConformance } from './conformance.ts'
import { memoryStore } from './memory.ts'
import { gate } from './gate.ts'

/** Leases of one process end by the clock that its caller hands in. */
const later = async (now: number, ms: number): Promise<number> => now + ms

storeConformance({ describe, it, expect }, async () => {
  const disk = gate()
  const store = memoryStore({ sync: disk.pass })
  return { store, holdSyncs: disk.hold, failNextSync: disk.failNext, later, end: () => store.close() }
})
