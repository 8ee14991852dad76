import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { createDoor } from './door.ts'
import { createLogger } from './log.ts'
import { createMetrics } from './metrics.ts'
import { openApiOf, templateOf } from './openapi.ts'
import { codesOf } from './openapi-problems.ts'
import type { Api, Operation } from './operation.ts'
import { publishApi } from './publish-api.ts'

const publicUrl = 'https://node.example'
const name = z.string().regex(/^[a-z]+$/)
const thing = z.strictObject({ name, inside: z.array(name), more: z.json().optional() })
const make: Operation = {
  method: 'POST',
  path: '/things',
  name: 'makeThing',
  summary: 'Make a thing',
  body: thing,
  answers: [{ status: 201, schema: z.strictObject({ made: thing, extra: z.json() }) }],
  authenticated: true,
  problems: ['rule-broken', 'rate-limited'],
}
const read: Operation = {
  method: 'GET',
  path: '/things/:name',
  name: 'readThing',
  summary: 'A thing by its name',
  params: { name },
  query: z.strictObject({ depth: z.string().max(2).optional(), as: z.enum(['a', 'b']) }),
  answers: [{ status: 200, mediaType: 'text/plain' }],
  revalidates: true,
  authenticated: false,
  problems: ['not-found'],
}
const api: Api = {
  title: 'Things',
  description: 'Of things.',
  operations: [make, read],
  schemas: {
    Name: { schema: name, means: 'Small letters.' },
    Unused: { schema: z.string().max(1), means: 'Nothing.' },
  },
}

describe('openApiOf', () => {
  const { paths, components, servers } = openApiOf(api, publicUrl)

  test('refers to each schema by its name, and leaves out what is not used', () => {
    expect(Object.keys(components.schemas)).toEqual(['Json', 'MakeThingAnswer', 'MakeThingCall', 'Name', 'Problem'])
    expect(components.schemas['Name']).toEqual({ type: 'string', pattern: '^[a-z]+$', description: 'Small letters.' })
    expect(components.schemas['MakeThingCall']).toMatchObject({
      additionalProperties: false,
      properties: { name: { $ref: '#/components/schemas/Name' }, more: { $ref: '#/components/schemas/Json' } },
    })
    expect(components.schemas['MakeThingAnswer']).toMatchObject({
      properties: { made: { $ref: '#/components/schemas/MakeThingCall' } },
    })
    expect(servers).toEqual([{ url: publicUrl }])
  })

  test('says what an authenticated operation carries, and by which status it is refused', () => {
    expect(paths['/things']?.['post']).toMatchObject({
      operationId: 'makeThing',
      security: [{ signature: [] }],
      parameters: ['ContentDigest', 'SignatureInput', 'Signature'].map((each) => ({
        $ref: `#/components/parameters/${each}`,
      })),
      responses: {
        201: {},
        401: { content: { 'application/problem+json': {} } },
        403: { content: { 'application/problem+json': { schema: { properties: { status: { const: 403 } } } } } },
        429: { headers: { 'retry-after': { required: true } } },
      },
    })
  })

  test('writes parameters of path and query out of their schemas', () => {
    expect(paths['/things/{name}']?.['get']).toMatchObject({
      parameters: [
        { name: 'name', in: 'path', required: true, schema: { $ref: '#/components/schemas/Name' } },
        { name: 'depth', in: 'query', required: false, schema: { type: 'string', maxLength: 2 } },
        { name: 'as', in: 'query', required: true, schema: { enum: ['a', 'b'] } },
        { name: 'if-none-match', in: 'header' },
      ],
      responses: { 200: { content: { 'text/plain': {} } }, 304: {} },
    })
    expect(paths['/things/{name}']?.['get']).not.toHaveProperty('security')
  })

  test('does without words on signatures where nothing is signed', () => {
    expect(openApiOf({ ...api, operations: [read] }, publicUrl).components).not.toHaveProperty('securitySchemes')
  })

  test('throws for a parameter of a path without a schema', () => {
    expect(() => openApiOf({ ...api, operations: [{ ...read, params: {} }] }, publicUrl)).toThrow('{name}')
  })
})

test.each([
  ['/v1/root', '/v1/root'],
  ['/v1/zones/:zone/record', '/v1/zones/{zone}/record'],
  ['/v1/log/tile/*', '/v1/log/tile/{path}'],
])('templateOf: %s is %s', (path, template) => expect(templateOf(path)).toBe(template))

test('codesOf: adds what the door refuses by itself, each once', () => {
  expect(codesOf({ ...read, problems: ['unavailable'] })).toEqual(['malformed-request', 'unavailable', 'internal'])
  expect(codesOf(make)).toEqual(expect.arrayContaining(['not-canonical', 'replayed', 'rule-broken']))
  expect(codesOf({ ...make, authenticated: false })).not.toContain('replayed')
})

describe('publishApi', () => {
  const opened = () =>
    createDoor({
      now: () => 0,
      publicUrl,
      logger: createLogger({ name: 'test', level: 'silent' }),
      metrics: createMetrics(),
    }).app()

  test('serves the document with an ETag, itself among its operations', async () => {
    const app = opened()
    app.post(make.path, (c) => c.body(null)).get(read.path, (c) => c.body(null))
    publishApi(app, api, publicUrl)
    const answer = await app.request('/openapi.json')
    expect(await answer.json()).toMatchObject({ paths: { '/openapi.json': { get: { operationId: 'describeApi' } } } })
    const headers = { 'if-none-match': answer.headers.get('etag') ?? '' }
    expect((await app.request('/openapi.json', { headers })).status).toBe(304)
  })

  test('throws for a route without an operation, and for an operation without a route', () => {
    const app = opened()
    app.post(make.path, (c) => c.body(null)).delete(read.path, (c) => c.body(null))
    expect(() => publishApi(app, api, publicUrl)).toThrow(
      'DELETE /things/:name is a route without an operation; GET /things/:name is an operation without a route',
    )
  })
})
