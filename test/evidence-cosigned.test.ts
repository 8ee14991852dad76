import { openCheckpoint } from '@dcann/protocol/log/checkpoint'
import { proveCosignatures } from '@dcann/protocol/log/cosignature'
import { parseNote } from '@dcann/protocol/log/note'
import { evidenceOrigin } from '@dcann/protocol/log/origin'
import { verifyInclusion } from '@dcann/protocol/log/proof'
import { headTime, type WitnessPolicy } from '@dcann/protocol/log/quorum'
import { evidenceLeaf } from '@dcann/protocol/evidence'
import { fromBase64Url } from '@dcann/protocol/bytes'
import { leafHash } from '@dcann/protocol/log/merkle'
import { createLogClient } from '@dcann/sdk/log-client'
import { memoryStore } from '@dcann/store/memory'
import type { Store } from '@dcann/store/store'
import { cosignRound } from '@dcann/vault-node/evidence/cosign'
import { advanceLog } from '@dcann/vault-node/evidence/job'
import { notePassport } from '@dcann/vault-node/evidence/note-happening'
import { proveLine } from '@dcann/vault-node/evidence/prove'
import { formatTime } from '@dcann/protocol/time'
import { beforeAll, expect, test } from 'vitest'
import { castWitnesses, makeHolder, signPassport, witnessName } from './cast.ts'
import { castNow, type InProcess, openInProcess } from './registry-in-process.ts'

const registry = await openInProcess()
const { cast } = registry
const { record, identity: signer } = cast.nodes.tallinn
const origin = evidenceOrigin(record.payload.name)
const passport = (await signPassport(makeHolder('evidence'), 'IN', cast.nodes.tallinn, castNow)).payload.name
const policy: WitnessPolicy = {
  quorum: 2,
  witnesses: castWitnesses.map((by) => ({ name: witnessName(by), key: cast.witnesses[by].key, by })),
}
const witnesses = new Map<string, InProcess>()
const down = new Set<string>()

/** Witnesses that follow the zone of the node, so that they know its key. */
beforeAll(async () => {
  const client = createLogClient({ fetch: registry.fetch }, 'https://registry.example')
  for (const by of castWitnesses) {
    const witness = await openInProcess({
      cast,
      zones: [],
      records: [],
      sources: new Map(['root', 'EE'].map((zone) => [zone, client])),
      witness: { name: witnessName(by), signer: cast.witnesses[by] },
    })
    for (const zone of ['root', 'EE']) {
      const [log] = await witness.registry.follower.logs(zone)
      const head = await openCheckpoint(await client.checkpoint(zone), { name: log!.origin, key: log!.key })
      await witness.registry.follower.takeIn(zone, head, castNow)
    }
    witnesses.set(`${by}.example`, witness)
  }
})

async function fetch(url: string, init?: RequestInit): Promise<Response> {
  const { hostname } = new URL(url)
  if (down.has(hostname)) throw new TypeError('fetch failed')
  return await witnesses.get(hostname)!.fetch(url, init)
}

function openNode(store: Store = memoryStore()) {
  const warned: string[] = []
  let [drawn, elapsed] = [0, 0]
  const world = { now: () => castNow, monotonic: () => elapsed, random: (n: number) => new Uint8Array(n).fill(drawn++) }
  const round = cosignRound({
    store,
    fetch,
    monotonic: () => (elapsed += 60_000),
    witnesses: castWitnesses.map((by) => `https://${by}.example/v1`),
    policy: () => policy,
    logger: { warn: (says, fields) => void warned.push(`${says}: ${String(fields?.errno)}`) },
  })
  return {
    store,
    warned,
    round: async () => await round(castNow),
    async happen(times: number, outcome = 'delivered') {
      for (let i = 0; i < times; i++) {
        const at = formatTime(castNow)
        await notePassport({ store, world }, { kind: 'ask', request: null, answer: null, outcome, at, of: passport })
      }
      while ((await advanceLog({ store, origin, signer })) > 0);
    },
  }
}

/** The time that a quorum gave the head under which a line is proved, if one did; the proof holds in any case. */
async function vouchedAt(store: Store, n: number): Promise<number | undefined> {
  const { line, inclusion } = await proveLine(store, ['p', passport], n)
  const { index, size, proof, checkpoint } = inclusion!
  const { root } = await openCheckpoint(checkpoint, { name: origin, key: signer.key })
  const leaf = leafHash(fromBase64Url(evidenceLeaf(line.salt, line.entry)))
  verifyInclusion({ leaf, index, size, root, proof: proof.map((hash) => fromBase64Url(hash)) })
  return headTime(await proveCosignatures(parseNote(checkpoint), policy.witnesses), policy, castNow)
}

test('cosignRound: a line is proved under the head that a quorum has cosigned, and before under the node’s own', async () => {
  const node = openNode()
  await node.happen(3)
  expect(await vouchedAt(node.store, 2)).toBeUndefined()
  await node.round()
  expect(await vouchedAt(node.store, 2)).toBe(castNow)
  await node.happen(300)
  expect([await vouchedAt(node.store, 3), await vouchedAt(node.store, 303)]).toEqual([castNow, undefined])
  await node.round()
  expect([await vouchedAt(node.store, 1), await vouchedAt(node.store, 303)]).toEqual([castNow, castNow])
  // one witness that is down is waited for by nobody, and two are no quorum
  down.add('library.example')
  await node.happen(1)
  await node.round()
  expect(await vouchedAt(node.store, 304)).toBe(castNow)
  down.add('newspaper.example')
  await node.happen(1)
  await node.round()
  expect(await vouchedAt(node.store, 305)).toBeUndefined()
  down.clear()
  await node.round()
  expect(await vouchedAt(node.store, 305)).toBe(castNow)
  expect(node.warned).toEqual(['a witness does not cosign: unreachable', 'a witness does not cosign: unreachable'])
  // begun again it asks each witness what that has, and goes on
  const again = openNode(node.store)
  await again.happen(1, 'refused')
  await again.round()
  expect(await vouchedAt(node.store, 306)).toBe(castNow)

  // the same node with another past: a copy of its store from before, or what it tells somebody else
  const other = openNode()
  await other.happen(400, 'another')
  await other.round()
  expect(other.warned.filter((says) => says.endsWith('evidence-broken'))).toHaveLength(castWitnesses.length)
  expect(await vouchedAt(other.store, 4)).toBeUndefined()
  const shorter = openNode()
  await shorter.happen(5, 'another')
  await shorter.round()
  expect(shorter.warned.filter((says) => says.endsWith('record-stale'))).toHaveLength(3)
  expect(await vouchedAt(shorter.store, 4)).toBeUndefined()
})
