import { type Mutant, mutantsOf } from './mutant.ts'

const src = 'packages/protocol/src'
const strict = mutantsOf(`${src}/verify-strict.ts`, [`${src}/verify-strict.test.ts`])
const signed = mutantsOf(`${src}/signed.ts`, [`${src}/signed.test.ts`])
const canonical = mutantsOf(`${src}/canonical.ts`, [`${src}/canonical.test.ts`])
const record = mutantsOf(`${src}/record.ts`, [`${src}/record.test.ts`])
const seal = mutantsOf(`${src}/hpke.ts`, [`${src}/hpke.test.ts`])

/** What a signature is, what was signed, and how many have signed. */
export const signatures: readonly Mutant[] = [
  strict(
    's-not-below-order',
    'takes a signature whose S was raised by the order of the group: two texts for one signature',
    'below(signature.subarray(32), l, 0xff) &&',
    '',
  ),
  strict(
    'small-order-key-admitted',
    'takes a key of small order, under which one signature is good for every message',
    'below(point, p, 0x7f) && !isSmallOrder(point)',
    'below(point, p, 0x7f)',
  ),
  strict('small-order-r-admitted', 'takes an R of small order', 'isAdmissiblePoint(signature.subarray(0, 32))', 'true'),
  strict(
    'point-beyond-p-admitted',
    'takes a second encoding of one point',
    'point.length === 32 && below(point, p, 0x7f) &&',
    'point.length === 32 &&',
  ),
  strict(
    'cofactored-engine-chosen',
    'starts on an engine that computes the equation with the cofactor',
    '!== valid) return false',
    '=== undefined) return false',
  ),
  signed(
    'bad-second-signature-tolerated',
    'proves the first of several signatures and believes the rest',
    'if (!(await verifyStrict(fromBase64Url(key), bytes, fromBase64Url(signature)))) {',
    'if (!(signers.length || (await verifyStrict(fromBase64Url(key), bytes, fromBase64Url(signature))))) {',
  ),
  signed(
    'typ-not-compared',
    'takes a record of one kind for one of another',
    "if (typeof kid !== 'string' || protectedHeader(kid, typ) !== header) {",
    "if (typeof kid !== 'string') {",
  ),
  signed(
    'signed-twice-by-one',
    'takes one key twice on one record',
    'new Set(kids).size !== kids.length',
    'kids.length === 0',
  ),
  signed(
    'schema-rewrites-what-was-signed',
    'judges a payload that its schema has changed',
    '  refuseRewritten(value, payload, noun.typ)\n',
    '',
  ),
  record(
    'threshold-counts-signatures',
    'counts one key twice towards a threshold',
    'new Set(keys.filter((key) => signers.includes(key))).size',
    'signers.filter((key) => keys.includes(key)).length',
  ),
  canonical(
    'canonical-form-not-compared',
    'takes bytes with keys twice, white space or escapes',
    'if (canonicalize(value) !== text) {',
    'if (canonicalize(value) === undefined) {',
  ),
  canonical(
    'depth-not-bounded',
    'parses whatever depth of nesting is sent',
    'if (++depth > limits.jsonDepth) {',
    'if (++depth > limits.jsonDepth * 1000) {',
    {
      file: `${src}/canonical.ts`,
      from: 'if (depth >= limits.jsonDepth)',
      to: 'if (depth >= limits.jsonDepth * 1000)',
    },
  ),
  seal(
    'seal-without-context',
    'seals an answer that opens as the answer to another request',
    'aes256Gcm.seal({ ...box, aad }, plaintext)',
    'aes256Gcm.seal({ ...box, aad: none }, plaintext)',
    {
      file: `${src}/hpke.ts`,
      from: 'aes256Gcm.open({ ...box, aad }, ct)',
      to: 'aes256Gcm.open({ ...box, aad: none }, ct)',
    },
  ),
]
