import { signCheckpoint } from '@dcann/protocol/log/checkpoint'
import { createLogClient } from '@dcann/sdk/log-client'
import type { Fetch } from '@dcann/sdk/world'
import { expect, test } from 'vitest'
import { castUrls, makeHolder, signPassport, signPassportAfter } from '../../../test/cast.ts'
import { type InProcess, openInProcess } from '../../../test/registry-in-process.ts'
import { withEntries } from '../../../test/scripted-source.ts'
import { openWatch } from './watch.ts'

const zones = ['root', 'IN', 'EE']
const withCheckpoint =
  (at: Fetch, checkpoint: string): Fetch =>
  async (url, init) =>
    url.endsWith('/v1/zones/IN/checkpoint') ? new Response(checkpoint) : await at(url, init)

async function watching(origin: InProcess, ...others: readonly Fetch[]) {
  const clients = [origin.fetch, ...others].map((fetch) => createLogClient({ fetch }, castUrls.registry))
  return await openWatch({ root: [origin.cast.root.signed], zones: new Map(zones.map((zone) => [zone, clients])) })
}

test('openWatch: an honest zone raises no alarm, whatever is admitted between two looks, and a silent one is only silent', async () => {
  const origin = await openInProcess()
  const { cast, clock } = origin
  const look = await watching(origin, async () => {
    throw new TypeError('fetch failed')
  })
  const holder = makeHolder('watched')
  let written = await signPassport(holder, 'IN', cast.nodes.pune, cast.now)
  for (let round = 0; round < 12; round++) {
    await origin.post(written.signed)
    const { alarms, watched, silent } = await look(clock.now)
    expect(alarms).toEqual([])
    expect(silent).toHaveLength(3)
    expect(watched.find(({ zone }) => zone === 'IN')?.size).toBe(origin.registry.heads.get('IN')?.size)
    written = await signPassportAfter(written, holder, {}, cast.now)
  }
})

test('openWatch: a fork, a record by no rule and a head by another key raise an alarm with both heads', async () => {
  const origin = await openInProcess()
  const { cast, clock } = origin
  const { log } = cast.countries.IN
  const holder = makeHolder('watched')
  const born = await signPassport(holder, 'IN', cast.nodes.pune, cast.now)
  const stolen = await signPassportAfter(born, holder, {}, cast.now, [log])
  const other = await signPassport(makeHolder('another'), 'IN', cast.nodes.pune, cast.now)
  const forked = await withEntries(origin, 'IN', log, [other], cast.now)
  await origin.post(born.signed)
  const broken = await withEntries(origin, 'IN', log, [stolen], cast.now)
  const head = origin.registry.heads.get('IN')!
  const strange = await signCheckpoint({ origin: 'in.dcann.example', size: head.size, root: head.root }, cast.roles.log)
  const shorter = await signCheckpoint({ origin: 'in.dcann.example', size: head.size - 1, root: head.root }, log)
  for (const [fetch, code] of [
    [withCheckpoint(forked.fetch, forked.checkpoint), 'forked'],
    [withCheckpoint(broken.fetch, broken.checkpoint), 'evidence-broken'],
    [withCheckpoint(origin.fetch, strange), 'key-unknown'],
    [withCheckpoint(origin.fetch, shorter), 'forked'],
  ] as const) {
    const { alarms } = await (await watching(origin, fetch))(clock.now)
    expect(alarms).toEqual([
      expect.objectContaining({ zone: 'IN', code, heads: [expect.any(String), expect.any(String)] }),
    ])
  }
})
