import { html, raw } from 'hono/html'
import type { JsonObject } from '../openapi-schemas.ts'
import type { OpenApi } from '../openapi.ts'
import { type Html, inWords } from './words.ts'
import { anchorOf, membersOf, typeOf } from './schema.ts'
import { referenceStyle } from './style.ts'

/** An operation as the document has it: what a reader is shown of it. */
type Described = {
  readonly operationId: string
  readonly summary: string
  readonly description?: string
  readonly parameters?: readonly JsonObject[]
  readonly requestBody?: { readonly description?: string; readonly content: Content }
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>
  readonly security?: readonly object[]
}
type Content = Readonly<Record<string, { readonly schema?: JsonObject }>>

type Call = { readonly method: string; readonly path: string; readonly operation: Described }

/**
 * An API document for people to read: one page that has no script and loads nothing. Every text in it is escaped, whoever
 * wrote the document.
 */
export async function referencePage(document: OpenApi): Promise<string> {
  const { title, description } = document.info
  const calls = Object.entries(document.paths).flatMap(([path, item]) =>
    // `openApiOf` made it, or a test that fails on another form
    Object.entries(item).map(([method, operation]): Call => ({ method, path, operation: operation as Described })),
  )
  const page = await html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>${title}</title>
        ${raw(`<style>${referenceStyle}</style>`)}
      </head>
      <body>
        <a class="past" href="#calls">Past the list of calls</a>
        <header>
          <h1>${title}</h1>
          <p>${inWords(description)}</p>
          <p>
            At <code>${document.servers[0]?.['url']}</code>. For programs: <a href="openapi.json">openapi.json</a>,
            OpenAPI 3.1, made of the schemas that judge what is sent.
          </p>
        </header>
        <nav aria-label="Calls">
          <ol>
            ${calls.map(
              ({ method, path, operation }) =>
                html`<li>
                  <a href="#${operation.operationId}"><b class="${method}">${method.toUpperCase()}</b> ${path}</a>
                </li>`,
            )}
          </ol>
        </nav>
        <main id="calls">
          ${calls.map((call) => callOf(document, call))}
          <h2 id="schemas">Schemas</h2>
          ${Object.entries(document.components.schemas).map(([name, schema]) => schemaOf(name, schema))}
        </main>
      </body>
    </html> `
  return page.toString()
}

function callOf(document: OpenApi, { method, path, operation }: Call): Html {
  const { operationId, summary, description, requestBody, responses, security } = operation
  const parameters = (operation.parameters ?? []).map((each) => resolved(document, each))
  return html`<section id="${operationId}">
    <h2>
      <a href="#${operationId}"><b class="${method}">${method.toUpperCase()}</b> <code>${path}</code></a>
    </h2>
    <p>${summary}.</p>
    ${description === undefined ? '' : html`<p>${inWords(description)}</p>`}
    ${security ? html`<p class="signed">Signed: see the three headers.</p>` : ''}
    ${parameters.length === 0 ? '' : parametersOf(parameters)}
    ${
      requestBody
        ? html`<h3>Body</h3>
            ${bodyOf(requestBody.content)}
            <p>${inWords(requestBody.description)}</p>`
        : ''
    }
    <h3>Answers</h3>
    <dl>
      ${Object.entries(responses).map(
        ([status, answer]) =>
          html`<dt><code>${status}</code></dt>
            <dd>
              ${Number(status) < 400 ? bodyOf(answer.content ?? {}) : ''}
              <p>${inWords(answer.description)}</p>
            </dd>`,
      )}
    </dl>
  </section>`
}

function parametersOf(parameters: readonly JsonObject[]): Html {
  return html`<h3>Parameters</h3>
    <table>
      <tbody>
        ${parameters.map(
          ({ name, in: where, required, schema, description }) =>
            html`<tr>
              <th scope="row"><code>${name}</code></th>
              <td>
                ${where}${required === true ? '' : ', may be left out'}: ${typeOf(schema)}
                ${description === undefined ? '' : html`<p>${inWords(description)}</p>`}
              </td>
            </tr>`,
        )}
      </tbody>
    </table>`
}

function bodyOf(content: Content): Html {
  return html`${Object.entries(content).map(
    ([type, { schema }]) => html`<p><code>${type}</code>${schema === undefined ? '' : html`: ${typeOf(schema)}`}</p>`,
  )}`
}

function schemaOf(name: string, schema: JsonObject): Html {
  const members = membersOf(schema)
  return html`<section id="${anchorOf(name)}">
    <h3><a href="#${anchorOf(name)}">${name}</a></h3>
    ${schema['description'] === undefined ? '' : html`<p>${inWords(schema['description'])}</p>`}
    ${members ?? html`<p>${typeOf(schema)}</p>`}
  </section>`
}

function resolved(document: OpenApi, parameter: JsonObject): JsonObject {
  const reference = parameter['$ref']
  if (typeof reference !== 'string') return parameter
  const known = document.components['parameters']
  const name = reference.split('/').at(-1) ?? ''
  // the components of the document itself, which refers to none that is not there
  return (known as Readonly<Record<string, JsonObject>> | undefined)?.[name] ?? parameter
}
