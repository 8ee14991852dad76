import { type Mutant, mutantsOf } from './mutant.ts'

const src = 'packages/protocol/src'
const rule = mutantsOf(`${src}/agreement.ts`, [`${src}/agreement.test.ts`])
const offer = mutantsOf(`${src}/offer.ts`, [`${src}/offer.test.ts`])
const control = mutantsOf(`${src}/control.ts`, [`${src}/control.test.ts`, `${src}/agreement.test.ts`])
const act = mutantsOf(`${src}/act.ts`, [`${src}/act.test.ts`])
const rooms = 'vault-node/src/agreements'
const chain = ['test/succeeding.test.ts']
const activate = mutantsOf(`${rooms}/activate.ts`, chain)
const bind = mutantsOf(`${rooms}/bind.ts`, chain)
const record = mutantsOf(`${rooms}/record-act.ts`, chain)
const append = mutantsOf('vault-node/src/evidence/append.ts', chain)
const clock = mutantsOf('vault-node/src/clock/clock.ts', ['vault-node/src/clock/clock.test.ts'])
const stopping = mutantsOf(`${rooms}/act.ts`, ['test/answering.test.ts'])
const cache = mutantsOf('packages/sdk/src/resolution-cache.ts', ['packages/sdk/src/resolution-cache.test.ts'])
const following = mutantsOf('vault-node/src/following/requesters.ts', ['vault-node/src/following/requesters.test.ts'])

/** What was agreed, how long it stands, and what ends it. */
export const agreements: readonly Mutant[] = [
  rule(
    'expiry-inclusive',
    'answers in the second in which an agreement ends',
    'if (now >= allowance.until)',
    'if (now > allowance.until)',
  ),
  rule(
    'expired-offer-activated',
    'activates a grant of an offer that has expired',
    'if (grant.payload.prior === null && now >= parseTime(offer.payload.expires)) {',
    'if (grant.payload.prior === null && now < 0) {',
  ),
  offer(
    'expired-offer-taken',
    'takes an offer that has expired',
    'if (now >= parseTime(payload.expires))',
    'if (now < 0)',
  ),
  rule(
    'required-term-left-out',
    'makes an agreement without a term that its offer requires',
    'if (left) refuse(',
    'if (left?.optional) refuse(',
  ),
  rule(
    'longer-than-offered',
    'lets an agreement run for longer than was offered',
    'if (until <= from || until > from + secondsOf(offered.lasts))',
    'if (until <= from)',
  ),
  rule(
    'grant-of-another-offer',
    'pairs a grant with an offer that it does not name',
    'if (payload.offer !== offered.id) refuse',
    'if (payload.offer === "") refuse',
  ),
  rule(
    'grant-by-any-key',
    'takes a grant that its handle key did not sign',
    'grant.signers.length !== 1 || grant.signers[0] !== payload.key',
    'grant.signers.length !== 1',
  ),
  control(
    'pin-not-compared',
    'activates an agreement that was signed under another owner',
    'if (epoch === pinned.epoch && parent === pinned.parent) return',
    'if (epoch >= pinned.epoch && parent === pinned.parent) return',
  ),
  rule(
    'paused-answers',
    'answers under an agreement that is paused',
    "if (suspension) return { standing: 'suspended', suspension }\n  return { standing: acted }",
    "if (suspension) return { standing: 'suspended', suspension }\n  return { standing: 'active' }",
  ),
  rule(
    'suspended-requester-answered',
    'answers a requester whom its country has suspended',
    "if (requester.status === 'suspended') return 'legal'",
    "if (requester.status === 'suspended') return undefined",
  ),
  rule(
    'special-category-unsealed',
    'answers over a special category in the clear',
    'if (sealing_key === null && special) {',
    'if (sealing_key === null && special === null) {',
  ),
  offer(
    'special-category-offered-unsealed',
    'takes an offer over a special category without a sealing key',
    'if (!isSpecialCategory(term.category) || key !== null) return',
    'if (!isSpecialCategory(term.category) || key !== undefined) return',
  ),
  control(
    'owner-not-compared',
    'answers the new owner of a requester under what was granted to the old one',
    'if (pin.epoch !== control.epoch || pin.parent !== control.parent)',
    'if (pin.parent !== control.parent)',
  ),
  control(
    'stale-owner-believed',
    'answers a requester of whose owner nobody has said anything for years',
    "> times.controlStale ? 'control-stale'",
    "> times.controlStale * 10 ? 'control-stale'",
  ),
  act('ended-agreement-pauses', 'lets a pause undo a revoke', "return ended ? state : 'paused'", "return 'paused'"),
  act('ended-agreement-resumes', 'lets a resume undo a revoke', 'if (ended) throw', 'if (state === kind) throw'),
  activate(
    'superseded-stays-active',
    'goes on answering under an agreement that a newer one has replaced',
    "acted: 'superseded' as const,",
    '',
  ),
  activate(
    'successor-of-the-ended',
    'lets a grant succeed an agreement that was revoked',
    "state.value.acted === 'revoked' ||",
    '',
  ),
  bind(
    'binding-of-another-handle',
    'activates a grant under the binding of another',
    'if (handle === expected.handle && key === expected.key &&',
    'if (',
  ),
  record(
    'grant-seq-falls',
    'forgets which act last changed the state',
    'acted === state.value.acted ? state.value.grant_seq : n',
    'acted === state.value.acted ? 1 : n',
  ),
  append('head-not-chained', 'breaks the chain of evidence at every entry', 'prev: head.leaf,', 'prev: null,'),
  clock(
    'clock-goes-back',
    'decides earlier than it has decided before',
    'return Math.max(high, unvouched)',
    'return reading',
  ),
  clock(
    'clock-forgets',
    'decides earlier after a restart than before it',
    'return [highest.put(formatTime(known))]',
    'return []',
  ),
  clock(
    'clock-runs-ahead',
    'decides at a time far past what any registry has said',
    'reading <= vouched() + times.nodeSkew',
    'reading <= vouched() + times.nodeSkew * 1000',
  ),
  clock(
    'clock-poisoned',
    'remembers for good a time that no registry has vouched for',
    'const known = Math.min(now, high)',
    'const known = now',
  ),
  stopping(
    'revoke-hangs-on-the-clock',
    'refuses to revoke while the clock of the node is wrong',
    'const now = holdsBack ?',
    'const now = !holdsBack ?',
  ),
  following(
    'silence-believed',
    'answers on word of a registry that has been silent for a day',
    'if (age < times.fresh)',
    'if (age < times.stale)',
  ),
  following(
    'old-word-made-younger',
    'takes word that is hours old for fresh while its clock is behind',
    'Math.max(now - parseTime(held.seen.at), (when - held.fetched) / 1000)',
    'now - parseTime(held.seen.at)',
  ),
  cache(
    'failure-kept-by-a-wrong-clock',
    'waits for hours to ask again once its clock is set back',
    ' && failure.until - now <= failure.lasted',
    '',
  ),
  following(
    'older-word-undoes',
    'lets a registry take back what it has said later',
    'if (before && before.seen.at > seen.at) return before.seen\n',
    '',
  ),
  following(
    'yes-cached',
    'goes by what it once heard of a requester',
    'if (when - held.fetched <= times.requesterRefetch * 1000)',
    'if (when >= held.fetched)',
  ),
]
