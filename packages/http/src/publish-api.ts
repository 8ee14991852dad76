import type { Hono } from 'hono'
import { entityTag, isHeld } from './entity-tag.ts'
import type { DoorEnv } from './exchange.ts'
import { openApiOf } from './openapi.ts'
import type { Api, Operation } from './operation.ts'

/** The operation that serves the document; in it like every other. */
const itself: Operation = {
  method: 'GET',
  path: '/openapi.json',
  name: 'describeApi',
  summary: 'This document: every call, its schemas and its refusals',
  answers: [{ status: 200, mediaType: 'application/json' }],
  revalidates: true,
  authenticated: false,
  problems: [],
}

/**
 * Serves the API document at `/openapi.json`, made when it is first asked for. Comes after every route: throws when a
 * route has no operation or an operation no route, so that no node starts with a route that the document leaves out.
 */
export function publishApi(app: Hono<DoorEnv>, api: Api, publicUrl: string): void {
  const whole = { ...api, operations: [...api.operations, itself] }
  let made: { readonly body: string; readonly etag: string } | undefined
  const document = () => {
    const body = JSON.stringify(openApiOf(whole, publicUrl))
    return { body, etag: entityTag(body) }
  }
  app.get(itself.path, (c) => {
    const { body, etag } = (made ??= document())
    const headers = { etag, 'cache-control': 'public, max-age=300' }
    if (isHeld(etag, c.req.header('if-none-match'))) return new Response(null, { status: 304, headers })
    return new Response(body, { headers: { ...headers, 'content-type': 'application/json' } })
  })
  refuseUndocumented(app, whole.operations)
}

function refuseUndocumented(app: Hono<DoorEnv>, operations: readonly Operation[]): void {
  const named = (all: readonly { readonly method: string; readonly path: string }[]) =>
    new Set(all.map(({ method, path }) => `${method} ${path}`))
  const routes = named(app.routes)
  const documented = named(operations)
  const apart = [
    ...[...routes.difference(documented)].map((each) => `${each} is a route without an operation`),
    ...[...documented.difference(routes)].map((each) => `${each} is an operation without a route`),
  ]
  if (apart.length > 0) throw new Error(`publishing the API: ${apart.join('; ')}`)
}
