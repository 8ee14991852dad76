import { encode } from 'uqr'
import { firstOf, type Words, wordsFor } from './words.ts'

/**
 * `<ask-with-my-passport requester offer return wallet>`: a button that hands an ask to its reader's own wallet, and a code for a
 * wallet on another device. It asks nobody anything, sets no cookie, and needs nothing of the page but to run this file.
 *
 * ```html
 * <script src="https://gateway.shop.example/ask.js" async></script>
 * <ask-with-my-passport requester="EE/requester/shop" offer="mT0…" return="https://gateway.shop.example/return"
 *   wallet="https://wallet.example"></ask-with-my-passport>
 * ```
 *
 * spec: first-contact#link
 */
export class AskWithMyPassport extends HTMLElement {
  static readonly observedAttributes = ['requester', 'offer', 'return', 'wallet', 'lang']

  connectedCallback(): void {
    const shadow = this.shadowRoot ?? this.attachShadow({ mode: 'open', delegatesFocus: true })
    shadow.adoptedStyleSheets = [sheet()]
    this.show(shadow)
  }

  attributeChangedCallback(): void {
    if (this.isConnected && this.shadowRoot) this.show(this.shadowRoot)
  }

  private show(shadow: ShadowRoot): void {
    const language = firstOf([this.closest('[lang]')?.getAttribute('lang') ?? '', ...navigator.languages])
    const words = wordsFor(language)
    const link = linkOf({
      requester: this.getAttribute('requester') ?? '',
      offer: this.getAttribute('offer') ?? '',
      return: this.getAttribute('return') ?? '',
      wallet: this.getAttribute('wallet') ?? '',
    })
    shadow.replaceChildren(
      ...(link === undefined ? [element('p', { lang: language }, words.broken)] : parts(link, language, words)),
    )
  }
}

export type Ask = {
  readonly requester: string
  readonly offer: string
  /** Where the wallet brings what was agreed. */
  readonly return: string
  /** The wallet of whoever has chosen none; the ask alone, to be pasted into any, where it is empty. */
  readonly wallet: string
}

export type Link = { readonly whole: string | undefined; readonly ask: string }

/** The link of an ask, as `writeAsk` of the SDK writes it. `undefined` for what no wallet would open. */
export function linkOf({ requester, offer, return: to, wallet }: Ask): Link | undefined {
  if (!/^[A-Z]{2}\/requester\/[a-z0-9-]+$/.test(requester) || !/^[\w-]{43}$/.test(offer) || !isWeb(to)) return undefined
  // canonical: members in the order of their names, nothing between them
  const bytes = new TextEncoder().encode(JSON.stringify({ offer, requester, return: to }))
  const text = btoa(String.fromCharCode(...bytes))
  const ask = `ask#${text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}`
  return { ask, whole: isWeb(wallet) ? `${wallet.replace(/\/$/, '')}/${ask}` : undefined }
}

/** An address that a page may send somebody to: no script, no other program. */
function isWeb(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname } = new URL(text)
  return protocol === 'https:' || (protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname))
}

function parts({ whole, ask }: Link, lang: string, words: Words): Element[] {
  const code = drawn(whole ?? ask, words.code)
  const field = element('input', { readonly: '', value: ask, id: 'ask', spellcheck: 'false' })
  field.addEventListener('focus', () => field instanceof HTMLInputElement && field.select())
  const other = element(
    'details',
    { ...(whole === undefined ? { open: '' } : {}) },
    element('summary', {}, words.other),
    element('p', {}, words.scan),
    code,
    element('label', { for: 'ask' }, words.paste),
    field,
  )
  const button =
    whole === undefined
      ? element('p', {}, words.choose)
      : // the wallet offers the way back to where its reader came from: to this site, without the page
        element(
          'a',
          { part: 'button', href: whole, referrerpolicy: 'strict-origin' },
          mark(),
          element('span', {}, words.ask),
        )
  return [element('div', { lang, dir: 'ltr' }, button, element('p', { class: 'why' }, words.why), other)]
}

/** The link as a code, four modules of quiet around it. */
function drawn(text: string, title: string): Element {
  const { data, size } = encode(text, { border: 4 })
  const dark = data.flatMap((row, y) => row.flatMap((on, x) => (on ? [`M${x} ${y}h1v1h-1z`] : [])))
  const picture = svg('svg', { viewBox: `0 0 ${size} ${size}`, role: 'img', 'aria-label': title, class: 'code' })
  picture.append(
    svg('path', { d: `M0 0h${size}v${size}H0z`, fill: '#fff' }),
    svg('path', { d: dark.join(''), fill: '#000' }),
  )
  return picture
}

function mark(): Element {
  const picture = svg('svg', { viewBox: '0 0 32 32', 'aria-hidden': 'true' })
  picture.append(
    svg('path', { d: 'M16 3 4 8v8c0 7 5 11 12 13 7-2 12-6 12-13V8z', fill: 'currentColor' }),
    svg('path', { d: 'm10 16 4.5 4.5L22.5 12', class: 'tick' }),
  )
  return picture
}

type Attributes = Readonly<Record<string, string>>

function element(name: string, attributes: Attributes, ...inside: (Element | string)[]): HTMLElement {
  return made(document.createElement(name), attributes, inside)
}

function svg(name: string, attributes: Attributes): Element {
  return made(document.createElementNS('http://www.w3.org/2000/svg', name), attributes, [])
}

function made<E extends Element>(one: E, attributes: Attributes, inside: (Element | string)[]): E {
  for (const [key, value] of Object.entries(attributes)) one.setAttribute(key, value)
  one.append(...inside)
  return one
}

let kept: CSSStyleSheet | undefined

/** A sheet of its own, which no policy of a page about styles concerns. */
function sheet(): CSSStyleSheet {
  if (kept) return kept
  kept = new CSSStyleSheet()
  kept.replaceSync(`
    :host { display: block; max-width: 24rem; font: 1rem/1.5 ui-sans-serif, system-ui, 'Segoe UI', 'Noto Sans', 'Noto Sans Devanagari', sans-serif; color-scheme: light dark; }
    :host([hidden]) { display: none; }
    a { display: flex; gap: .6rem; align-items: center; justify-content: center; min-height: 2.9rem; padding: .35rem 1.2rem;
      border-radius: .6rem; background: #0b6b66; color: #fff; font-weight: 600; text-decoration: none; }
    a:hover { background: #084f4b; }
    a svg { width: 1.5rem; flex: none; }
    .tick { fill: none; stroke: #0b6b66; stroke-width: 3; stroke-linecap: round; stroke-linejoin: round; }
    a:focus-visible, summary:focus-visible, input:focus-visible { outline: 3px solid #2a9d96; outline-offset: 2px; }
    p { margin: .5rem 0; }
    .why, details { font-size: .9rem; }
    summary { cursor: pointer; padding: .4rem 0; min-height: 1.6rem; }
    .code { display: block; width: min(14rem, 100%); border-radius: .4rem; }
    label { display: block; margin-top: .75rem; }
    input { box-sizing: border-box; width: 100%; padding: .5rem; font: .85rem ui-monospace, monospace; border: 1px solid #7d8a96; border-radius: .4rem; background: transparent; color: inherit; }
  `)
  return kept
}

if (typeof customElements !== 'undefined' && !customElements.get('ask-with-my-passport'))
  customElements.define('ask-with-my-passport', AskWithMyPassport)
