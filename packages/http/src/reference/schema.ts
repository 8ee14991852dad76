import { html } from 'hono/html'
import type { JsonObject } from '../openapi-schemas.ts'
import { type Html, inWords } from './words.ts'

/** Where the page has a named schema. */
export function anchorOf(name: string): string {
  return `schema-${name}`
}

/** What a schema admits, in words and links; members of an object in a table. */
export function typeOf(schema: unknown): Html {
  if (!isSchema(schema)) return html`anything`
  const { $ref: reference, anyOf, const: only, enum: some, type } = schema
  if (typeof reference === 'string') {
    const name = reference.split('/').at(-1) ?? ''
    return html`<a href="#${anchorOf(name)}">${name}</a>`
  }
  if (Array.isArray(anyOf)) return html`${anyOf.map((each, i) => html`${i === 0 ? '' : ' or '}${typeOf(each)}`)}`
  if (only !== undefined) return html`<code>${JSON.stringify(only)}</code>`
  if (Array.isArray(some)) return oneOf(some)
  if (type === 'array') return html`array${boundsOf(schema)} of ${typeOf(schema['items'])}`
  if (type === 'object') return membersOf(schema) ?? byName(schema)
  if (typeof type === 'string') return html`${type}${boundsOf(schema)}`
  return html`anything`
}

/** The members of an object that has names for them; `undefined` for anything else. */
export function membersOf(schema: JsonObject): Html | undefined {
  const { properties, required } = schema
  if (!isSchema(properties) || Object.keys(properties).length === 0) return undefined
  const needed = Array.isArray(required) ? required : []
  return html`<table>
    <tbody>
      ${Object.entries(properties).map(
        ([name, member]) =>
          html`<tr>
            <th scope="row"><code>${name}</code></th>
            <td>
              ${needed.includes(name) ? '' : 'may be left out: '}${typeOf(member)}
              ${
                isSchema(member) && member['description'] !== undefined
                  ? html`<p>${inWords(member['description'])}</p>`
                  : ''
              }
            </td>
          </tr>`,
      )}
    </tbody>
  </table>`
}

function byName({ additionalProperties, propertyNames }: JsonObject): Html {
  if (!isSchema(additionalProperties)) return html`object`
  const named = isSchema(propertyNames) ? html`, each name ${typeOf(propertyNames)}` : ''
  return html`object with ${typeOf(additionalProperties)} under each name${named}`
}

/** More than these are folded away. */
const shownMost = 12

function oneOf(values: readonly unknown[]): Html {
  const all = html`${values.map((each, i) => html`${i === 0 ? '' : ', '}<code>${JSON.stringify(each)}</code>`)}`
  if (values.length <= shownMost) return html`one of ${all}`
  return html`<details>
    <summary>one of ${values.length}</summary>
    ${all}
  </details>`
}

function boundsOf(schema: JsonObject): Html {
  const { pattern, format } = schema
  const between = (least: unknown, most: unknown, unit: string): string[] => {
    if (typeof least === 'number' && typeof most === 'number') return [`${least} to ${most}${unit}`]
    if (typeof most === 'number') return [`at most ${most}${unit}`]
    return typeof least === 'number' ? [`at least ${least}${unit}`] : []
  }
  const bounds = [
    ...between(telling(schema['minimum']), telling(schema['maximum']), ''),
    ...between(schema['minLength'], schema['maxLength'], ' characters'),
    ...between(schema['minItems'], schema['maxItems'], ''),
    ...(typeof format === 'string' ? [format] : []),
  ]
  return html`${bounds.map((each) => html`, ${each}`)}${
    typeof pattern === 'string' ? html`, <code>${pattern}</code>` : ''
  }`
}

/** That a number is one that JSON can carry exactly says nothing. */
function telling(bound: unknown): unknown {
  return typeof bound === 'number' && Math.abs(bound) === Number.MAX_SAFE_INTEGER ? undefined : bound
}

function isSchema(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
