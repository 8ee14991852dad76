import { readFileSync } from 'node:fs'
import type { DoorEnv } from '@dcann/http/exchange'
import { elementLine } from '@dcann/web/console/element-line.ts'
import { type Context, Hono } from 'hono'
import { z } from 'zod'

export const shopSchema = z.strictObject({
  port: z.int(),
  requester: z.string(),
  /** The gateway's public listener, which serves the script, and its console, which signs offers. */
  gateway: z.string(),
  console: z.string(),
  tokenFile: z.string(),
  wallet: z.string(),
})
export type Shop = z.infer<typeof shopSchema>

const term = {
  id: 'rides-a-week',
  optional: false,
  strand: 'mobility.rides',
  claims: ['rides_per_week'],
  category: 'pd:TravelHistory',
  purpose: 'dpv:PersonalisedBenefits',
  purpose_text: {
    en: 'To price your cover by how much you ride',
    et: 'Et hinnata su kindlustust selle järgi, kui palju sa sõidad',
    hi: 'आप कितनी सवारी करते हैं, उसके हिसाब से बीमा का दाम तय करने के लिए',
  },
  processing: ['dpv:Use'],
  legal_basis: 'eu-gdpr:A6-1-a',
  mode: 'query',
  fetch: 'periodic',
  frequency: { max: 10, per: 'day' },
  data_range: { last: 'P90D' },
  data_life: 'P30D',
  tags: [],
  moments: [],
  about_others: false,
  min_assurance: 'self',
  goes_to: ['EE'],
  used_by: [],
  combine: 'never',
}

const where = {
  ...term,
  id: 'where',
  optional: true,
  claims: ['begin_address', 'end_address'],
  purpose_text: {
    en: 'To take more off for rides outside the busy streets',
    et: 'Et alandada hinda rohkem, kui sõidad vaiksetel tänavatel',
    hi: 'भीड़ वाली सड़कों से बाहर की सवारी पर और छूट देने के लिए',
  },
}

const ask = {
  terms: [term, where],
  value: {
    gives: [
      { kind: 'discount', amount: '5.00', currency: 'EUR', per: 'period', terms: ['rides-a-week'] },
      { kind: 'discount', amount: '2.00', currency: 'EUR', per: 'period', terms: ['where'] },
    ],
    settle_by: 'P30D',
  },
  lasts: 'P90D',
}

const texts = {
  en: [
    'Cover for people who ride',
    'From 19.00 EUR a month. Ride more, pay less: show us how often you ride, and nothing else.',
  ],
  et: [
    'Kindlustus neile, kes sõidavad',
    'Alates 19.00 EUR kuus. Sõida rohkem, maksa vähem: näita meile, kui tihti sõidad, ja ei midagi muud.',
  ],
  hi: [
    'सवारी करने वालों का बीमा',
    '19.00 EUR महीने से। ज़्यादा सवारी, कम दाम: बस इतना दिखाएँ कि आप कितनी बार सवारी करते हैं, और कुछ नहीं।',
  ],
} as const

/** A page of a made-up shop, from an origin of its own: it has an offer signed by its gateway, and carries the element. */
export function openShop(shop: Shop): Hono<DoorEnv> {
  const app = new Hono<DoorEnv>()
  const offers = offersOf(shop)
  const show = (language: keyof typeof texts) => async (c: Context<DoorEnv>) => {
    c.header('content-security-policy', policy(shop))
    return c.html(page(language, elementLine({ ...shop, publicUrl: shop.gateway, offer: await offers() })))
  }
  app.get('/', show('en'))
  app.get('/et', show('et'))
  app.get('/hi', show('hi'))
  app.get('/shop.css', (c) => c.body(style, 200, { 'content-type': 'text/css; charset=utf-8' }))
  return app
}

/** As strict as a shop can be: the one script is its gateway's. */
function policy({ gateway }: Shop): string {
  return `default-src 'none'; script-src ${gateway}; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
}

/** An offer that can still be agreed to: one a day is signed, for everybody who comes. */
function offersOf({ console, tokenFile }: Shop): () => Promise<string> {
  let held: { readonly until: number; readonly offer: Promise<string> } | undefined
  return async () => {
    if (held === undefined || held.until < performance.now())
      held = { until: performance.now() + 86_400_000, offer: sign() }
    const { offer } = held
    return await offer.catch((error: unknown) => {
      held = undefined
      throw error
    })
  }
  async function sign(): Promise<string> {
    const answer = await fetch(`${console}/v1/asks`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${readFileSync(tokenFile, 'utf8').trim()}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify(ask),
    })
    return z.object({ offer: z.string() }).parse(await answer.json()).offer
  }
}

function page(language: keyof typeof texts, line: string): string {
  const [title, lead] = texts[language]
  const others = (['en', 'et', 'hi'] as const).map(
    (tag) =>
      `<a href="/${tag === 'en' ? '' : tag}" lang="${tag}"${tag === language ? ' aria-current="page"' : ''}>${tag}</a>`,
  )
  return `<!doctype html>
<html lang="${language}">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>${title}</title>
    <link rel="stylesheet" href="/shop.css" />
  </head>
  <body>
    <header><strong>Rattur</strong> <span>(a made-up shop)</span> <nav aria-label="Language">${others.join(' ')}</nav></header>
    <main>
      <h1>${title}</h1>
      <p>${lead}</p>
      ${line}
    </main>
  </body>
</html>
`
}

const style = `
:root { color-scheme: light dark; font: 1.06rem/1.55 ui-serif, Georgia, 'Noto Serif', 'Noto Serif Devanagari', serif; }
body { margin: 0 auto; max-width: 44rem; padding: 1.25rem; }
header { display: flex; flex-wrap: wrap; gap: .5rem; align-items: baseline; border-bottom: 1px solid; padding-bottom: .75rem; }
header strong { font-size: 1.4rem; }
nav { margin-inline-start: auto; display: flex; gap: .5rem; }
nav a { color: inherit; padding: .5rem; }
h1 { line-height: 1.2; font-size: clamp(1.7rem, 1.2rem + 3vw, 2.8rem); margin: 2.5rem 0 1rem; }
main p { max-width: 34rem; margin-bottom: 2rem; }
`
