import { times } from '@dcann/protocol/limits'
import { signatureProfile } from '@dcann/protocol/request-signature'
import type { z } from 'zod'
import { problemResponses, problemSchema } from './openapi-problems.ts'
import { createSchemaShelf, type JsonObject, type SchemaShelf } from './openapi-schemas.ts'
import type { Api, Operation, OperationAnswer } from './operation.ts'

/** An OpenAPI 3.1 document. */
export type OpenApi = {
  readonly openapi: '3.1.0'
  readonly info: JsonObject
  readonly servers: readonly JsonObject[]
  readonly security?: readonly JsonObject[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, JsonObject>>>>
  readonly components: { readonly schemas: Readonly<Record<string, JsonObject>> } & JsonObject
}

/** The document of an API that the world reaches under `publicUrl`. Throws when a parameter of a path has no schema. */
export function openApiOf(api: Api, publicUrl: string): OpenApi {
  const shelf = createSchemaShelf(api.schemas)
  const byPath = Map.groupBy(api.operations, ({ path }) => templateOf(path))
  const paths = Object.fromEntries(
    [...byPath].map(([path, operations]) => [
      path,
      Object.fromEntries(
        operations.map((each) => [each.method.toLowerCase(), operationOf(each, shelf, api.plain ?? false)]),
      ),
    ]),
  )
  return {
    openapi: '3.1.0',
    info: { title: api.title, version: '1', description: api.description, license: { name: 'Apache-2.0' } },
    servers: [{ url: publicUrl }],
    ...(api.plain ? { security: [{ token: [] }] } : {}),
    paths,
    components: {
      schemas: { ...shelf.reached(paths), Problem: problemSchema },
      ...(api.operations.some(({ authenticated }) => authenticated) ? signing : {}),
      ...(api.plain ? { securitySchemes: { token: bearer } } : {}),
    },
  }
}

/** The path of the router as OpenAPI writes it: `/v1/records/{id}`. */
export function templateOf(path: string): string {
  return path.replaceAll(/:(\w+)/g, '{$1}').replace(/\*$/, '{path}')
}

function operationOf(operation: Operation, shelf: SchemaShelf, plain: boolean): JsonObject {
  const { name, summary, description, body, answers, authenticated, revalidates = false } = operation
  const typeName = `${name.charAt(0).toUpperCase()}${name.slice(1)}`
  const parameters = [
    ...pathParameters(operation, shelf),
    ...queryParameters(operation, shelf),
    ...(revalidates ? [ifNoneMatch] : []),
    ...(authenticated
      ? Object.keys(signing.parameters).map((each) => ({ $ref: `#/components/parameters/${each}` }))
      : []),
  ]
  return {
    operationId: name,
    summary,
    ...(description === undefined ? {} : { description }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            description: plain ? plainBody : 'Canonical JSON: the bytes equal their RFC 8785 form.',
            content: { 'application/json': { schema: shelf.refer(body, `${typeName}Call`) } },
          },
        }),
    ...(operation.text === undefined
      ? {}
      : { requestBody: { required: true, description: operation.text, content: { 'text/plain': { schema: text } } } }),
    responses: {
      ...Object.fromEntries(
        answers.map((each) => [String(each.status), answerOf(each, summary, revalidates, shelf, `${typeName}Answer`)]),
      ),
      ...(revalidates ? { '304': { description: 'The caller has it already.', headers: etag } } : {}),
      ...problemResponses(operation, plain),
    },
    ...(authenticated ? { security: [{ signature: [] }] } : {}),
  }
}

function answerOf(
  answer: OperationAnswer,
  summary: string,
  revalidates: boolean,
  shelf: SchemaShelf,
  name: string,
): JsonObject {
  return {
    description: answer.when ?? summary,
    ...(revalidates ? { headers: etag } : {}),
    content:
      'schema' in answer
        ? { 'application/json': { schema: shelf.refer(answer.schema, name) } }
        : { [answer.mediaType]: {} },
  }
}

function pathParameters({ name, path, params = {} }: Operation, shelf: SchemaShelf): JsonObject[] {
  return [...templateOf(path).matchAll(/\{(\w+)\}/g)].map(([, parameter = '']) => {
    const schema = params[parameter]
    if (!schema) throw new Error(`writing the API document: ${name} has no schema for {${parameter}} of its path`)
    return { name: parameter, in: 'path', required: true, schema: shelf.inline(schema) }
  })
}

function queryParameters({ query }: Operation, shelf: SchemaShelf): JsonObject[] {
  // the members of an object's shape are schemas, whatever the object is of
  const shape: Readonly<Record<string, z.ZodType>> = query?.shape ?? {}
  return Object.entries(shape).map(([parameter, schema]) => ({
    name: parameter,
    in: 'query',
    required: !schema.safeParse(undefined).success,
    schema: shelf.inline(schema),
  }))
}

const text = { type: 'string' }
const etag = { etag: { description: 'What If-None-Match may name.', schema: text } }
const ifNoneMatch = { name: 'if-none-match', in: 'header', required: false, schema: text }

const plainBody = 'JSON in UTF-8, in any order and spacing. A member twice, an unnamed member or a fraction is refused.'
const bearer = { type: 'http', scheme: 'bearer', description: 'The text in the token file of this listener.' }

/** The one profile of RFC 9421, in words: OpenAPI has no grammar for it. spec: request#signature */
const signing = {
  parameters: {
    ContentDigest: {
      name: 'content-digest',
      in: 'header',
      required: true,
      description: 'RFC 9530: exactly one member, sha-256, over the bytes of the body.',
      schema: { type: 'string', pattern: '^sha-256=:[A-Za-z0-9+/]{43}=:$' },
    },
    SignatureInput: {
      name: 'signature-input',
      in: 'header',
      required: true,
      description: `RFC 9421: one member, ${signatureProfile.label}.`,
      schema: { type: 'string', pattern: `^${signatureProfile.label}=\\(` },
    },
    Signature: {
      name: 'signature',
      in: 'header',
      required: true,
      description: `RFC 9421: one member, ${signatureProfile.label}.`,
      schema: { type: 'string', pattern: `^${signatureProfile.label}=:[A-Za-z0-9+/]+=*:$` },
    },
  },
  securitySchemes: {
    signature: {
      type: 'apiKey',
      in: 'header',
      name: 'signature',
      description: [
        `An HTTP message signature (RFC 9421) under the label ${signatureProfile.label}, over`,
        `${signatureProfile.components.map((each) => `\`${each}\``).join(', ')} in this order, with the parameters`,
        `${signatureProfile.parameters.map((each) => `\`${each}\``).join(', ')}: \`alg\` is ${signatureProfile.algorithm},`,
        `\`tag\` is ${signatureProfile.tag}, \`keyid\` the RFC 7638 thumbprint of a key that signs for \`from\` in the body,`,
        `\`nonce\` 22 to 64 characters of base64url that are good once, and \`expires\` at most ${times.signatureLife}`,
        'seconds after `created`. `@target-uri` begins with the address of this document.',
      ].join(' '),
    },
  },
}
