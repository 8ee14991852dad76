import { StoreError } from './errors.ts'

/** Where a schema is: the servers it may be on, one of which is the primary, and its name. */
export type Address = {
  /** For the driver, which knows one server at a time. */
  readonly servers: readonly string[]
  readonly schema: string
}

const form = /^(postgres(?:ql)?:\/\/)([^/?#]*@)?([^/?#@]+)(\/[^?#]*)?(?:\?([^#]*))?$/

/** Whether a text is the address of a database, with one server or several: `postgres://user@one:5432,two:5432/name`. */
export function isAddress(url: string): boolean {
  return serversIn(url) !== undefined
}

/**
 * `postgres://user@one:5432,two:5432/name?schema=s`. Several servers are what a primary and its standbys are: whichever is
 * the primary is used, which is what `target_session_attrs=read-write` says elsewhere; it may stand there and is the only
 * value. StoreError `failed` for what is no such address.
 */
export function readAddress(url: string): Address {
  const servers = serversIn(url)
  const [first] = servers ?? []
  if (!servers || first === undefined)
    throw new StoreError('failed', 'open a store in PostgreSQL: its address is not a URL')
  const { searchParams } = new URL(first)
  const schema = searchParams.get('schema') ?? 'dcann'
  if (!/^[a-z][a-z0-9_]{0,50}$/.test(schema))
    throw new StoreError('failed', `open a store in PostgreSQL: its schema is '${schema}', a-z, 0-9 and '_' are needed`)
  const attributes = searchParams.get('target_session_attrs') ?? 'read-write'
  if (attributes !== 'read-write' && attributes !== 'primary')
    throw new StoreError(
      'failed',
      `open a store in PostgreSQL: target_session_attrs is '${attributes}', and decisions are made on the primary only: 'read-write'`,
    )
  return {
    servers: servers.map((each) => {
      const server = new URL(each)
      server.searchParams.delete('schema')
      server.searchParams.delete('target_session_attrs')
      return server.href
    }),
    schema,
  }
}

/** The same database, another schema. */
export function withSchema(url: string, schema: string): string {
  const [front = '', query = ''] = url.split('?')
  const searchParams = new URLSearchParams(query)
  searchParams.set('schema', schema)
  return `${front}?${searchParams.toString()}`
}

function serversIn(url: string): string[] | undefined {
  const [, scheme = '', user = '', hosts = '', path = '', query] = form.exec(url) ?? []
  const servers = hosts
    .split(',')
    .map((host) => `${scheme}${user}${host}${path}${query === undefined ? '' : `?${query}`}`)
  return hosts !== '' && servers.every((server) => URL.canParse(server)) ? servers : undefined
}
