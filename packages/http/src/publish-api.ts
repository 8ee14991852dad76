import type { Context, Hono } from 'hono'
import { entityTag, isHeld } from './entity-tag.ts'
import type { DoorEnv } from './exchange.ts'
import { type OpenApi, openApiOf } from './openapi.ts'
import type { Api, Operation } from './operation.ts'
import { referencePolicy } from './reference/style.ts'

const told = { method: 'GET', revalidates: true, authenticated: false, problems: [] } as const

/** The operations that serve the document, for programs and for people; in it like every other. */
const document: Operation = {
  ...told,
  path: '/openapi.json',
  name: 'describeApi',
  summary: 'This document: every call, its schemas and its refusals',
  answers: [{ status: 200, mediaType: 'application/json' }],
}
const reference: Operation = {
  ...told,
  path: '/docs',
  name: 'showReference',
  summary: 'The same as a page to read, without scripts',
  answers: [{ status: 200, mediaType: 'text/html' }],
}

/**
 * Serves the API document at `/openapi.json` and as a page at `/docs`, each made when it is first asked for. Comes after
 * every route: throws when a route has no operation or an operation no route, so that no node starts with a route that the
 * document leaves out.
 */
export function publishApi(app: Hono<DoorEnv>, api: Api, publicUrl: string): void {
  const whole = { ...api, operations: [...api.operations, document, reference] }
  const written = (): OpenApi => openApiOf(whole, publicUrl)
  app.get(
    document.path,
    givenAgain(() => JSON.stringify(written()), { 'content-type': 'application/json' }),
  )
  app.get(
    reference.path,
    givenAgain(async () => await (await import('./reference/page.ts')).referencePage(written()), {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': referencePolicy,
    }),
  )
  refuseUndocumented(app, whole.operations)
}

/** Answers with what is made once, with its tag. */
function givenAgain(
  make: () => string | Promise<string>,
  headers: Readonly<Record<string, string>>,
): (c: Context<DoorEnv>) => Promise<Response> {
  let made: Promise<{ readonly body: string; readonly etag: string }> | undefined
  const tagged = async () => {
    const body = await make()
    return { body, etag: entityTag(body) }
  }
  return async (c) => {
    const { body, etag } = await (made ??= tagged())
    const kept = { etag, 'cache-control': 'public, max-age=300' }
    if (isHeld(etag, c.req.header('if-none-match'))) return new Response(null, { status: 304, headers: kept })
    return new Response(body, { headers: { ...kept, ...headers } })
  }
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
