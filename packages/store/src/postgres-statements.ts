import type { Bounds } from './admit.ts'

/** A statement that the server parses and plans once per connection. */
export type Statement = { readonly name: string; readonly text: string }

/** Everything that is asked of the database once its schema stands. */
export type Statements = {
  /** key[] → key, value */
  readonly read: Statement
  /** from, to, limit → key, value, in order. */
  readonly range: (bounds: Pick<Bounds, 'fromOpen' | 'reverse'>) => Statement
  /** See `apply` below. */
  readonly apply: Statement
  /** writer → n, head */
  readonly head: Statement
  /** writer, n, head: writes the same head at the same n once more. */
  readonly touch: Statement
  /** writer, n, head: moves the writer's row on, as a batch without anything in it. */
  readonly take: Statement
  /** writer, n, head: makes a writer, or none when there is one. → 1 when it was made */
  readonly make: Statement
  /** scope → id, by, n, ms: all that were not released, whether or not their time is over. */
  readonly leases: Statement
  /** → id, by, n, ms */
  readonly allLeases: Statement
  /** scope[], id[] */
  readonly release: Statement
  /** id[], by[], n[]: takes away what was left by processes that died. */
  readonly forget: Statement
  /** scope */
  readonly recall: Statement
  /** id[] → id */
  readonly recalled: Statement
}

/**
 * One batch of commits in one statement, so that no lock outlives it: the writer's next head, what was founded upon,
 * what is overwritten, added and taken away, and the leases. Every part says what it expects to find; when any finds
 * something else the division at the end fails, and with it all of the statement (error 22012). Rows are named in the
 * order of keys, so that two batches rarely wait for each other crosswise.
 *
 *     $1 writer  $2 its n before  $3 head
 *     $4 $5      keys founded upon, versions
 *     $6 $7 $8 $9   keys overwritten, versions found, versions written, values
 *     $10 $11 $12   keys added, versions, values
 *     $13 $14    keys taken away, versions found
 *     $15 $16 $17   leases: scopes, ids, how many milliseconds each runs
 */
const apply = (schema: string): string => `
WITH writer AS (
  UPDATE ${schema}.writers SET n = $2::bigint + 1, head = $3::bytea WHERE writer = $1::text AND n = $2::bigint RETURNING 1
), founded AS (
  SELECT e.key FROM unnest($4::text[], $5::bigint[]) AS r(key, version)
  JOIN ${schema}.entries e ON e.key = r.key AND e.version = r.version FOR SHARE OF e
), overwritten AS (
  UPDATE ${schema}.entries e SET version = w.version, value = w.value
  FROM unnest($6::text[], $7::bigint[], $8::bigint[], $9::bytea[]) AS w(key, found, version, value)
  WHERE e.key = w.key AND e.version = w.found RETURNING 1
), added AS (
  INSERT INTO ${schema}.entries (key, version, value)
  SELECT key, version, value FROM unnest($10::text[], $11::bigint[], $12::bytea[]) AS w(key, version, value)
  ON CONFLICT (key) DO NOTHING RETURNING 1
), gone AS (
  DELETE FROM ${schema}.entries e USING unnest($13::text[], $14::bigint[]) AS d(key, found)
  WHERE e.key = d.key AND e.version = d.found RETURNING 1
), leased AS (
  INSERT INTO ${schema}.leases (scope, id, by, n, ms, recalled)
  SELECT scope, id, $1::text, $2::bigint + 1, ms, false FROM unnest($15::text[], $16::text[], $17::int[]) AS l(scope, id, ms)
  ON CONFLICT (scope, id) DO UPDATE SET by = excluded.by, n = excluded.n, ms = excluded.ms, recalled = false RETURNING 1
)
SELECT 1 / (
  (SELECT count(*) FROM writer) = 1
  AND (SELECT count(*) FROM founded) = cardinality($4::text[])
  AND (SELECT count(*) FROM overwritten) = cardinality($6::text[])
  AND (SELECT count(*) FROM added) = cardinality($10::text[])
  AND (SELECT count(*) FROM gone) = cardinality($13::text[])
  AND (SELECT count(*) FROM leased) = cardinality($15::text[])
)::int AS applied`

/** The statements for one schema, whose name is quoted already. */
export function statementsFor(schema: string): Statements {
  const range = ({ fromOpen, reverse }: Pick<Bounds, 'fromOpen' | 'reverse'>): Statement => ({
    name: `dcann-range-${fromOpen ? 'after' : 'from'}-${reverse ? 'down' : 'up'}`,
    text: `SELECT key, value FROM ${schema}.entries WHERE key ${fromOpen ? '>' : '>='} $1 AND key < $2
      ORDER BY key ${reverse ? 'DESC' : 'ASC'} LIMIT $3`,
  })
  return {
    read: { name: 'dcann-read', text: `SELECT key, value FROM ${schema}.entries WHERE key = ANY($1::text[])` },
    range,
    apply: { name: 'dcann-apply', text: apply(schema) },
    head: { name: 'dcann-head', text: `SELECT n, head FROM ${schema}.writers WHERE writer = $1` },
    touch: {
      name: 'dcann-touch',
      text: `UPDATE ${schema}.writers SET head = $3 WHERE writer = $1 AND n = $2 AND head = $3`,
    },
    take: {
      name: 'dcann-take',
      text: `UPDATE ${schema}.writers SET n = $2::bigint + 1, head = $3 WHERE writer = $1 AND n = $2::bigint`,
    },
    make: {
      name: 'dcann-make',
      text: `INSERT INTO ${schema}.writers (writer, n, head) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING 1`,
    },
    leases: { name: 'dcann-leases', text: `SELECT id, by, n, ms FROM ${schema}.leases WHERE scope = $1` },
    allLeases: { name: 'dcann-all-leases', text: `SELECT DISTINCT id, by, n, ms FROM ${schema}.leases LIMIT 10000` },
    release: {
      name: 'dcann-release',
      text: `DELETE FROM ${schema}.leases l USING unnest($1::text[], $2::text[]) AS r(scope, id)
        WHERE l.scope = r.scope AND l.id = r.id`,
    },
    forget: {
      name: 'dcann-forget',
      text: `DELETE FROM ${schema}.leases l USING unnest($1::text[], $2::text[], $3::bigint[]) AS r(id, by, n)
        WHERE l.id = r.id AND l.by = r.by AND l.n = r.n`,
    },
    recall: {
      name: 'dcann-recall',
      text: `UPDATE ${schema}.leases SET recalled = true WHERE scope = $1 AND NOT recalled`,
    },
    recalled: {
      name: 'dcann-recalled',
      text: `SELECT DISTINCT id FROM ${schema}.leases WHERE id = ANY($1::text[]) AND recalled`,
    },
  }
}
