import type { Plugin } from 'vite'

const jsonSchema = 'left-out:json-schema'
const agreement = 'left-out:key-agreement'

/**
 * Leaves out of a bundle what no page uses: what writes JSON schemas, which schemas bring along as methods of theirs, where
 * pages only check; what compiles schemas by `new Function`, which the pages' policy forbids; and key agreement, since no page seals or opens anything yet. Each of what is left out throws when it
 * is called, so a page that began to need it would say so.
 */
export function withoutUnused(): Plugin {
  return {
    name: 'without-unused',
    enforce: 'pre',
    resolveId(source, importer) {
      if (source === '@noble/curves/ed25519.js') return agreement
      const isZod = importer !== undefined && importer.endsWith('/zod/v4/classic/schemas.js')
      return isZod && /\/(json-schema-processors|to-json-schema)\.js$/.test(source) ? jsonSchema : null
    },
    transform(code, id) {
      if (!id.endsWith('/zod/v4/core/core.js')) return null
      const settings = 'export const globalConfig = globalThis.__zod_globalConfig;'
      if (!code.includes(settings)) throw new Error('building pages: zod keeps its settings in another way than before')
      return { code: code.replace(settings, `${settings} globalConfig.jitless = true;`), map: null }
    },
    load(id) {
      if (id === agreement)
        return "const leftOut = () => { throw new Error('agreeing on a key: left out of this bundle') }\nexport const x25519 = { getPublicKey: leftOut, getSharedSecret: leftOut }"
      if (id !== jsonSchema) return null
      const names = ['createStandardJSONSchemaMethod', 'createToJSONSchemaMethod', 'aggregateChecks', ...processors]
      const made = names.map((name) => `export const ${name} = leftOut`)
      return `const leftOut = () => () => { throw new Error('writing a JSON schema: left out of this bundle') }\n${made.join('\n')}`
    },
  }
}

/** What schemas of every kind call by name. */
const processors = [
  'any',
  'array',
  'bigint',
  'boolean',
  'catch',
  'custom',
  'date',
  'default',
  'enum',
  'file',
  'function',
  'intersection',
  'lazy',
  'literal',
  'map',
  'nan',
  'never',
  'nonoptional',
  'null',
  'nullable',
  'number',
  'object',
  'optional',
  'pipe',
  'prefault',
  'promise',
  'readonly',
  'record',
  'set',
  'string',
  'success',
  'symbol',
  'templateLiteral',
  'transform',
  'tuple',
  'undefined',
  'union',
  'unknown',
  'void',
].map((kind) => `${kind}Processor`)
