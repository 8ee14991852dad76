import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setPriority } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { Flooded, FloodPlan } from './flood.ts'

/** A process that floods when it is told to, behind whatever else wants to run: whoever measures comes first. */
export type Flood = { readonly pour: (plan: FloodPlan) => Promise<Flooded>; readonly end: () => void }

export async function startFlood(): Promise<Flood> {
  const child = fork(fileURLToPath(new URL('flood.ts', import.meta.url)), {
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  await once(child, 'message')
  if (child.pid !== undefined) setPriority(child.pid, 5)
  return {
    async pour(plan) {
      child.send(plan)
      const [flooded] = (await once(child, 'message')) as [Flooded]
      return flooded
    },
    end: () => child.disconnect(),
  }
}
