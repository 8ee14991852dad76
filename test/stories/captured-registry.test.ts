import { canonicalText } from '@dcann/protocol/canonical'
import { countryNoun } from '@dcann/protocol/country'
import { type ErrorCode, ProtocolError } from '@dcann/protocol/errors'
import { keyDigest, testSigner } from '@dcann/protocol/key'
import { cosign, withSignatures } from '@dcann/protocol/log/cosignature'
import { formatNote, parseNote } from '@dcann/protocol/log/note'
import { nodeNoun } from '@dcann/protocol/node'
import {
  type PassportResolution,
  passportResolutionSchema,
  type Resolution,
  resolutionSchema,
  statementNoun,
} from '@dcann/protocol/resolution'
import { rootNoun } from '@dcann/protocol/root'
import { readSigned, type Signed, signPayload } from '@dcann/protocol/signed'
import { formatTime } from '@dcann/protocol/time'
import { createResolver } from '@dcann/sdk/resolver'
import { type Fetch, type Seen, seenInMemory } from '@dcann/sdk/world'
import { createLogClient } from '@dcann/sdk/log-client'
import { createHander } from '@dcann/registry/witness/hand-head'
import { expect, test } from 'vitest'
import {
  castUrls,
  type CastWitness,
  castWitnesses,
  makeCast,
  makeHolder,
  signAfter,
  signPassport,
  signPassportAfter,
  witnessName,
} from '../cast.ts'
import { castNow, openInProcess } from '../registry-in-process.ts'
import { scriptLog } from '../scripted-log.ts'

// Story 12: whoever attacks holds every key that the registry has online (the logs of root, IN and EE), its store, and
// where it is said one witness of three, of whom the root demands two.
const cast = await makeCast('captured', castNow, { quorum: 2 })
const { IN, EE } = cast.countries
const zones = ['root', 'IN', 'EE']
const origin = await openInProcess({ cast })
const asha = makeHolder('asha')
const born = await signPassport(asha, 'IN', cast.nodes.tallinn, castNow)
const rotated = await signPassportAfter(born, asha, { keys: [asha.next.key], next: [] }, castNow, [
  asha.control,
  asha.next,
])
const country2 = await signAfter(
  countryNoun,
  IN.record,
  { bounds: { ...IN.record.payload.bounds, acts_per_second: 9 } },
  IN.keys,
  castNow,
)
for (const { signed } of [born, rotated, country2]) await origin.post(signed)
const witnesses = new Map<string, Fetch>()
for (const by of castWitnesses.slice(0, 2)) {
  const client = createLogClient({ fetch: origin.fetch }, castUrls.registry)
  const { fetch } = await openInProcess({
    cast,
    zones: [],
    records: [],
    sources: new Map(zones.map((zone) => [zone, client])),
    witness: { name: witnessName(by), signer: cast.witnesses[by] },
  })
  witnesses.set(`${by}.example`, fetch)
}
const hander = createHander({
  ...origin.registry,
  fetch: async (url, init) => await witnesses.get(new URL(url).hostname)!(url, init),
})
for (const host of witnesses.keys()) for (const zone of zones) await hander.hand(zone, `https://${host}/v1`, 0, castNow)

const name = born.payload.name
const at = `/v1/resolve/${name}`
const thief = testSigner('the thief')
const home = { node: 'IN/node/pune', key: cast.nodes.pune.identity.key }
const honest: PassportResolution = passportResolutionSchema.parse((await origin.get(at)).body)
const nodeAt = '/v1/zones/EE/record?name=EE%2Fnode%2Ftallinn'
const countryAt = '/v1/zones/root/record?name=country%2FIN'
const honestNode = resolutionSchema.parse((await origin.get(nodeAt)).body)

type Bought = readonly { readonly by: CastWitness; readonly time: number }[]
const all: Bought = castWitnesses.map((by) => ({ by, time: castNow }))

/** A checkpoint with lines by these witnesses. */
async function lined(checkpoint: string, bought: Bought): Promise<string> {
  const note = parseNote(checkpoint)
  const lines = await Promise.all(bought.map(({ by, time }) => cosign(note, cast.witnesses[by], witnessName(by), time)))
  return formatNote(withSignatures(note, lines))
}

/** What the thief states, logs and signs: these records of a name, under a head with the lines that he has. */
async function forge(of: Resolution, records: readonly Signed[], bought: Bought, by = IN.log): Promise<Resolution> {
  const { zone, name: about } = of
  const last = records.at(-1)
  const id = last ? readSigned({ typ: typOf(last), schema: anySchema, mostBytes: 65_536 }, last).id : null
  const state = { v: 1 as const, zone, name: about, record: id, ttl: 60, at: formatTime(castNow) }
  const log = scriptLog(zone, `${zone.toLowerCase()}.dcann.example`)
  const proof = await log.prove(new Map(id === null ? [] : [[about, id]]), about, castNow, by)
  const checkpoint = await lined(proof.head.checkpoint, bought)
  return {
    v: 1,
    zone,
    name: about,
    statement: await signPayload(statementNoun, state, [by]),
    records: [...records],
    proof: { ...proof, head: { ...proof.head, checkpoint } },
  }
}
const anySchema = (await import('zod')).z.looseObject({})
const typOf = ({ signatures }: Signed): string =>
  String((JSON.parse(Buffer.from(signatures[0]?.protected ?? '', 'base64url').toString()) as { typ?: unknown }).typ)

type Attack = { readonly answers: Readonly<Record<string, unknown>>; readonly seen?: Seen; readonly later?: number }

/** What a client says that asks the thief; one that has asked the honest registry before, where `seen` is handed in. */
async function said({ answers, seen = seenInMemory(), later = 0 }: Attack): Promise<string> {
  const fetch: Fetch = async (url, init) => {
    const path = url.slice(castUrls.registry.length)
    return path in answers ? new Response(canonicalText(answers[path])) : await origin.fetch(url, init)
  }
  const world = { fetch, now: () => castNow + later, random: (n: number) => new Uint8Array(n), seen }
  try {
    const resolver = await createResolver({ world, pinned: cast.root.signed, registries: [castUrls.registry] })
    const found = await resolver.resolvePassport(name)
    return found.kind === 'passport' && found.passport.record?.id === rotated.id ? 'not misled' : 'believed'
  } catch (error) {
    if (error instanceof ProtocolError) return error.code
    throw error
  }
}

/** What a client has seen that has resolved her by the honest registry. */
async function seenBefore(): Promise<Seen> {
  const seen = seenInMemory()
  expect(await said({ answers: {}, seen })).toBe('not misled')
  return seen
}

const moved = await signPassportAfter(rotated, asha, { home }, castNow, [thief, IN.log, cast.nodes.pune.identity])
const fresh = await signPassport(makeHolder('the thief'), 'IN', cast.nodes.pune, castNow)
const strangeNode = await signAfter(
  nodeNoun,
  cast.nodes.tallinn.record,
  { identity_key: thief.key, url: 'https://thief.example' },
  [thief, EE.log],
  castNow,
)
const rootWith = async (change: object): Promise<Signed> =>
  (await signAfter(rootNoun, cast.root, change, [...cast.houses.governments, cast.roles.log], castNow)).signed
const passport = (resolution: Resolution): Record<string, unknown> => ({ [at]: { ...honest, passport: resolution } })
const records = honest.passport.records
const twin = cast.houses.citizens[0]!.key

test.each<[string, () => Promise<Attack>, ErrorCode | 'not misled']>([
  [
    'a record of his own under a head that no witness has seen',
    async () => ({ answers: passport(await forge(honest.passport, [...records, moved.signed], [])) }),
    'uncosigned',
  ],
  [
    'the same with one witness bought',
    async () => ({ answers: passport(await forge(honest.passport, [...records, moved.signed], all.slice(0, 1))) }),
    'uncosigned',
  ],
  [
    'the same with every witness bought',
    async () => ({ answers: passport(await forge(honest.passport, [...records, moved.signed], all)) }),
    'chain-broken',
  ],
  [
    'a record of his own at seq 1',
    async () => ({ answers: passport(await forge(honest.passport, [fresh.signed], all)) }),
    'wrong-zone',
  ],
  [
    'a forged genesis under her identifier',
    async () => ({
      answers: passport(
        await forge(
          honest.passport,
          [
            await signPayload(
              { typ: 'dcann-passport+json', schema: anySchema, mostBytes: 4_096 },
              { ...born.payload, keys: [thief.key], next: [keyDigest(thief.key)] },
              [thief, cast.nodes.tallinn.identity],
            ),
          ],
          all,
        ),
      ),
    }),
    'chain-broken',
  ],
  [
    'her chain without its genesis',
    async () => ({ answers: passport(await forge(honest.passport, [rotated.signed], all)) }),
    'chain-missing',
  ],
  [
    'a map that omits her rotation, to who has seen it',
    async () => ({ answers: passport(await forge(honest.passport, [born.signed], all)), seen: await seenBefore() }),
    'forked',
  ],
  [
    'absence, to who has seen her',
    async () => ({ answers: passport(await forge(honest.passport, [], all)), seen: await seenBefore() }),
    'forked',
  ],
  [
    'another past with all that stands in it, to who has seen the first',
    async () => ({ answers: passport(await forge(honest.passport, records, all)), seen: await seenBefore() }),
    'forked',
  ],
  [
    'an old head that one bought witness signs each minute',
    async () => {
      const later = 2 * 86_400
      origin.clock.now = castNow + later
      const { proof, ...country } = resolutionSchema.parse((await origin.get(countryAt)).body)
      origin.clock.now = castNow
      const checkpoint = await lined(proof!.head.checkpoint, [{ by: 'library', time: castNow + later }])
      return {
        answers: { [countryAt]: { ...country, proof: { ...proof, head: { ...proof!.head, checkpoint } } } },
        later,
      }
    },
    'frozen',
  ],
  [
    'the map proof of another name under the honest head',
    async () => ({
      answers: passport({ ...honest.passport, proof: { ...honest.passport.proof!, map: honestNode.proof!.map } }),
    }),
    'evidence-broken',
  ],
  [
    'the honest map proof under the head of another zone',
    async () => ({
      answers: passport({ ...honest.passport, proof: { ...honest.passport.proof!, head: honestNode.proof!.head } }),
    }),
    'key-unknown',
  ],
  [
    'her answer signed by the log of another zone',
    async () => ({ answers: passport(await forge(honest.passport, records, all, EE.log)) }),
    'key-unknown',
  ],
  [
    'the answer about somebody else',
    async () => ({ answers: { [at]: { ...honest, passport: { ...honest.passport, name: fresh.payload.name } } } }),
    'wrong-zone',
  ],
  [
    'an answer without a proof',
    async () => ({ answers: passport({ ...honest.passport, proof: undefined }) }),
    'proof-missing',
  ],
  [
    'a mirror that colludes: no statement, and a head that no witness has seen',
    async () => ({
      answers: passport({ ...(await forge(honest.passport, [...records, moved.signed], [])), statement: undefined }),
    }),
    'uncosigned',
  ],
  [
    'the node under her untouched passport rewritten',
    async () => {
      const forged = await forge(honestNode, [...honestNode.records, strangeNode.signed], all, EE.log)
      return { answers: { [nodeAt]: forged, [at]: { ...honest, node: forged } } }
    },
    'forked',
  ],
  [
    'the country rolled back, to who has seen its second version',
    async () => {
      const country = resolutionSchema.parse((await origin.get(countryAt)).body)
      return {
        answers: {
          [countryAt]: await forge(country, [IN.record.signed], all, cast.roles.log),
        },
        seen: await seenBefore(),
      }
    },
    'forked',
  ],
  [
    'a root that one house and the log key have signed',
    async () => ({ answers: { '/v1/root/2': await rootWith({}) } }),
    'root-invalid',
  ],
  [
    'a root with one key twice under its threshold',
    async () => ({
      answers: {
        '/v1/root/2': await rootWith({
          houses: { ...cast.root.payload.houses, citizens: { keys: [twin, twin], threshold: 2, next: [] } },
        }),
      },
    }),
    'root-invalid',
  ],
  [
    'a root that runs ahead of its version',
    async () => ({ answers: { '/v1/root/2': await rootWith({ seq: 99 }) } }),
    'root-invalid',
  ],
  ['the old root once more as the new', async () => ({ answers: { '/v1/root/2': cast.root.signed } }), 'rollback'],
  [
    'witnesses of his own in a root of his own',
    async () => ({ answers: { '/v1/root/2': await rootWith({ witness: { quorum: 0, witnesses: [] } }) } }),
    'root-invalid',
  ],
])('a captured registry shows %s', async (_what, attack, refused) => {
  expect(await said(await attack())).toBe(refused)
})

test('the honest registry is believed, fresh and after it was seen', async () => {
  expect(await said({ answers: {} })).toBe('not misled')
  expect(await said({ answers: {}, seen: await seenBefore() })).toBe('not misled')
})
