import { measureAdmit } from './rows/admit.ts'
import { measureClient } from './rows/client.ts'
import { measureImport } from './rows/import.ts'
import { measureLatency } from './rows/latency.ts'
import { measureProcesses } from './rows/processes.ts'
import { measureRequest } from './rows/request.ts'
import { measureResolve } from './rows/resolve.ts'
import { measureRevoke } from './rows/revoke.ts'
import { measureStart } from './rows/start.ts'
import type { Row } from './row.ts'
import type { Stage } from './stage.ts'

type Group = {
  readonly ids: readonly string[]
  readonly measure: (stage: Stage) => Promise<Row[]>
  /** Measured where registry and vault nodes keep all in PostgreSQL. */
  readonly engine?: 'postgres'
}

/** Rows that are measured together, each group on processes and stores of its own. Waits come last. */
export const groups: readonly Group[] = [
  { ids: ['R1', 'R1-304', 'R2'], measure: measureResolve },
  { ids: ['A1', 'A2'], measure: measureAdmit },
  { ids: ['V1', 'V2'], measure: measureRequest },
  { ids: ['import'], measure: measureImport },
  { ids: ['C1', 'C2', 'C3'], measure: measureClient },
  { ids: ['R3-p50', 'R3-p99'], measure: measureLatency },
  { ids: ['T1-idle', 'T1-load'], measure: measureRevoke },
  { ids: ['command', 'registry', 'vault'], measure: measureStart },
  onPostgres(['R1'], measureResolve),
  onPostgres(['A1'], measureAdmit),
  { ids: ['V1-postgres', 'G10', 'G9'], measure: measureProcesses, engine: 'postgres' },
  onPostgres(['T1-idle', 'T1-load'], measureRevoke),
]

/** The same measurement on the other engine, against the same floors. */
function onPostgres(of: readonly string[], measure: Group['measure']): Group {
  return {
    ids: of.map((id) => `${id}-postgres`),
    engine: 'postgres',
    measure: async (stage) =>
      (await measure(stage))
        .filter(({ id }) => of.includes(id))
        .map((row) => ({ ...row, id: `${row.id}-postgres`, what: `${row.what}, on PostgreSQL` })),
  }
}

/** Rows that only a machine with PostgreSQL has. */
export const postgresIds: readonly string[] = groups.flatMap(({ ids: of, engine }) => (engine ? of : []))

export const ids: readonly string[] = groups.flatMap((group) => group.ids)
