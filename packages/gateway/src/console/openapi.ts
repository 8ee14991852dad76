import type { DoorEnv } from '@dcann/http/door'
import { problems } from '@dcann/http/problem'
import type { Hono } from 'hono'
import { z } from 'zod'
import {
  agreementsAnswer,
  agreementsQuery,
  askAnswer,
  askCall,
  evidenceAnswer,
  evidenceQuery,
  queryAnswer,
  queryCall,
  retireAnswer,
  retireCall,
} from './calls.ts'

type Operation = {
  readonly path: string
  readonly says: string
  readonly status?: 200 | 201
  readonly call?: z.ZodType
  readonly query?: z.ZodObject
  readonly answer: z.ZodType
}

const operations: readonly Operation[] = [
  {
    path: '/v1/asks',
    says: 'Signs an offer and gives the link that hands it to a person',
    status: 201,
    call: askCall,
    answer: askAnswer,
  },
  {
    path: '/v1/agreements',
    says: 'The agreements that wallets brought back, and how each stands at its vault',
    query: agreementsQuery,
    answer: agreementsAnswer,
  },
  { path: '/v1/queries', says: 'Asks the vault under an agreement', call: queryCall, answer: queryAnswer },
  {
    path: '/v1/evidence',
    says: 'The evidence that is kept, newest first',
    query: evidenceQuery,
    answer: evidenceAnswer,
  },
  {
    path: '/v1/evidence/{id}',
    says: 'One evidence package, or one signed refusal, as canonical JSON',
    answer: z.looseObject({ v: z.literal(1) }),
  },
  { path: '/v1/retire', says: 'Gives an agreement up', call: retireCall, answer: retireAnswer },
]

/** The console's own document, OpenAPI 3.1, made from the schemas that its calls and answers are checked with. */
export function openapiDocument(): object {
  return {
    openapi: '3.1.0',
    info: {
      title: 'DCANN gateway',
      version: '1',
      description: 'Plain JSON on loopback for a requester. A member that is not named here is refused.',
    },
    security: [{ token: [] }],
    paths: Object.fromEntries(
      operations.map((operation) => [operation.path, { [operation.call ? 'post' : 'get']: describe(operation) }]),
    ),
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'The text in the token file' } },
      schemas: { Problem: problem },
    },
  }
}

export function showDocument(app: Hono<DoorEnv>): void {
  const document = openapiDocument()
  app.get('/openapi.json', (c) => c.json(document))
}

function describe({ path, says, status = 200, call, query, answer }: Operation): object {
  return {
    summary: says,
    operationId: path.replaceAll(/^\/v1\/|\{|\}/g, '').replaceAll('/', '-'),
    ...(call ? { requestBody: { required: true, content: jsonOf(call, 'input') } } : {}),
    ...(query || path.includes('{id}') ? { parameters: [...inPath(path), ...inQuery(query)] } : {}),
    responses: {
      [status]: { description: 'Done', content: jsonOf(answer, 'output') },
      default: {
        description: 'Refused, or failed: RFC 9457, its type ending in the code',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  }
}

function inPath(path: string): object[] {
  return path.includes('{id}') ? [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }] : []
}

function inQuery(query: z.ZodObject | undefined): object[] {
  return Object.entries(query?.shape ?? {}).map(([name, schema]) => ({
    name,
    in: 'query',
    required: false,
    schema: schemaOf(schema as z.ZodType, 'output'), // a shape holds schemas; zod types them as its core's
  }))
}

function jsonOf(schema: z.ZodType, io: 'input' | 'output'): object {
  return { 'application/json': { schema: schemaOf(schema, io) } }
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, reused: 'inline' })
  return rest
}

const problem = {
  type: 'object',
  required: ['type', 'title', 'status'],
  properties: {
    type: { type: 'string', enum: Object.keys(problems).map((code) => `urn:dcann:error:${code}`) },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    by: { type: 'string', description: 'The vault node that refused' },
    evidence: { type: 'string', description: 'The signed refusal, in GET /v1/evidence/{id}' },
  },
}
