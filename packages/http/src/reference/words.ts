import { html } from 'hono/html'

/** Text for a page, in which everything that is not markup of ours is escaped. */
export type Html = ReturnType<typeof html>

/** Words of an API document, with what stands between backquotes set as code. */
export function inWords(text: unknown): Html {
  const parts = typeof text === 'string' ? text.split('`') : []
  return html`${parts.map((part, i) => (i % 2 === 1 ? html`<code>${part}</code>` : part))}`
}
