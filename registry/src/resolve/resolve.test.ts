import { openHead } from '@dcann/protocol/log/head-proof'
import { mapKey } from '@dcann/protocol/map/node'
import { verifyInMap } from '@dcann/protocol/map/proof'
import { passportNoun } from '@dcann/protocol/passport'
import {
  passportResolutionSchema,
  type Resolution,
  resolutionSchema,
  type Statement,
  statementNoun,
} from '@dcann/protocol/resolution'
import { proveSigned, readSigned, type Signed } from '@dcann/protocol/signed'
import { formatTime } from '@dcann/protocol/time'
import { expect, test } from 'vitest'
import { makeCast, makeHolder, signPassport, signPassportAfter } from '../../../test/cast.ts'
import { castNow, openInProcess } from '../../../test/registry-in-process.ts'

const now = castNow
const cast = await makeCast('registry-tests', now)
const asha = makeHolder('asha')
const born = await signPassport(asha, 'IN', cast.nodes.tallinn, now)
const dpi = born.payload.name

async function proved(signed: Signed | undefined, key: string): Promise<Statement> {
  return (await proveSigned(readSigned(statementNoun, signed), [key])).payload
}

test('resolvePassport gives the chain from the genesis, its home node and the operator, each stated by its zone', async () => {
  const { get, post } = await openInProcess()
  await post(born.signed)
  const next = await signPassportAfter(born, asha, {}, now)
  await post(next.signed)
  const { status, body } = await get(`/v1/resolve/${dpi}`)
  expect(status).toBe(200)
  const { passport, node, operator } = passportResolutionSchema.parse(body)
  expect(passport.records).toEqual([born.signed, next.signed])
  expect(node?.records).toEqual([cast.nodes.tallinn.record.signed])
  expect(operator?.records).toEqual([cast.operators.laht.record.signed])
  const { IN, EE } = cast.countries
  expect(await proved(passport.statement, IN.log.key)).toEqual({
    v: 1,
    zone: 'IN',
    name: dpi,
    record: next.id,
    ttl: cast.nodes.tallinn.record.payload.ttl,
    at: formatTime(now),
  })
  expect(await proved(node!.statement, EE.log.key)).toMatchObject({ zone: 'EE', record: cast.nodes.tallinn.record.id })
  await expect(proved(node!.statement, IN.log.key)).rejects.toMatchObject({ code: 'key-unknown' })
})

test('resolvePassport leaves out a node whose zone is elsewhere', async () => {
  const { get, post } = await openInProcess({ zones: ['root', 'IN'], records: cast.records.slice(0, 2) })
  await post(born.signed)
  const { body } = await get(`/v1/resolve/${dpi}`)
  expect(Object.keys(passportResolutionSchema.parse(body))).toEqual(['v', 'passport'])
})

test('resolvePassport says that nothing stands under a name, signed', async () => {
  const { get } = await openInProcess()
  const { body } = await get(`/v1/resolve/${dpi}`)
  const { passport, node } = passportResolutionSchema.parse(body)
  expect(passport.records).toEqual([])
  expect(node).toBeUndefined()
  const statement = await proved(passport.statement, cast.countries.IN.log.key)
  expect(statement).toMatchObject({ record: null, ttl: 60, name: dpi })
})

test('resolvePassport goes on resolving one that has ended', async () => {
  const { get, post } = await openInProcess()
  await post(born.signed)
  const ended = await signPassportAfter(born, asha, { status: 'ended' }, now)
  await post(ended.signed)
  const { body } = await get(`/v1/resolve/${dpi}`)
  expect(passportResolutionSchema.parse(body).passport.records).toEqual([born.signed, ended.signed])
})

test.each([
  ['one character less', dpi.slice(1)],
  ['lower case', dpi.toLowerCase()],
  ['a mistyped character', dpi.slice(0, 27) + (dpi.endsWith('A') ? 'B' : 'A')],
  ['a separator', `${dpi.slice(0, 4)}-${dpi.slice(4)}`],
])('the route of resolving refuses an identifier with %s', async (_, text) => {
  const { get } = await openInProcess()
  expect(await get(`/v1/resolve/${text}`)).toMatchObject({ status: 400, code: 'identifier-invalid' })
})

test('resolving a zone that is not served here is the uniform 404', async () => {
  const { get } = await openInProcess({ zones: ['EE'], records: [cast.countries.EE.record.signed] })
  const elsewhere = await get(`/v1/resolve/${dpi}`)
  expect(elsewhere.status).toBe(404)
  expect((await get('/v1/zones/FR/record?name=FR/node/x')).body).toEqual(elsewhere.body)
  expect((await get('/v1/nothing')).body).toEqual(elsewhere.body)
})

test('resolveName states every kind of name by its zone, and none of another', async () => {
  const { get } = await openInProcess()
  const roots = resolutionSchema.parse((await get('/v1/zones/root/record?name=root')).body)
  expect(roots.records).toEqual([cast.root.signed])
  expect(await proved(roots.statement, cast.roles.log.key)).toMatchObject({ zone: 'root', record: cast.root.id })
  const rides = resolutionSchema.parse((await get('/v1/zones/IN/record?name=IN/requester/rides')).body)
  expect(rides.records).toEqual([cast.requesters.rides.record.signed])
  const absent = resolutionSchema.parse((await get('/v1/zones/IN/record?name=IN/requester/none')).body)
  expect(await proved(absent.statement, cast.countries.IN.log.key)).toMatchObject({ record: null })
  for (const [zone, name] of [
    ['IN', 'EE/node/tallinn'],
    ['IN', 'country/EE'],
    ['IN', 'root'],
    ['root', 'IN/node/pune'],
    ['IN', 'no name at all'],
  ]) {
    expect((await get(`/v1/zones/${zone}/record?name=${name}`)).code).toBe('schema-mismatch')
  }
})

test('createStateDesk gives a statement again for 15 s, its age shown, and never after the name has changed', async () => {
  const { get, post, clock } = await openInProcess()
  await post(born.signed)
  const stated = async (): Promise<Statement> => {
    const { passport } = passportResolutionSchema.parse((await get(`/v1/resolve/${dpi}`)).body)
    return await proved(passport.statement, cast.countries.IN.log.key)
  }
  await stated()
  clock.now += 14
  expect((await stated()).at).toBe(formatTime(now))
  clock.now += 1
  expect((await stated()).at).toBe(formatTime(now + 15))
  const next = await signPassportAfter(born, asha, {}, now)
  await post(next.signed)
  expect(await stated()).toMatchObject({ record: next.id, at: formatTime(now + 15) })
})

test('resolving answers 304 to whoever has the answer, until it changes', async () => {
  const { get, post, clock } = await openInProcess()
  await post(born.signed)
  const path = `/v1/resolve/${dpi}`
  const first = await get(path)
  const etag = first.headers.get('etag') ?? ''
  expect(first.headers.get('cache-control')).toBe('public, max-age=15')
  const again = await get(path, { 'if-none-match': `"x", W/${etag}` })
  expect([again.status, again.body, again.headers.get('etag')]).toEqual([304, undefined, etag])
  clock.now += 15
  expect((await get(path, { 'if-none-match': etag })).status).toBe(200)
  await post((await signPassportAfter(born, asha, {}, now)).signed)
  expect((await get(path, { 'if-none-match': etag })).status).toBe(200)
})

test('a log key that the zone record does not name says nothing', async () => {
  const other = await makeCast('another-log', now)
  const { get } = await openInProcess({
    cast: { ...cast, countries: { ...cast.countries, IN: { ...cast.countries.IN, log: other.countries.IN.log } } },
  })
  expect(await get('/v1/zones/IN/record?name=IN/node/pune')).toMatchObject({ status: 503, code: 'unavailable' })
})

test('createProveDesk proves what stands and what does not under the newest head, while records come in', async () => {
  const { get, post, cast: of } = await openInProcess()
  const { log } = of.countries.IN.record.payload
  const standing = async (name: string): Promise<unknown> => {
    const resolution = resolutionSchema.parse((await get(`/v1/zones/IN/record?name=${name}`)).body)
    const { map, head } = resolution.proof!
    const opened = await openHead(head, log)
    const { record } = verifyInMap(opened.map, mapKey('IN', name), map)
    const last = resolution.records.at(-1)
    expect(record).toBe(last ? readSigned(passportNoun, last).id : null)
    expect((await readStatement(resolution)).record).toBe(record)
    return record
  }
  expect(await standing(dpi)).toBeNull()
  await post(born.signed)
  expect(await standing(dpi)).toBe(born.id)
  const next = await signPassportAfter(born, asha, {}, now)
  const seen = new Set<unknown>()
  const admitted = post(next.signed)
  for (let i = 0; i < 8; i++) seen.add(await standing(dpi))
  await admitted
  expect(await standing(dpi)).toBe(next.id)
  for (const id of seen) expect([born.id, next.id]).toContain(id)
})

async function readStatement(resolution: Resolution): Promise<Statement> {
  return await proved(resolution.statement, cast.countries.IN.log.key)
}
