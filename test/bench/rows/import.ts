import { base64Url } from '@dcann/protocol/bytes'
import { canonicalBytes } from '@dcann/protocol/canonical'
import type { Entry } from '@dcann/protocol/entry'
import { headersOf, signHead } from '@dcann/protocol/request-signature'
import { formatTime } from '@dcann/protocol/time'
import { type Person, dailyRides, ridesStrand, settlePerson } from '../../consented.ts'
import { eachRound, figureOf, interleave } from '../figure.ts'
import { load, postOf, times, type Wire } from '../load.ts'
import type { Row } from '../row.ts'
import { perRequest, portOf, type Stage } from '../stage.ts'

/** Entries in one call, over three months: 67 of a month lie on two pages. */
const entriesPerCall = 200
const months = 3
const pagesPerCall = 6
const people = 16

/** An export brought in over HTTP: what one entry costs, beside parsing it, sealing its share of a page and one lookup. */
export async function measureImport({ rounds, federation, bare, primitives, enough }: Stage): Promise<Row[]> {
  const { tallinn, cast } = federation
  const world = federation.world()
  const pid = tallinn.pid()
  const port = portOf(tallinn.url)
  const persons: Person[] = []
  for (let i = 0; i < people; i++) {
    const person = await settlePerson(world, `bench/import/${i}`, 'IN', cast.nodes.tallinn)
    await person.vault.makeStrand(person.by, ridesStrand)
    persons.push(person)
  }

  let brought = 0
  const call = async (): Promise<Wire> => {
    const person = persons[brought % people]
    if (!person) throw new Error('bringing in: there is nobody')
    // each call of a person goes further back, as an export does that is read in order
    const entries = ridesOf(Math.floor(brought++ / people), Math.floor(world.now()))
    const { from, signer } = person.by
    const id = base64Url(world.random(16))
    const body = canonicalBytes({ strand: ridesStrand.name, entries, id, from })
    const nonce = base64Url(world.random(16))
    const head = await signHead(signer, `${tallinn.url}/v1/entries`, body, Math.floor(world.now()), nonce)
    return postOf('/v1/entries', body, headersOf(head))
  }
  const calls = async (count: number) => {
    const wires: Wire[] = []
    for (let i = 0; i < count; i++) wires.push(await call())
    return { port, connections: people, status: 200, next: times(count, (i) => wires[i]) }
  }

  const { bodyBytes } = await load(await calls(160))
  const count = enough(await perRequest(pid, await calls(32)), 320)
  const posted = await call()
  const text = posted.toString('utf8', posted.indexOf('\r\n\r\n') + 4)
  const post = { port: bare.port, connections: people, status: 200 }
  await bare.answering(bodyBytes)
  await load({ ...post, next: times(500, () => posted) })

  const found = await interleave(rounds, {
    post: async () => await perRequest(bare.pid, { ...post, next: times(1_000, () => posted) }),
    verify: async () => await primitives.cost('verify', { bytes: 300 }),
    parse: async () => await primitives.cost('parse', { text }),
    seal: async () => await primitives.cost('close', { bytes: Math.round(text.length / pagesPerCall) }),
    get: async () => await primitives.cost('get'),
    call: async () => await perRequest(pid, await calls(count)),
  })
  const perEntry = (name: keyof typeof found, factor = 1) =>
    figureOf(found[name].map((cost) => (cost * factor) / entriesPerCall))
  return [
    {
      id: 'import',
      what: `an export brought in over HTTP, ${entriesPerCall} entries a call, durable`,
      unit: '× floor',
      measured: figureOf(
        eachRound(found, (at) => at.call / (at.post + at.verify + at.parse + pagesPerCall * (at.seal + at.get))),
      ),
      gate: null,
      against: 'POST + V + parse + for each page a seal and L',
      parts: [
        {
          name: 'entries per CPU second',
          unit: '/s',
          figure: figureOf(found.call.map((cost) => (1e6 / cost) * entriesPerCall)),
        },
        { name: 'one entry', unit: 'µs', figure: perEntry('call') },
        { name: 'POST, an entry’s share', unit: 'µs', figure: perEntry('post') },
        { name: 'V, an entry’s share', unit: 'µs', figure: perEntry('verify') },
        { name: 'parse, an entry', unit: 'µs', figure: perEntry('parse') },
        { name: 'pages sealed, an entry’s share', unit: 'µs', figure: perEntry('seal', pagesPerCall) },
        { name: 'L, an entry’s share', unit: 'µs', figure: perEntry('get', pagesPerCall) },
      ],
    },
  ]
}

function ridesOf(number: number, now: number): Entry[] {
  const spacing = Math.floor((months * 30 * 86_400) / entriesPerCall)
  return dailyRides(now, entriesPerCall).map((entry, i) => ({
    ...entry,
    at: formatTime(now - (number * entriesPerCall + i + 1) * spacing),
  }))
}
