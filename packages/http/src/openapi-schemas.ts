import { z } from 'zod'
import type { NamedSchema } from './operation.ts'

/** A JSON schema of draft 2020-12, or part of an OpenAPI document. */
export type JsonObject = Readonly<Record<string, unknown>>

/** Where the schemas of a document are gathered, so that each is written once. */
export type SchemaShelf = {
  /** A reference to the schema; it stands under its own name, or under `name` when it has none. */
  readonly refer: (schema: z.ZodType, name: string) => JsonObject
  /** The schema of a parameter, written out unless it has a name. */
  readonly inline: (schema: z.ZodType) => JsonObject
  /** The named schemas that `start` leads to, in the order of their names. */
  readonly reached: (start: unknown) => Record<string, JsonObject>
}

const place = '#/components/schemas/'

/** Gathers what is referred to; `named` have their names beforehand. */
export function createSchemaShelf(named: Readonly<Record<string, NamedSchema>>): SchemaShelf {
  const registry = z.registry<{ id: string }>()
  const names = new Map<z.ZodType, string>()
  const add = (schema: z.ZodType, name: string): string => {
    const known = names.get(schema)
    if (known !== undefined) return known
    names.set(schema, name)
    registry.add(schema, { id: name })
    return name
  }
  for (const [name, { schema }] of Object.entries(named)) add(schema, name)

  return {
    refer: (schema, name) => ({ $ref: place + add(schema, name) }),
    inline(schema) {
      const name = names.get(schema)
      return name === undefined ? bare(z.toJSONSchema(schema, { io: 'input' })) : { $ref: place + name }
    },
    reached(start) {
      const all = written(registry, named)
      const found = new Set<string>()
      const follow = (value: unknown): void => {
        for (const [, name = ''] of JSON.stringify(value).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
          if (found.has(name)) continue
          found.add(name)
          follow(all[name] ?? {})
        }
      }
      follow(start)
      return Object.fromEntries([...found].sort().flatMap((name) => (all[name] ? [[name, all[name]]] : [])))
    },
  }
}

/** Every schema of the registry in draft 2020-12, referring to each other within the document. */
function written(
  registry: z.core.$ZodRegistry<{ id: string }>,
  named: Readonly<Record<string, NamedSchema>>,
): Record<string, JsonObject> {
  const { schemas } = z.toJSONSchema(registry, { io: 'input', uri: (id) => place + id })
  // what refers to itself is written apart, once for each place; JSON of any kind is the one such schema
  const apart = JSON.stringify(schemas).replaceAll(/#\/components\/schemas\/__shared#\/\$defs\/\w+/g, `${place}Json`)
  // ours, from the line before
  const { __shared: looped = {}, ...rest } = JSON.parse(apart) as Record<string, JsonObject>
  const loops = new Set(Object.values(looped['$defs'] ?? {}).map((each) => JSON.stringify(each)))
  if (loops.size > 1) throw new Error('writing the API document: several schemas refer to themselves, give them names')
  const json = Object.fromEntries(
    Object.entries(rest).map(([name, schema]) => {
      const means = named[name]?.means
      return [name, { ...(means === undefined ? {} : { description: means }), ...bare(schema) }]
    }),
  )
  const [loop] = loops
  return loop === undefined ? json : { ...json, Json: { description: 'Any JSON.', ...JSON.parse(loop) } }
}

function bare({ $schema: _dialect, $id: _id, ...schema }: JsonObject): JsonObject {
  return schema
}
