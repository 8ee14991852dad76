import { describe, expect, test } from 'vitest'
import { makeCast, makeHolder, signPassport, signPassportAfter } from '../../../test/cast.ts'
import { castNow as now, openInProcess } from '../../../test/registry-in-process.ts'
import { statementAgeMost } from './state-name.ts'

const cast = await makeCast('registry-tests', now)
const asha = makeHolder('asha')
const born = await signPassport(asha, 'IN', cast.nodes.tallinn, now)
const path = `/v1/resolve/${born.payload.name}`

async function asked() {
  const registry = await openInProcess()
  await registry.post(born.signed)
  const first = await registry.get(path)
  expect(first.status).toBe(200)
  return { ...registry, first }
}

describe('createReadyAnswers', () => {
  test('gives again what the router gave, with its tag and for as long', async () => {
    const { early, first } = await asked()
    const again = early(path)
    expect(again?.status).toBe(200)
    expect(JSON.parse(again?.text ?? '')).toEqual(first.body)
    for (const name of ['etag', 'cache-control', 'content-type']) {
      expect(again?.headers.get(name)).toBe(first.headers.get(name))
    }
    expect(again?.headers.get('content-length')).toBe(String(Buffer.byteLength(again?.text ?? '')))
  })

  test('says 304 to whoever has it', async () => {
    const { early, first } = await asked()
    const held = early(path, { ifNoneMatch: first.headers.get('etag') ?? '' })
    expect(held).toMatchObject({ status: 304, text: '' })
    expect(early(path, { ifNoneMatch: '"another"' })?.status).toBe(200)
  })

  test.each([
    ['what was never asked', `/v1/resolve/${born.payload.name.slice(0, -1)}`, 'GET'],
    ['a query', `${path}?x=1`, 'GET'],
    ['HEAD', path, 'HEAD'],
    ['POST', path, 'POST'],
  ])('leaves %s to the router', async (_, target, method) => {
    const { early } = await asked()
    expect(early(path)).toBeDefined()
    expect(early(target, { method })).toBeUndefined()
  })

  test('keeps no absence: anybody can ask for names that nobody has', async () => {
    const { get, early } = await openInProcess()
    expect((await get(path)).status).toBe(200)
    expect(early(path)).toBeUndefined()
  })

  test.each(['IN', 'EE', 'root'])('gives nothing again once anything was admitted in %s', async (zone) => {
    const { post, get, early, registry } = await asked()
    const other = await signPassport(makeHolder('other'), zone === 'EE' ? 'EE' : 'IN', cast.nodes.tallinn, now)
    if (zone === 'root') registry.heads.show('root', { ...registry.heads.get('root')! })
    else expect((await post(other.signed)).status).toBe(201)
    expect(early(path)).toBeUndefined()
    await get(path)
    expect(early(path)).toBeDefined()
  })

  test('gives what is new as soon as it is admitted', async () => {
    const { post, get, early, first } = await asked()
    const next = await signPassportAfter(born, asha, { status: 'ended' }, now)
    await post(next.signed)
    const { body } = await get(path)
    expect(body).not.toEqual(first.body)
    expect(JSON.parse(early(path)?.text ?? '')).toEqual(body)
  })

  test('gives nothing again whose statement is too old, or of a time to come', async () => {
    const { early, clock } = await asked()
    clock.now = now + statementAgeMost - 1
    expect(early(path)).toBeDefined()
    clock.now = now + statementAgeMost
    expect(early(path)).toBeUndefined()
    clock.now = now - 1
    expect(early(path)).toBeUndefined()
  })
})
