import { type Mutant, mutantsOf } from './mutant.ts'

const signature = 'packages/protocol/src/request-signature'
const head = mutantsOf(`${signature}.ts`, [`${signature}.test.ts`])
const authenticate = mutantsOf('packages/http/src/authenticate.ts', ['packages/http/src/door.test.ts'])
const rooms = 'vault-node/src/requests'
const answering = ['test/answering.test.ts']
const door = mutantsOf('packages/http/src/door.ts', answering)
const answer = mutantsOf(`${rooms}/answer.ts`, answering)
const refuse = mutantsOf(`${rooms}/refuse.ts`, answering)
const shelf = mutantsOf(`${rooms}/shelf.ts`, answering)
const frequency = mutantsOf(`${rooms}/frequency.ts`, [`${rooms}/frequency.test.ts`])

/** Who asks, when, how often, and whether they did before. */
export const requests: readonly Mutant[] = [
  head(
    'window-an-hour-wide',
    'takes a signature that lives for an hour',
    'expires - created > times.signatureLife',
    'expires - created > times.signatureLife * 60',
  ),
  head(
    'window-closed-at-its-end',
    'takes a signature in the second in which it ends',
    'now >= expires + times.signatureSkew',
    'now > expires + times.signatureSkew',
  ),
  head(
    'signed-ahead-of-time',
    'takes a signature made for later',
    'created - times.signatureSkew > now',
    'created - times.signatureSkew * 100 > now',
  ),
  head(
    'components-in-any-number',
    'takes a signature that covers less than the profile says',
    "names.join(' ') !== signatureProfile.components.join(' ')",
    'names.length === 0',
    // the form of the field says it a second time
    {
      file: `${signature}.ts`,
      from: "if (input !== `${signatureProfile.label}=(${covered})${given.join('')}`) {",
      to: "if (!input.startsWith('dcann=(') || covered === '' || given.length === 0) {",
    },
  ),
  head(
    'tag-not-compared',
    'takes a signature made for another protocol',
    'tag !== signatureProfile.tag',
    'tag === undefined',
  ),
  head(
    'nonce-of-any-length',
    'takes a nonce that can be guessed',
    '!/^[A-Za-z0-9_-]{22,64}$/.test(nonce)',
    '!/^[A-Za-z0-9_-]{1,64}$/.test(nonce)',
  ),
  authenticate(
    'digest-not-compared',
    'reads a body that is not the one that was signed',
    '  checkDigest(head, bytes)\n',
    '',
  ),
  authenticate(
    'target-from-host',
    'takes a request that was signed for another node',
    'target_uri: publicUrl + targetOf(c),',
    'target_uri: `https://${c.req.header("host") ?? new URL(c.req.url).host}${targetOf(c)}`,',
  ),
  authenticate(
    'signature-not-proved',
    'believes the key that a signature names',
    '  await proveHead(head, claims, key)\n',
    '',
  ),
  shelf('nonce-never-spent', 'answers one signed request as often as it is sent', "put('', 'absent')", "put('')"),
  refuse(
    'nonce-not-written',
    'forgets at a restart which nonces were spent',
    'act(claims ? [spend(claims)] : [])',
    'act([])',
    {
      file: `${rooms}/answer.ts`,
      from: 'if (nonce?.from(seen)) throw replayed()',
      to: 'if (nonce && (spentHere.get(desk.turns) ?? spentHere.set(desk.turns, new Set()).get(desk.turns))?.has(nonce.key)) throw replayed()\n      if (nonce) spentHere.get(desk.turns)?.add(nonce.key)',
    },
    {
      file: `${rooms}/answer.ts`,
      from: '/** The decision itself:',
      to: 'const spentHere = new WeakMap<object, Set<string>>()\n\n/** The decision itself:',
    },
  ),
  door(
    'forgotten-nonce-good-again',
    'answers a request a second time once its clock is set back',
    'if (proved.claims.expires < (ports.signedSince?.() ?? 0)) {',
    'if (proved.claims.expires < 0) {',
  ),
  answer(
    'nonce-after-the-answer',
    'spends the nonce in a commit after the one that answers',
    'await desk.store.commit({\n      writes: [...writes],',
    "setTimeout(() => void desk.store.commit({ writes: writes.filter(({ key }) => key.startsWith('nonces/')) }))\n    await desk.store.commit({\n      writes: writes.filter(({ key }) => !key.startsWith('nonces/')),",
  ),
  answer(
    'answer-before-it-is-durable',
    'lets an answer leave before its evidence is on disk',
    'await desk.store.commit({\n      writes: [...writes],',
    'void desk.store.commit({\n      writes: [...writes],',
  ),
  answer(
    'evidence-after-the-answer',
    'writes the evidence in a commit after the one that answers',
    'await desk.store.commit({\n      writes: [...writes],',
    "setTimeout(() => void desk.store.commit({ writes: writes.filter(({ key }) => key.startsWith('evidence/')) }))\n    await desk.store.commit({\n      writes: writes.filter(({ key }) => !key.startsWith('evidence/')),",
  ),
  answer(
    'answer-without-lease',
    'lets an answer leave that no revoke waits for',
    'lease: { id, scopes: [agreement], from, until: from + times.lease * 1000 },',
    '',
  ),
  answer(
    'repeat-after-revoke',
    'gives a stored answer again without deciding anew',
    'const covered = decide(agreement.pair',
    'const covered = repeat.from(seen) ? [] : decide(agreement.pair',
  ),
  answer(
    'repeat-founded-on-nothing',
    'gives a stored answer again although a revoke came between',
    '[...spent, founded, place.require(state)]',
    '[...spent, founded]',
  ),
  answer(
    'repeat-with-another-body',
    'gives the stored answer to another question under the same id',
    'if (stored.value.digest !== digest) {',
    "if (stored.value.digest === '') {",
  ),
  answer(
    'repeat-without-end',
    'gives a stored answer again for ever',
    'if (stored && stored.value.until > asked.now) {',
    'if (stored) {',
  ),
  frequency(
    'frequency-one-too-many',
    'gives one answer more than agreed',
    'if (count >= limit.max) {',
    'if (count > limit.max) {',
  ),
  frequency(
    'frequency-window-late',
    'begins each window a second late',
    'Math.floor((now - allowance.from) / limit.length)',
    'Math.floor((now - 1 - allowance.from) / limit.length)',
  ),
  frequency(
    'one-time-again',
    'fetches again what is fetched once',
    "if (term.fetch === 'one-time') return { max: 1, length: null }\n",
    '',
  ),
  answer('use-not-counted', 'counts no use, so that no frequency ever binds', '+ 1, used }', '+ 1 }'),
]
