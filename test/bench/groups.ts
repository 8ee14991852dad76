import { measureAdmit } from './rows/admit.ts'
import { measureClient } from './rows/client.ts'
import { measureImport } from './rows/import.ts'
import { measureLatency } from './rows/latency.ts'
import { measureRequest } from './rows/request.ts'
import { measureResolve } from './rows/resolve.ts'
import { measureRevoke } from './rows/revoke.ts'
import { measureStart } from './rows/start.ts'
import type { Row } from './row.ts'
import type { Stage } from './stage.ts'

/** Rows that are measured together, each group on processes and stores of its own. Waits come last. */
export const groups: readonly {
  readonly ids: readonly string[]
  readonly measure: (stage: Stage) => Promise<Row[]>
}[] = [
  { ids: ['R1', 'R1-304', 'R2'], measure: measureResolve },
  { ids: ['A1', 'A2'], measure: measureAdmit },
  { ids: ['V1', 'V2'], measure: measureRequest },
  { ids: ['import'], measure: measureImport },
  { ids: ['C1', 'C2', 'C3'], measure: measureClient },
  { ids: ['R3-p50', 'R3-p99'], measure: measureLatency },
  { ids: ['T1-idle', 'T1-load'], measure: measureRevoke },
  { ids: ['command', 'registry', 'vault'], measure: measureStart },
]

export const ids: readonly string[] = groups.flatMap((group) => group.ids)
