import { type Mutant, mutantsOf } from './mutant.ts'

const src = 'packages/protocol/src'
const record = mutantsOf(`${src}/record.ts`, [`${src}/record.test.ts`])
const held = mutantsOf(`${src}/record.ts`, [`${src}/admission.test.ts`])
const root = mutantsOf(`${src}/root.ts`, [`${src}/root.test.ts`])
const country = mutantsOf(`${src}/country.ts`, [`${src}/country.test.ts`])
const node = mutantsOf(`${src}/node.ts`, [`${src}/node.test.ts`])
const requester = mutantsOf(`${src}/requester.ts`, [`${src}/requester.test.ts`])
const passport = mutantsOf(`${src}/passport.ts`, [`${src}/passport.test.ts`])

/** Who may write which record of a zone. */
export const records: readonly Mutant[] = [
  record(
    'keys-not-continuous',
    'lets anybody replace the keys of a name',
    'if (unchanged || isSignedBy(signers, held)) return',
    'if (unchanged || signers.length > 0) return',
  ),
  record(
    'announced-key-undercuts',
    'lets one announced key replace a set that needs several',
    'threshold: Math.max(held.threshold, proposed.threshold)',
    'threshold: 1',
  ),
  record(
    'number-skipped',
    'takes a record whose number is not the next',
    'proposed.seq !== held.payload.seq + 1',
    'proposed.seq <= held.payload.seq',
  ),
  record('predecessor-not-compared', 'takes a record that follows another', ' || proposed.prev !== held.id', ''),
  record(
    'dated-ahead',
    'takes a record that is dated in the future',
    'if (parseTime(proposed.at) > now + times.nodeSkew) {',
    'if (parseTime(proposed.at) > now * 2) {',
  ),
  held(
    'held-name-loosened',
    'loosens a name that the houses hold',
    'if (country.hold.includes(name)) {',
    "if (country.hold.includes('')) {",
  ),
  root('two-houses-suffice', 'lets two houses change the root', 'signed.length >= 3', 'signed.length >= 2'),
  root(
    'citizens-outvoted',
    'lets the root change without the citizens',
    "(signed.includes('citizens') || without === 'citizens')",
    'true',
  ),
  root(
    'version-before-not-asked',
    'lets a root be replaced by those whom it names itself',
    '  requireHouses(held.payload, signers, `version ${held.payload.seq}`, without)\n',
    '',
  ),
  root(
    'announced-by-others',
    'lets three houses announce keys for the fourth',
    'if (announces || isSignedBy(signers, before) || isSignedBy(signers, after)) return',
    'if (announces || !isSignedBy(signers, before)) return',
  ),
  root(
    'key-in-two-houses',
    'lets one key sit in two houses',
    'if (new Set(all).size !== all.length) {',
    'if (new Set(all).size > all.length) {',
  ),
  country(
    'delegation-unaccepted',
    'delegates a country that has not accepted',
    "  requireSigned(signers, payload, payload.name, 'the country itself')\n",
    '',
  ),
  country(
    'expired-root-delegates',
    'delegates under a root that has expired',
    "if (rootStanding(root, now) !== 'current') {",
    "if (rootStanding(root, now) === 'ended') {",
  ),
  node(
    'operator-not-accredited',
    'admits a node of an operator whose accreditation has ended',
    'if (!isOperatorActive(operator, now)) {',
    "if (operator.name === '') {",
  ),
  node(
    'suspended-node-returns',
    'lets a suspended node come back without the country',
    'if (held && isStopped(held.payload) && !isStopped(payload)) {',
    'if (held && isStopped(payload) && !isStopped(payload)) {',
  ),
  requester(
    'epoch-falls',
    'lets the epoch of control go back to the one that agreements are pinned to',
    'proposed.epoch < held.epoch ||',
    '',
  ),
  requester(
    'owner-changes-silently',
    'lets the owner of a requester change under the same epoch',
    '(changed && proposed.epoch === held.epoch) ||',
    '',
  ),
  requester(
    'use-widened-alone',
    'lets a requester widen its own registered uses',
    'isSubset(proposed.uses, held.uses) &&',
    '',
  ),
  requester(
    'freshened-alone',
    'lets a requester say by itself that its owner is still the same',
    '(proposed.control.epoch > held.control.epoch ||',
    '(proposed.control.epoch >= held.control.epoch ||',
  ),
  passport(
    'moved-without-the-new-node',
    'moves a passport to a node that has not agreed',
    'if (!isRestored && !sameHome(held.payload.home, payload.home))',
    'if (isRestored && !sameHome(held.payload.home, payload.home))',
  ),
  passport(
    'identifier-chosen',
    'assigns an identifier that its genesis does not yield',
    'if (derived !== name)',
    'if (derived.slice(0, 2) !== name.slice(0, 2))',
  ),
  passport(
    'ended-passport-returns',
    'brings an ended passport back',
    "if (held.payload.status === 'ended')",
    'if (held.payload.status === payload.name)',
  ),
  passport(
    'salt-used-again',
    'lets a record be guessed from the one before it',
    'if (payload.salt === held.payload.salt)',
    "if (payload.salt === '')",
  ),
]
