import type { OpenApi } from '@dcann/http/openapi'
import { Ajv2020, type AnySchemaObject, type ValidateFunction } from 'ajv/dist/2020.js'

/** What went over the wire between a client and one node, its JSON read. */
export type Exchange = {
  readonly method: string
  readonly url: URL
  readonly headers: Headers
  readonly body: unknown
  readonly status: number
  readonly mediaType: string
  readonly answer: unknown
}

type Content = Readonly<Record<string, { readonly schema?: AnySchemaObject }>>

/** An operation as the document has it: no more of it than the tests look at. */
export type Described = {
  readonly operationId: string
  readonly parameters?: readonly { readonly $ref?: string; readonly in?: string; readonly name?: string }[]
  readonly requestBody?: { readonly content: Content }
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>
  readonly security?: readonly object[]
}

/** Every operation of a document with its method and path. */
export function operationsOf(
  document: OpenApi,
): { readonly method: string; readonly path: string; readonly operation: Described }[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    // `as`: a document that has not this form fails the tests that look into it
    Object.entries(item).map(([method, operation]) => ({ method, path, operation: operation as unknown as Described })),
  )
}

/** The operation that an exchange was, and what of the exchange is not as the document says. */
export function judgeExchange(
  document: OpenApi,
  { method, url, headers, body, status, mediaType, answer }: Exchange,
): { readonly operation: string; readonly faults: readonly string[] } {
  const found = operationsOf(document).find(
    (each) => each.method === method.toLowerCase() && patternOf(each.path).test(url.pathname),
  )
  if (!found) return { operation: 'none', faults: [`${method} ${url.pathname} is no operation`] }
  const { operation } = found
  const here = `${operation.operationId} ${status}`
  const content = operation.responses[String(status)]?.content?.[mediaType]
  const named = new Set((operation.parameters ?? []).filter((each) => each.in === 'query').map((each) => each.name))
  return {
    operation: operation.operationId,
    faults: [
      ...(body === undefined
        ? []
        : faultsOf(document, operation.requestBody?.content['application/json']?.schema, body, `${here} call`)),
      ...[...url.searchParams.keys()].filter((each) => !named.has(each)).map((each) => `${here}: query ${each}`),
      ...(operation.security && !headers.has('signature') && status < 300 ? [`${here}: needs no signature`] : []),
      ...(content ? [] : [`${here}: ${mediaType} is not described`]),
      ...(content?.schema ? faultsOf(document, content.schema, answer, `${here} answer`) : []),
    ],
  }
}

/** The schemas of a document that refer to what is not there. */
export function schemasApart(document: OpenApi): string[] {
  const bodies = operationsOf(document).flatMap(({ operation }) =>
    [operation.requestBody, ...Object.values(operation.responses)].flatMap((each) =>
      Object.values(each?.content ?? {}).flatMap(({ schema }) => (schema ? [schema] : [])),
    ),
  )
  return [...bodies, ...Object.values(document.components.schemas)].flatMap((schema) => {
    try {
      judgeOf(document, schema)
      return []
    } catch (error) {
      return [String(error)]
    }
  })
}

function faultsOf(document: OpenApi, schema: AnySchemaObject | undefined, value: unknown, place: string): string[] {
  if (schema === undefined) return [`${place}: not described`]
  const judge = judgeOf(document, schema)
  if (judge(value)) return []
  return (judge.errors ?? []).map(({ instancePath, message }) => `${place}${instancePath}: ${message ?? ''}`)
}

function judgeOf(document: OpenApi, schema: AnySchemaObject): ValidateFunction {
  const ajv = judges.get(document) ?? new Ajv2020({ strict: false, allErrors: true, validateFormats: false })
  if (!judges.has(document)) ajv.addSchema({ $id: 'https://api.example/document', components: document.components })
  judges.set(document, ajv)
  const text = JSON.stringify(schema).replaceAll('"#/components/', '"https://api.example/document#/components/')
  // `as`: the schema itself, its references made to lead into the document from outside
  return ajv.compile(JSON.parse(text) as AnySchemaObject)
}

/** One for each document, since what is compiled once need not be again. */
const judges = new WeakMap<OpenApi, Ajv2020>()

/** The last parameter of a path of tiles holds slashes; no other does. */
function patternOf(path: string): RegExp {
  return new RegExp(
    `^${path
      .replaceAll(/[.]/g, '\\.')
      .replaceAll('{path}', '.+')
      .replaceAll(/\{\w+\}/g, '[^/]+')}$`,
  )
}
