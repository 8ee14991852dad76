import {
  between,
  daySeconds,
  endDay,
  firstDay,
  iso,
  moved,
  pick,
  seeded,
  tally,
  type Random,
  type Sample,
  wallClock,
} from './sample.ts'

interface Topic {
  readonly from: string
  readonly until: string
  readonly weight: number
  readonly queries: readonly string[]
  readonly fills: readonly string[]
}

const always = { from: '2024-01-01', until: '2026-11-23' }
const topics: readonly Topic[] = [
  {
    ...always,
    weight: 5,
    queries: ['{} recipe', 'how to cook {}', '{} without oven', '{} रेसिपी'],
    fills: ['dal tadka', 'poha', 'misal pav', 'paneer tikka', 'mushroom soup', 'kama', 'black bread', 'khichdi'],
  },
  {
    ...always,
    weight: 4,
    queries: ['cricket {}', 'क्रिकेट {}', 'football {}', 'chess {}'],
    fills: ['score today', 'highlights', 'schedule', 'final', 'rules explained', 'live'],
  },
  {
    ...always,
    weight: 4,
    queries: ['{} explained', 'how does {} work', 'what is {}', '{} step by step'],
    fills: [
      'a merkle tree',
      'district heating',
      'compound interest',
      'a heat pump',
      'typescript',
      'a sourdough starter',
    ],
  },
  {
    ...always,
    weight: 2,
    queries: ['{} lyrics', '{} concert tickets', 'गाने {}', 'best {} playlist'],
    fills: ['monsoon', 'indie folk', 'पुराने', 'sitar', 'choir', 'jazz'],
  },
  {
    from: '2024-01-01',
    until: '2025-08-18',
    weight: 5,
    queries: ['{} पुणे', '{} pune', '{} near koregaon park', 'पुणे से {} ट्रेन'],
    fills: ['मौसम', 'weekend trip', 'train ticket', 'hotel', 'मुंबई', 'book shop', 'बारिश कब होगी', 'coworking'],
  },
  {
    from: '2025-03-01',
    until: '2025-12-01',
    weight: 8,
    queries: ['{} tallinn', 'moving to estonia {}', '{} in estonia for foreigners', '{} tallinn how to'],
    fills: [
      'rent apartment',
      'checklist',
      'flight from pune',
      'winter clothes',
      'bank account',
      "what's the cost of living",
    ],
  },
  {
    from: '2025-08-18',
    until: '2026-11-23',
    weight: 6,
    queries: ['{} tallinnas', '{} kalamaja', '{} lahtiolekuajad', '{} täna õhtul', 'parim {}'],
    fills: ['jäätmejaam', 'õunakook', 'ujula', 'üürikorter', 'kontsert', 'küünlad', 'lennupilet', 'pelmeenid retsept'],
  },
  {
    from: '2026-10-20',
    until: '2026-11-23',
    weight: 14,
    queries: ['washing machine {}', 'pesumasin {}', 'वॉशिंग मशीन {}', 'front load washing machine {}'],
    fills: ['under 300 euro', '7 kg', 'quiet', 'hind', 'arvustused', 'बेस्ट', 'energy class A', 'delivery this week'],
  },
]
const sites = ['washers-today', 'slow-kitchen', 'tallinn-notes', 'pune-weekends', 'plain-physics', 'wool-and-oats']
const pages = [
  'A first guide',
  'What we learned',
  'Ten that last',
  'Prices compared',
  'Küsimused ja vastused',
  'पूरी जानकारी',
]

/** The `MyActivity.json` of a search engine's export: newest first, printed and escaped as its export prints it. */
export function makeSearches(): Sample {
  const random = seeded(20_240_101)
  const counts: Record<string, number> = {}
  const activities: string[] = []
  for (let day = firstDay; day < endDay; day += daySeconds) {
    const times = Array.from({ length: pick(random, [1, 2, 3, 4, 4, 5, 5, 6]) }, () =>
      between(random, 7.5 * 3600 * 1000, 23.5 * 3600 * 1000),
    ).sort((a, b) => a - b)
    for (const ms of times) {
      const when = new Date((day - wallClock(day)) * 1000 + ms)
      const { what, activity } = makeActivity(random, day, when)
      tally(counts, what)
      activities.push(print(activity))
    }
  }
  activities.reverse()
  repeat(activities, counts)
  const faulty = spoil(activities, counts)
  const text = `[${activities.join(', ')}]\n`
  return { name: 'MyActivity.json', text, counts, faults: placeFaults(activities, faulty) }
}

interface Activity {
  readonly header: 'Search'
  readonly title: string
  readonly titleUrl?: string
  readonly subtitles?: readonly Readonly<Record<string, string>>[]
  readonly time: string
  readonly products: readonly string[]
  readonly details?: readonly Readonly<Record<string, string>>[]
  readonly activityControls: readonly string[]
  readonly locationInfos?: readonly Readonly<Record<string, string>>[]
}

function makeActivity(random: Random, day: number, when: Date): { what: string; activity: Activity } {
  const fixed = { time: when.toISOString(), products: ['Search'], activityControls: ['Web & App Activity'] }
  const query = makeQuery(random, day)
  const dice = random()
  if (dice < 0.03) {
    const title = pick(random, ['Viewed 3 images', 'Viewed a weather card', 'Viewed results around you'])
    return { what: 'left out', activity: order({ header: 'Search', title, ...fixed }) }
  }
  if (dice < 0.05) {
    const used = { title: 'Used Search', titleUrl: 'https://www.google.com/' }
    return { what: 'left out', activity: order({ header: 'Search', ...used, ...fixed }) }
  }
  if (dice < 0.25) {
    const site = pick(random, sites)
    const target = `https://${site}.example/${between(random, 100, 999)}?from=search`
    const titleUrl = `https://www.google.com/url?q=${encodeURIComponent(target)}&usg=AOvVaw${between(random, 1e8, 9e8)}`
    const title = `Visited ${pick(random, pages)} - ${site.replaceAll('-', ' ')}`
    const details = dice < 0.08 ? { details: [{ name: 'From Google Ads' }] } : {}
    return { what: 'visits', activity: order({ header: 'Search', title, titleUrl, ...fixed, ...details }) }
  }
  const title = `Searched for ${query}`
  if (dice < 0.26) return { what: 'searches', activity: order({ header: 'Search', title, ...fixed }) }
  const host = day < moved && random() < 0.3 ? 'www.google.co.in' : 'www.google.com'
  const titleUrl = `https://${host}/search?q=${encodeURIComponent(query).replaceAll('%20', '+')}`
  const where = random() < 0.35 ? { locationInfos: [makeArea(random, day)] } : {}
  return { what: 'searches', activity: order({ header: 'Search', title, titleUrl, ...fixed, ...where }) }
}

function makeQuery(random: Random, day: number): string {
  const date = iso(day).slice(0, 10)
  const open = topics.filter(({ from, until }) => from <= date && date < until)
  const topic = pick(
    random,
    open.flatMap((topic) => Array<Topic>(topic.weight).fill(topic)),
  )
  return pick(random, topic.queries).replace('{}', pick(random, topic.fills))
}

function makeArea(random: Random, day: number): Readonly<Record<string, string>> {
  const [lat, lng] = day < moved ? [18.5, 73.8] : [59.4, 24.7]
  const centre = `${(lat + random() / 20).toFixed(4)},${(lng + random() / 20).toFixed(4)}`
  return {
    name: 'At this general area',
    url: `https://www.google.com/maps/@?api=1&map_action=map&center=${centre}&zoom=12`,
    source: 'From your device',
    sourceUrl: 'https://support.google.com/maps?p=myactivity_location',
  }
}

/** Members in the order in which the export writes them. */
function order(activity: Activity): Activity {
  const { header, title, titleUrl, subtitles, time, products, details, activityControls, locationInfos } = activity
  const before = { header, title, ...(titleUrl && { titleUrl }), ...(subtitles && { subtitles }) }
  const after = { ...(details && { details }), activityControls, ...(locationInfos && { locationInfos }) }
  return { ...before, time, products, ...after }
}

/** JSON with lists opened on the line of their first item, and with what HTML cares about escaped. */
function print(activity: Activity): string {
  return JSON.stringify(activity, undefined, 2)
    .replace(/\[\n\s*"([^"\n]*)"\n\s*\]/g, '["$1"]')
    .replace(
      /\[\n\s*\{\n((?: {6}.*\n)+) {4}\}\n {2}\]/g,
      (_, inner: string) => `[{\n${inner.replace(/^ {2}/gm, '')}  }]`,
    )
    .replace(/[=&'<>]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** Four activities come twice: two byte for byte, two a few milliseconds apart. */
function repeat(activities: string[], counts: Record<string, number>): void {
  const kept = (text: string) => /"title": "(?:Searched|Visited)/.test(text)
  for (const [nth, near] of [400, 1300, 2200, 3000].entries()) {
    const at = activities.findIndex((text, index) => index >= near && kept(text))
    const again = activities[at] ?? ''
    const later = again.replace(/\.(\d{3})Z"/, (_, ms: string) => `.${ms === '500' ? '501' : '500'}Z"`)
    activities.splice(at + 1, 0, nth < 2 ? again : later)
    tally(counts, 'duplicates')
  }
}

type Spoiling = { readonly fault: string; readonly spoil: (text: string) => string; readonly of: RegExp }

const spoilings: readonly Spoiling[] = [
  {
    fault: 'the title is never closed by a quote',
    of: /"title": "Searched/,
    spoil: (text) => text.replace('",\n  "titleUrl"', ',\n  "titleUrl"'),
  },
  {
    fault: 'a comma is missing between two members',
    of: /"titleUrl"/,
    spoil: (text) => text.replace('",\n  "time"', '"\n  "time"'),
  },
  { fault: 'a list is never closed', of: /"products"/, spoil: (text) => text.replace('["Search"]', '["Search"') },
  {
    fault: 'the time is not a time',
    of: /"Searched/,
    spoil: (text) => text.replace(/"time": "[^"]*"/, '"time": "yesterday"'),
  },
  { fault: 'there is no time', of: /"Searched/, spoil: (text) => text.replace(/\n {2}"time": "[^"]*",/, '') },
]

function spoil(activities: string[], counts: Record<string, number>): Map<number, string> {
  const faulty = new Map<number, string>()
  for (const [nth, { fault, spoil, of }] of spoilings.entries()) {
    const near = 250 + nth * 700
    const at = activities.findIndex((text, index) => index >= near && of.test(text) && text.includes('"titleUrl"'))
    const before = activities[at] ?? ''
    activities[at] = spoil(before)
    faulty.set(at, fault)
    tally(counts, before.includes('"Searched') ? 'searches' : 'visits', -1)
    tally(counts, 'faulty')
  }
  return faulty
}

function placeFaults(activities: readonly string[], faulty: ReadonlyMap<number, string>): Sample['faults'] {
  let line = 1
  const placed: { line: number; fault: string }[] = []
  for (const [at, text] of activities.entries()) {
    const fault = faulty.get(at)
    if (fault !== undefined) placed.push({ line, fault })
    line += text.split('\n').length - 1
  }
  return placed
}
