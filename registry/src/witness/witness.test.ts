import { base64Url } from '@dcann/protocol/bytes'
import type { Signer } from '@dcann/protocol/key'
import { formatSubmission } from '@dcann/protocol/log/add-checkpoint'
import { openCheckpoint, parseCheckpoint, signCheckpoint } from '@dcann/protocol/log/checkpoint'
import { proveCosignatures, withSignatures } from '@dcann/protocol/log/cosignature'
import { formatEntry } from '@dcann/protocol/log/entry'
import { leafHash } from '@dcann/protocol/log/merkle'
import { parseNote, parseSignatureLines } from '@dcann/protocol/log/note'
import { formatTime } from '@dcann/protocol/time'
import { createLogClient } from '@dcann/sdk/log-client'
import { memoryStore } from '@dcann/store/memory'
import type { Store } from '@dcann/store/store'
import { describe, expect, test } from 'vitest'
import { makeHolder, signPassport, signPassportAfter, witnessName } from '../../../test/cast.ts'
import { type InProcess, openInProcess } from '../../../test/registry-in-process.ts'
import { mapEntryAfter, withEntries } from '../../../test/scripted-source.ts'
import { checkLogs } from '../log/check-log.ts'
import { checkRecords } from '../records/check-records.ts'

const name = witnessName('university')
const origin = await openInProcess()
const { cast } = origin
const key = cast.witnesses.university
const verifier = { name, key: key.key }

/** A witness that takes root, IN and EE from what `fetch` reaches. */
async function openWitness(fetch = origin.fetch, store?: Store): Promise<InProcess> {
  const client = createLogClient({ fetch }, 'https://registry.example')
  return await openInProcess({
    cast,
    zones: [],
    records: [],
    sources: new Map(['root', 'IN', 'EE'].map((zone) => [zone, client])),
    witness: { name, signer: key },
    ...(store ? { store } : {}),
  })
}

async function submit(to: InProcess, old: number, checkpoint: string, proof: Uint8Array[] = []): Promise<Response> {
  const body = formatSubmission({ old, proof, checkpoint })
  return await to.fetch('https://witness.example/v1/add-checkpoint', { method: 'POST', body })
}

const headOf = async (zone: string, at = origin): Promise<string> =>
  new TextDecoder().decode(await at.bytes(`/v1/zones/${zone}/checkpoint`))
const sizeOf = (checkpoint: string): number => parseCheckpoint(parseNote(checkpoint).text).size
const proofFrom = async (zone: string, from: number, to: number): Promise<Uint8Array[]> => {
  const { body } = await origin.get(`/v1/zones/${zone}/consistency?from=${from}&to=${to}`)
  // `as`: its schema is tested where it is answered
  return (body as { proof: string[] }).proof.map((hash) => new Uint8Array(Buffer.from(hash, 'base64url')))
}

describe('add-checkpoint', () => {
  test('cosigns each zone after replaying it, and holds by then what its registry holds', async () => {
    const witness = await openWitness()
    for (const zone of ['EE', 'root', 'IN']) {
      const checkpoint = await headOf(zone)
      const answer = await submit(witness, 0, checkpoint)
      expect(answer.status).toBe(200)
      const note = withSignatures(parseNote(checkpoint), parseSignatureLines(await answer.text()))
      expect(await proveCosignatures(note, [verifier])).toEqual([expect.objectContaining({ time: witness.clock.now })])
      expect(witness.registry.heads.get(zone)?.root).toEqual(origin.registry.heads.get(zone)?.root)
      expect(witness.registry.heads.get(zone)?.map).toEqual(origin.registry.heads.get(zone)?.map)
    }
    expect((await checkLogs(witness.registry.store, undefined)).problems).toEqual([])
    expect((await checkRecords(witness.registry.store)).problems).toEqual([])
  })

  test('goes on from the head cosigned last; says its size to whoever goes on from another; cosigns an idle one again', async () => {
    const store = memoryStore()
    const witness = await openWitness(origin.fetch, store)
    const before = await headOf('IN')
    expect((await submit(witness, 0, before)).status).toBe(200)
    const holder = makeHolder('asha')
    const born = await signPassport(holder, 'IN', cast.nodes.pune, cast.now)
    await origin.post(born.signed)
    await origin.post((await signPassportAfter(born, holder, {}, cast.now)).signed)
    const after = await headOf('IN')
    const proof = await proofFrom('IN', sizeOf(before), sizeOf(after))

    const conflict = await submit(witness, 0, after)
    expect([conflict.status, conflict.headers.get('content-type')]).toEqual([409, 'text/x.tlog.size'])
    expect(await conflict.text()).toBe(`${sizeOf(before)}\n`)
    expect((await submit(witness, sizeOf(before), after, proof.slice(1))).status).toBe(422)
    expect((await submit(witness, sizeOf(before), after, proof)).status).toBe(200)
    // what it has cosigned outlives it, and nothing smaller is cosigned any more
    const again = await openWitness(origin.fetch, store)
    expect((await submit(again, sizeOf(before), after, proof)).status).toBe(409)
    expect((await submit(again, 0, before)).status).toBe(409)
    expect((await submit(again, sizeOf(after), after)).status).toBe(200)
  })

  test('refuses what is out of form, of another log, or by another key', async () => {
    const witness = await openWitness()
    const head = parseCheckpoint(parseNote(await headOf('IN')).text)
    const statusOf = async (old: number, checkpoint: string): Promise<number> =>
      (await submit(witness, old, checkpoint)).status
    expect(await statusOf(0, 'nothing of the kind\n')).toBe(400)
    expect(await statusOf(head.size + 1, await headOf('IN'))).toBe(400)
    expect(await statusOf(0, await signCheckpoint({ ...head, origin: 'other.example' }, cast.roles.log))).toBe(404)
    expect(await statusOf(0, await signCheckpoint(head, cast.roles.log))).toBe(403)
  })

  test('says to ask again when what leads to a head cannot be had, and keeps nothing', async () => {
    let silent = true
    const witness = await openWitness(async (url, init) => {
      if (silent && url.includes('/tile/')) throw new TypeError('fetch failed')
      return await origin.fetch(url, init)
    })
    const checkpoint = await headOf('IN')
    expect((await submit(witness, 0, checkpoint)).status).toBe(503)
    silent = false
    expect((await submit(witness, 0, checkpoint)).status).toBe(200)
  })

  test('does not answer before it has kept the head: ended in between, it has cosigned it and says so', async () => {
    const store = memoryStore()
    const ending: Store = {
      ...store,
      commit: async (commit) => {
        await store.commit(commit)
        if (commit.writes.some(({ key: at }) => at.startsWith('witness/cosigned'))) throw new Error('ended')
        return { versions: [] }
      },
    }
    const checkpoint = await headOf('IN')
    expect((await submit(await openWitness(origin.fetch, ending), 0, checkpoint)).status).toBe(500)
    const again = await openWitness(origin.fetch, store)
    expect((await submit(again, 0, checkpoint)).status).toBe(409)
    expect((await submit(again, sizeOf(checkpoint), checkpoint)).status).toBe(200)
  })
})

describe('replaying', () => {
  test.each([
    ['a fork', async () => await signedOver('IN', cast.countries.IN.log, (root) => ({ root: root.map((b) => b ^ 1) }))],
    ['a log that was cut', async () => await signedOver('IN', cast.countries.IN.log, () => ({ size: 3 }))],
  ])('does not cosign %s', async (_what, forge) => {
    const witness = await openWitness()
    const answer = await submit(witness, 0, await forge())
    expect(answer.status).toBe(422)
    expect(witness.registry.heads.get('IN')).toBeUndefined()
  })

  test('does not cosign a well-formed log in which a record breaks a rule', async () => {
    const good = makeHolder('ravi')
    const born = await signPassport(good, 'IN', cast.nodes.pune, cast.now)
    const stolen = await signPassportAfter(born, good, {}, cast.now, [cast.countries.IN.log])
    for (const [what, records, cosigned] of [
      ['a birth and what its holder signed', [born, await signPassportAfter(born, good, {}, cast.now)], true],
      ['a record that the thief of the log key signed', [born, stolen], false],
      [
        'a record of a holder that does not begin at its birth',
        [await signPassportAfter(born, good, {}, cast.now)],
        false,
      ],
      ['one record twice', [born, born], false],
    ] as const) {
      const { fetch, checkpoint } = await withEntries(origin, 'IN', cast.countries.IN.log, records, cast.now)
      const witness = await openWitness(fetch)
      expect([what, (await submit(witness, 0, checkpoint)).status]).toEqual([what, cosigned ? 200 : 422])
    }
  })

  test('does not cosign a map that its acts do not make, nor a time that falls or was not there', async () => {
    const records = [await signPassport(makeHolder('leida'), 'IN', cast.nodes.pune, cast.now)]
    const by = cast.countries.IN.log
    const honest = await mapEntryAfter(origin, 'IN', records, cast.now)
    for (const [what, entry, cosigned] of [
      ['as it is', honest, true],
      ['another root', { ...honest, map: base64Url(leafHash(formatEntry(honest))) }, false],
      ['a name more', { ...honest, names: honest.names + 1 }, false],
      ['a time that falls', { ...honest, time: formatTime(cast.now - 1) }, false],
      ['a time ahead', { ...honest, time: formatTime(cast.now + 301) }, false],
    ] as const) {
      const { fetch, checkpoint } = await withEntries(origin, 'IN', by, records, cast.now, entry)
      const witness = await openWitness(fetch)
      expect([what, (await submit(witness, 0, checkpoint)).status]).toEqual([what, cosigned ? 200 : 422])
    }
  })
})

async function signedOver(
  zone: string,
  by: Signer,
  change: (root: Uint8Array) => { readonly size?: number; readonly root?: Uint8Array },
): Promise<string> {
  const held = await openCheckpoint(await headOf(zone), { name: 'in.dcann.example', key: by.key })
  const { origin: named, size, root } = held
  return await signCheckpoint({ origin: named, size, root, ...change(root) }, by)
}
