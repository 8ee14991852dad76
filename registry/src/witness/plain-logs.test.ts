import { utf8 } from '@dcann/protocol/bytes'
import { type Signer, testSigner } from '@dcann/protocol/key'
import { formatSubmission } from '@dcann/protocol/log/add-checkpoint'
import { signCheckpoint } from '@dcann/protocol/log/checkpoint'
import { proveCosignatures, withSignatures } from '@dcann/protocol/log/cosignature'
import { leafHash, rootOf } from '@dcann/protocol/log/merkle'
import { parseNote, parseSignatureLines } from '@dcann/protocol/log/note'
import { evidenceOrigin } from '@dcann/protocol/log/origin'
import { consistencyProof } from '@dcann/protocol/log/proof'
import { createLogClient } from '@dcann/sdk/log-client'
import { memoryStore } from '@dcann/store/memory'
import type { Store } from '@dcann/store/store'
import { expect, test } from 'vitest'
import { witnessName } from '../../../test/cast.ts'
import { type InProcess, openInProcess } from '../../../test/registry-in-process.ts'

const name = witnessName('university')
const registry = await openInProcess()
const { cast } = registry
const { identity } = cast.nodes.tallinn
const node = cast.nodes.tallinn.record.payload.name
const origin = evidenceOrigin(node)
const leaves = Array.from({ length: 40 }, (_, i) => leafHash(utf8(`line ${i}`)))
const others = leaves.map((leaf, i) => (i === 7 ? leafHash(utf8('another line')) : leaf))

const rootAt = (size: number, of = leaves) => rootOf(of.slice(0, size))
const signed = async (size: number, by: Signer = identity, of = leaves, as = origin): Promise<string> =>
  await signCheckpoint({ origin: as, size, root: rootAt(size, of) }, by)
const proofOf = (from: number, to: number, of = leaves) =>
  consistencyProof(from, to, (level, index) => rootOf(of.slice(index * 2 ** level, (index + 1) * 2 ** level)))

async function openWitness(store: Store = memoryStore(), logs: readonly { origin: string; key: string }[] = []) {
  const client = createLogClient({ fetch: registry.fetch }, 'https://registry.example')
  const witness = await openInProcess({
    cast,
    zones: [],
    records: [],
    sources: new Map(['root', 'IN', 'EE'].map((zone) => [zone, client])),
    witness: { name, signer: cast.witnesses.university },
    witnessLogs: logs,
    store,
  })
  // it knows whose key a node's is once it has replayed the node's zone
  for (const zone of ['root', 'EE']) {
    const head = new TextDecoder().decode(await registry.bytes(`/v1/zones/${zone}/checkpoint`))
    await submit(witness, 0, head)
  }
  return witness
}

async function submit(to: InProcess, old: number, checkpoint: string, proof: readonly Uint8Array[] = []) {
  const body = formatSubmission({ old, proof, checkpoint })
  const answer = await to.fetch('https://witness.example/v1/add-checkpoint', { method: 'POST', body })
  return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() }
}

test('add-checkpoint: a node’s evidence log is cosigned by its consistency alone, under the key in its record', async () => {
  const witness = await openWitness()
  const first = await signed(5)
  const answer = await submit(witness, 0, first)
  expect(answer.status).toBe(200)
  const note = withSignatures(parseNote(first), parseSignatureLines(answer.text))
  expect(await proveCosignatures(note, [{ name, key: cast.witnesses.university.key }])).toMatchObject([
    { time: cast.now },
  ])
  expect((await submit(witness, 5, await signed(30), proofOf(5, 30))).status).toBe(200)
  expect((await submit(witness, 30, await signed(30))).status).toBe(200)
})

test('add-checkpoint: a node that shows two pasts is refused, whichever way it tells the second', async () => {
  const store = memoryStore()
  const witness = await openWitness(store)
  expect((await submit(witness, 0, await signed(20))).status).toBe(200)
  const other = await signed(20, identity, others)
  const longer = await signed(30, identity, others)
  const conflict = { status: 409, type: 'text/x.tlog.size', text: '20\n' }
  expect(await submit(witness, 20, other)).toEqual(conflict)
  expect(await submit(witness, 0, other)).toEqual(conflict)
  expect(await submit(witness, 0, longer)).toEqual(conflict)
  expect((await submit(witness, 20, longer, proofOf(20, 30, others))).status).toBe(422)
  expect((await submit(witness, 20, longer, proofOf(20, 30))).status).toBe(422)
  expect((await submit(witness, 20, await signed(19))).status).toBe(400)
  expect(await submit(witness, 0, await signed(19))).toEqual(conflict)
  // the second past under a second name of the log is nobody's log
  expect((await submit(witness, 0, await signed(20, identity, others, `x.example/evidence/${node}`))).status).toBe(404)
  // nor does it forget
  expect(await submit(await openWitness(store), 0, other)).toEqual(conflict)
})

test('add-checkpoint: another key, an unknown log and what is out of form have their statuses', async () => {
  const witness = await openWitness()
  expect((await submit(witness, 0, await signed(5, cast.nodes.pune.identity))).status).toBe(403)
  expect((await submit(witness, 0, await signed(5, identity, leaves, evidenceOrigin('EE/node/nobody')))).status).toBe(
    404,
  )
  expect((await submit(witness, 0, await signed(5, identity, leaves, 'other.example/log'))).status).toBe(404)
  expect((await submit(witness, 0, await signed(5), proofOf(2, 5))).status).toBe(422)
  expect((await submit(witness, 9, await signed(5))).status).toBe(400)
})

test('add-checkpoint: keeps the head before it answers, and says after an ending in between what it kept', async () => {
  const store = memoryStore()
  const ending: Store = {
    ...store,
    commit: async (commit) => {
      const committed = await store.commit(commit)
      if (commit.writes.some(({ key }) => key.startsWith('witness/plain'))) throw new Error('ended')
      return committed
    },
  }
  expect((await submit(await openWitness(ending), 0, await signed(5))).status).toBe(500)
  expect(await submit(await openWitness(store), 0, await signed(9))).toMatchObject({ status: 409, text: '5\n' })
})

test('add-checkpoint: a log that the settings name is cosigned likewise', async () => {
  const by = testSigner('a log of somebody')
  const witness = await openWitness(memoryStore(), [{ origin: 'other.example/log', key: by.key }])
  expect((await submit(witness, 0, await signed(5, by, leaves, 'other.example/log'))).status).toBe(200)
  expect((await submit(witness, 5, await signed(9, by, leaves, 'other.example/log'), proofOf(5, 9))).status).toBe(200)
  expect((await submit(witness, 0, await signed(5, identity, leaves, 'other.example/log'))).status).toBe(403)
})
