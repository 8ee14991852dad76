import { type Mutant, mutantsOf } from './mutant.ts'

const departure = mutantsOf('packages/http/src/departure.ts', ['packages/http/src/departure.test.ts'])
const handOver = mutantsOf('packages/http/src/hand-over.ts', ['packages/http/src/hand-over.test.ts'])
const uniform = mutantsOf('packages/http/src/uniform.ts', ['packages/http/src/uniform.test.ts'])
const leaving = mutantsOf('vault-node/src/requests/leaving.ts', ['vault-node/src/requests/leaving.test.ts'])
const stopping = ['test/answering.test.ts']
const clear = mutantsOf('vault-node/src/agreements/clear-out.ts', stopping)
const act = mutantsOf('vault-node/src/agreements/act.ts', stopping)
const answer = mutantsOf('vault-node/src/requests/answer.ts', stopping)
const store = 'packages/store/src'
const admit = mutantsOf(`${store}/admit.ts`, [`${store}/memory.test.ts`])
const level = mutantsOf(`${store}/level.ts`, [`${store}/level.test.ts`])
const sealed = mutantsOf(`${store}/sealed.ts`, [`${store}/sealed.test.ts`])

/** How an answer leaves, how it is stopped, and what is on disk by then. */
export const leavings: readonly Mutant[] = [
  departure(
    'lease-not-looked-at',
    'sends an answer whose lease has ended',
    'if (!(rest > 0) || (outgoing',
    'if ((outgoing',
  ),
  handOver(
    'lease-not-looked-at-in-between',
    'writes the next piece without looking at the lease',
    'descriptor === undefined || !may()',
    'descriptor === undefined',
  ),
  uniform(
    'not-found-at-once',
    'tells by time whether there was something to look for',
    'const release = arrival + slot *',
    'const release = arrival + 0 *',
  ),
  act(
    'stranger-told-why',
    'tells a stranger that there is such an agreement',
    "? new ProtocolError('not-found', 'acting on an agreement: none of its parties signed')",
    '? error',
  ),
  answer(
    'ended-told-apart',
    'tells an agreement that has ended from one that never was',
    "throw new ProtocolError('not-found', 'answering: the agreement has ended')",
    "throw new ProtocolError('not-active', 'answering: the agreement has ended')",
  ),
  act(
    'pause-clears-nothing',
    'acknowledges a pause while an answer still leaves',
    "payload.kind === 'revoke' || payload.kind === 'pause' ||",
    "payload.kind === 'revoke' ||",
  ),
  act(
    'revoke-clears-nothing',
    'acknowledges a revoke while an answer still leaves',
    'const cut = holdsBack ?',
    'const cut = !holdsBack ?',
  ),
  clear(
    'leases-not-awaited',
    'acknowledges a revoke while another process still sends',
    'if (living.length === 0) break',
    'break',
  ),
  leaving(
    'cut-not-awaited',
    'acknowledges before what it destroyed is gone',
    'await Promise.all(found.map(([, one]) => one.gone))\n',
    '',
  ),
  admit(
    'version-not-compared',
    'lets two decisions on one state both stand',
    'if (expected !== undefined && expected !== found) {',
    'if (expected === 0 && found !== 0) {',
  ),
  level('sync-skipped', 'acknowledges what a power cut takes back', '{ sync: true }', '{ sync: false }'),
  level(
    'head-apart-from-data',
    'writes the head in a batch of its own',
    "await disk.batch([...operations, { type: 'put', key: HEAD_KEY, value: bytes }], { sync: true })",
    "await disk.batch(operations, { sync: true })\n    await disk.batch([{ type: 'put', key: HEAD_KEY, value: bytes }], { sync: true })",
  ),
  sealed(
    'value-not-bound-to-its-key',
    'opens a value that was moved to another key',
    "context.write(key, HEADER, 'latin1')",
    'context.fill(0, HEADER)',
  ),
]
