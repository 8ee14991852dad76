import { describe, expect, it } from 'vitest'
import { storeConformance } from './conformance.ts'
import { memoryStore } from './memory.ts'
import { gate } from './gate.ts'

storeConformance({ describe, it, expect }, async () => {
  const disk = gate()
  const store = memoryStore({ sync: disk.pass })
  return { store, holdSyncs: disk.hold, failNextSync: disk.failNext, end: () => store.close() }
})
