import type { Interest, Mapping } from './mapping.ts'
import { cleanText, text, time, type Row } from './row.ts'

/**
 * `MyActivity.json` of the Search folder in a Google data export ("My Activity", format JSON): an array of activities.
 *
 * Titles are in the account's language ("Searched for …", "Gesucht nach: …"), so the address decides: the words are the
 * `q` of a `/search` address, the page visited is the `q` of a `/url` address. A title is read only where there is no
 * address. A search is an intent; a visit is an experience. Where the person was when searching (`locationInfos`) stays
 * out: it is another category of data than what this strand says it holds.
 */
export const googleSearch: Mapping = {
  id: 'google-search',
  title: 'searches: MyActivity.json (Search) of a Google data export',
  source: 'google-search-export',
  format: 'json-array',
  recognise: ({ name, text: head }) => {
    if (
      !head
        .trimStart()
        .replace(/^\uFEFF\s*/, '')
        .startsWith('[')
    )
      return false
    const telling = head.includes('"header"') && head.includes('"time"')
    return telling ? /"Search"|google\.[a-z.]+\/search\?/.test(head) : /MyActivity[^/]*\.json$/.test(name)
  },
  required: ['title', 'time'],
  strand: {
    name: 'interest.searches',
    kind: 'stream',
    schema: 'urn:dcann:schema:interest.searches:1',
    category: 'pd:BrowsingBehaviour',
    special: false,
    tags: ['usage.search'],
  },
  about: 'holder',
  kinds: [
    {
      when: (row) => readQuery(row) !== undefined,
      at: time('time'),
      body: { kind: () => 'search', query: readQuery, product: text('products.0') },
      tags: ['usage.search'],
      interests: { in: 'query', of: interests() },
      moment: { driver: 'intent', channel: 'online' },
    },
    {
      when: (row) => readPage(row) !== undefined,
      at: time('time'),
      body: { kind: () => 'visit', url: readPage, title: readPageTitle, product: text('products.0') },
      tags: ['usage.visit'],
      interests: { in: 'title', of: interests() },
      moment: { driver: 'experience', channel: 'online' },
    },
    { when: () => true, leftOut: 'neither a search nor a visit' },
  ],
}

const searchTitles =
  /^(?:Searched for|Gesucht nach:|Vous avez recherché|Buscaste|Hai cercato|Otsisite|आपने खोजा:)\s+(.+)$/su
const visitTitles = /^(?:Visited|Besucht:|Vous avez consulté|Has visitado|Hai visitato|Külastasite)\s+(.+)$/su

function readQuery(row: Row): string | undefined {
  const url = readUrl(row)
  if (url !== undefined && !(isGoogle(url) && url.pathname === '/search')) return undefined
  const query = cleanText(url?.searchParams.get('q') ?? '')
  return query === '' ? searchTitles.exec(row.get('title') ?? '')?.[1] : query
}

function readPage(row: Row): string | undefined {
  const url = readUrl(row)
  if (url === undefined) return undefined
  if (!isGoogle(url)) return url.href
  const page = url.pathname === '/url' ? url.searchParams.get('q') : null
  return page !== null && URL.canParse(page) ? new URL(page).href : undefined
}

function readPageTitle(row: Row): string | undefined {
  const title = row.get('title')
  return visitTitles.exec(title ?? '')?.[1] ?? title
}

function readUrl(row: Row): URL | undefined {
  const address = row.get('titleUrl')
  return address !== undefined && URL.canParse(address) ? new URL(address) : undefined
}

function isGoogle(url: URL): boolean {
  return /(?:^|\.)google\.[a-z]{2,3}(?:\.[a-z]{2})?$/.test(url.hostname)
}

// Everyday goods and pastimes only; health, belief and politics are nobody's to read out of a search.
function interests(): readonly Interest[] {
  return [
    { tag: 'interest.home-appliances', words: ['washing machine', 'fridge', 'dishwasher', 'pesumasin', 'वॉशिंग मशीन'] },
    { tag: 'interest.travel', words: ['flight', 'hotel', 'train ticket', 'ferry', 'lennupilet', 'होटल', 'ट्रेन'] },
    { tag: 'interest.cooking', words: ['recipe', 'retsept', 'रेसिपी', 'how to cook'] },
    { tag: 'interest.moving-home', words: ['apartment', 'rent in', 'korter', 'üürikorter', 'किराए'] },
    { tag: 'interest.music', words: ['concert', 'lyrics', 'kontsert', 'गाने'] },
    { tag: 'interest.sport', words: ['cricket', 'football', 'running shoes', 'jalgpall', 'क्रिकेट'] },
  ]
}
