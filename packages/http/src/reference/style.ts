import { createHash } from 'node:crypto'

/** The one style of the page, in it and allowed by its digest alone. */
export const referenceStyle = `
:root { color-scheme: light dark; --ink: light-dark(#1b1f24, #e8e6e3); --soft: light-dark(#57606a, #a5a09a);
  --ground: light-dark(#fdfcfa, #16181b); --line: light-dark(#ddd8d0, #363a40); --get: light-dark(#0b6b4f, #6fd3b0);
  --post: light-dark(#8a3b12, #f0a878); }
* { box-sizing: border-box }
html { scroll-padding-top: 1rem }
body { margin: 0 auto; max-width: 76rem; padding: 1.5rem; background: var(--ground); color: var(--ink);
  font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: anywhere }
code { overflow-wrap: anywhere } dd p code { white-space: nowrap } code { font: .875em/1.5 ui-monospace, monospace }
h1 { font-size: 1.9rem; margin: 0 0 .5rem } h2 { font-size: 1.15rem; margin: 0 } h3 { font-size: 1rem; margin: 1.2rem 0 .3rem }
a { color: inherit; text-underline-offset: .2em } a:focus-visible { outline: 3px solid var(--get); outline-offset: 2px }
h2 a, h3 a, nav a { text-decoration: none } h2 a:hover, h3 a:hover, nav a:hover { text-decoration: underline }
.past { position: absolute; left: -100vw } .past:focus { left: 1rem; top: .2rem }
.get { color: var(--get) } .post { color: var(--post) } b { font: 600 .8em ui-monospace, monospace }
nav ol { list-style: none; padding: 0; font-size: .9rem } nav li { padding: .15rem 0 }
section { border-top: 1px solid var(--line); padding: 1.4rem 0 } section > p { max-width: 46rem; margin: .5rem 0 }
table { border-collapse: collapse; width: 100% } table table { margin: .3rem 0 }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-top: 1px solid var(--line) }
tr:first-child > * { border-top: 0 } th { font-weight: 400; width: 11rem } td p { margin: .2rem 0; color: var(--soft) }
dl { display: grid; grid-template-columns: 3rem 1fr; gap: .2rem .8rem; margin: 0 } dd { margin: 0 } dd p { margin: 0 0 .3rem }
.signed { color: var(--soft) }
@media (min-width: 60rem) {
  body { display: grid; grid-template-columns: 19rem minmax(0, 1fr); gap: 0 2.5rem } header { grid-column: 1 / -1 }
  nav { position: sticky; top: 0; align-self: start; max-height: 100vh; overflow: auto }
}
@media (max-width: 30rem) { body { padding: 1rem } th { width: 7rem } }
`

/** What the page may do: show itself in its own style, and nothing else. */
export const referencePolicy = [
  "default-src 'none'",
  `style-src 'sha256-${digestOf(referenceStyle)}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64')
}
