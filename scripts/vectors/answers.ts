import { type Assertion, assertionNoun } from '@dcann/protocol/assertion'
import { base64Url, sha256, utf8 } from '@dcann/protocol/bytes'
import { canonicalBytes } from '@dcann/protocol/canonical'
import { derive } from '@dcann/protocol/claim'
import { entryId, type KeptEntry } from '@dcann/protocol/entry'
import type { ErrorCode } from '@dcann/protocol/errors'
import { type EvidenceEntry, evidenceLeaf, type OpenedEntry } from '@dcann/protocol/evidence'
import { handleOf } from '@dcann/protocol/handle'
import { type Signer, testSigner } from '@dcann/protocol/key'
import { times } from '@dcann/protocol/limits'
import { contentDigest, type SignedHead, signHead } from '@dcann/protocol/request-signature'
import { type Statement, statementNoun } from '@dcann/protocol/resolution'
import { formatTime } from '@dcann/protocol/time'
import { keys, nth } from './federation.ts'
import { at, changed, day, type NamedVector, now, salt, signAny, vectorsOf } from './vector.ts'

type Change = Readonly<Record<string, unknown>>
const id = 'A'.repeat(43)
const otherId = `${'B'.repeat(42)}A`

/** An assertion against what `given.expected` asked for, by a key of `given.keys`. */
export async function assertionVectors(): Promise<NamedVector[]> {
  const { valid, invalid } = vectorsOf('assertion')
  const node = nth(keys.assertion, 0)
  const assertion: Assertion = {
    v: 1,
    iss: handleOf(testSigner('vectors/handle-key').key),
    aud: 'EE/requester/insurer',
    node: 'EE/node/tallinn',
    request: id,
    agreement: id,
    n: 2,
    grant_seq: 1,
    iat: now,
    exp: now + times.assertionLife,
    complete: true,
    items: [
      {
        strand: 'mobility.rides',
        term: 'rides',
        derived: {
          rides_per_week: { value: '3.5', assurance: 'fetched', of: 45, from: formatTime(now - 90 * day), to: at },
        },
        assurance: 'fetched',
        coverage: {
          from: formatTime(now - 89 * day),
          to: formatTime(now - day),
          last_event: formatTime(now - day),
          entries: 45,
        },
        complete: true,
      },
    ],
    use_until: formatTime(now + 30 * day),
  }
  const given = { keys: [node.key], expected: { aud: assertion.aud, request: id, agreement: id } }
  const sign = async (change: Change, by: Signer = node): Promise<unknown> =>
    await signAny(assertionNoun.typ, changed(assertion, change), [by])
  const right = async (name: string, about: string, more: object = {}): Promise<NamedVector> =>
    valid(name, about, { given, input: await sign({}), ...more }, { n: 2 })
  const wrong = async (
    name: string,
    about: string,
    change: Change,
    code: ErrorCode = 'answer-invalid',
    more: object = {},
  ): Promise<NamedVector> => invalid(name, about, { given, input: await sign(change), ...more }, code)
  const last = now + times.assertionLife + times.nodeSkew
  return [
    await right('what-was-asked', 'The answer to this request.'),
    await right('last-second', 'The last second that a clock apart may read it.', { now: last - 1 }),
    await right('clock-behind', 'A clock five minutes behind.', { now: now - times.nodeSkew }),
    await wrong('to-another', 'An answer to another requester.', { aud: 'EE/requester/other' }),
    await wrong('to-another-request', 'An answer to another request.', { request: otherId }),
    await wrong('of-another-agreement', 'An answer of another agreement.', { agreement: otherId }),
    await wrong('lives-too-long', 'A second more than five minutes.', { exp: now + times.assertionLife + 1 }),
    await wrong('no-life', 'It expires when it is made.', { exp: now }),
    await wrong('too-late', 'A second after the last.', {}, 'answer-invalid', { now: last }),
    await wrong('number-zero', 'Chains begin at one.', { n: 0 }, 'schema-mismatch'),
    await wrong(
      'negative-count',
      'A claim that rests on fewer than no entries.',
      {
        items: [
          {
            ...assertion.items[0],
            derived: { rides_per_week: { value: true, assurance: 'fetched', of: -1, from: null, to: null } },
          },
        ],
      },
      'schema-mismatch',
    ),
    invalid(
      'by-another-node',
      'Signed by a key that is none of this node.',
      { given, input: await sign({}, nth(keys.stranger, 0)) },
      'key-unknown',
    ),
  ]
}

/** A chain of opened entries: the result is the leaf of the last. */
export function evidenceVectors(): NamedVector[] {
  const { valid, invalid } = vectorsOf('evidence')
  const chain = (length: number, outcome = 'answered'): OpenedEntry[] => {
    const opened: OpenedEntry[] = []
    let prev: string | null = null
    for (let n = 1; n <= length; n++) {
      const entry: EvidenceEntry = {
        v: 1,
        agreement: id,
        passport: null,
        n,
        prev,
        kind: n === 1 ? 'activated' : 'answer',
        request: id,
        answer: n === 1 ? null : otherId,
        outcome,
        at,
      }
      const opener = salt(n)
      prev = evidenceLeaf(opener, entry)
      opened.push({ entry, salt: opener })
    }
    return opened
  }
  const [one, fork] = [chain(4), chain(4, 'cut')]
  const leaf = (opened: readonly OpenedEntry[]): object => {
    const last = opened.at(-1)
    return { leaf: last ? evidenceLeaf(last.salt, last.entry) : null }
  }
  const wrong = (
    name: string,
    about: string,
    entries: readonly unknown[],
    code: ErrorCode = 'evidence-broken',
  ): NamedVector => invalid(name, about, { input: { entries } }, code)
  const with2 = (change: Change): unknown[] =>
    one.map(({ entry, salt }, i) => (i === 2 ? { entry: { ...entry, ...change }, salt } : { entry, salt }))
  return [
    valid('a-chain', 'Four entries from the first on.', { input: { entries: one } }, leaf(one)),
    valid('part-of-a-chain', 'From the third on.', { input: { entries: one.slice(2) } }, leaf(one)),
    valid('one-entry', 'The first alone.', { input: { entries: one.slice(0, 1) } }, leaf(one.slice(0, 1))),
    wrong('gap', 'An entry was left out.', one.toSpliced(2, 1)),
    wrong('fork', 'From the third on, another history with the same numbers.', [...one.slice(0, 2), ...fork.slice(2)]),
    wrong('swap', 'Two entries changed places.', [one[0], one[2], one[1], one[3]]),
    wrong('repeat', 'An entry stands twice.', [one[0], one[1], one[1], one[2]]),
    wrong('outcome-changed', 'What happened was changed afterwards.', with2({ outcome: 'refused' })),
    wrong(
      'salt-changed',
      'Another salt opens another leaf.',
      one.map(({ entry, salt: own }, i) => ({ entry, salt: i === 1 ? salt(9) : own })),
    ),
    wrong('of-another-agreement', 'An entry of another chain.', with2({ agreement: otherId })),
    wrong(
      'of-two-chains',
      'An entry that names an agreement and a passport.',
      with2({ passport: 'EE0000000000000000000000000000' }),
      'schema-mismatch',
    ),
    wrong(
      'first-with-a-predecessor',
      'Number one has no predecessor.',
      [{ ...one[0], entry: { ...one[0]?.entry, prev: id } }],
      'schema-mismatch',
    ),
  ]
}

/** The head of a POST and its body, against `given.key`. */
export async function requestSignatureVectors(): Promise<NamedVector[]> {
  const { valid, invalid } = vectorsOf('request-signature')
  const signer = testSigner('vectors/request-signature')
  const given = { key: signer.key }
  const uri = 'https://tallinn.example/v1/requests'
  const body = '{"id":"AAAAAAAAAAAAAAAAAAAAAA"}'
  const nonce = salt(5)
  const head = await signHead(signer, uri, utf8(body), now, nonce)
  const claims = { kid: signer.kid, nonce, created: now, expires: now + times.signatureLife }
  const covered = '"@method" "@target-uri" "content-type" "content-digest"'
  const own = {
    created: `${now}`,
    expires: `${now + 60}`,
    nonce: `"${nonce}"`,
    alg: '"ed25519"',
    keyid: `"${signer.kid}"`,
    tag: '"dcann-1"',
  }
  /** Signs by hand, so that nothing but what was changed is wrong. */
  const sign = async (
    change: Readonly<Record<string, string | undefined>> = {},
    components = covered,
    label = 'dcann',
    by = signer,
  ): Promise<SignedHead> => {
    const parameters = Object.entries({ ...own, ...change }).flatMap(([name, value]) =>
      value === undefined ? [] : [`;${name}=${value}`],
    )
    const value = `(${components})${parameters.join('')}`
    const lines: Readonly<Record<string, string>> = {
      '@method': 'POST',
      '@target-uri': uri,
      '@path': '/v1/requests',
      '@authority': 'tallinn.example',
      'content-type': head.content_type,
      'content-digest': head.content_digest,
    }
    const base = [
      ...[...components.matchAll(/"([^"]+)"/g)].map(([, name = '']) => `"${name}": ${lines[name]}`),
      `"@signature-params": ${value}`,
    ].join('\n')
    const signature = btoa(String.fromCharCode(...(await by.sign(utf8(base)))))
    return { ...head, signature_input: `${label}=${value}`, signature: `${label}=:${signature}:` }
  }
  const right = (name: string, about: string, input: SignedHead, when = now): NamedVector =>
    valid(name, about, { given, input: { head: input, body }, now: when }, claims)
  const wrong = (name: string, about: string, input: SignedHead, code: ErrorCode, more: object = {}): NamedVector =>
    invalid(name, about, { given, input: { head: input, body }, ...more }, code)
  const malformed = (name: string, about: string, input: SignedHead): NamedVector =>
    wrong(name, about, input, 'signature-malformed')
  const other = await sign({}, covered, 'sig1')
  const skew = times.signatureSkew
  const { tag, ...rest } = own
  return [
    right('the-profile', 'Four components, six parameters, one label.', head),
    right('first-second', 'A clock five seconds behind.', head, now - skew),
    right('last-second', 'The last second, by a clock five seconds ahead.', head, now + 60 + skew - 1),
    right('parameters-in-another-order', 'The order of parameters is the signer’s.', await reordered()),
    wrong('too-early', 'A clock six seconds behind.', head, 'signature-expired', { now: now - skew - 1 }),
    wrong('too-late', 'A second after the last.', head, 'signature-expired', { now: now + 60 + skew }),
    wrong('no-signature', 'The field is absent.', { ...head, signature: '' }, 'signature-missing'),
    wrong(
      'another-target',
      'Signed for another address.',
      { ...head, target_uri: 'https://tallinn.example/v1/acts' },
      'signature-invalid',
    ),
    wrong(
      'another-content-type',
      'Signed for another media type.',
      { ...head, content_type: 'text/plain' },
      'signature-invalid',
    ),
    wrong(
      'another-key',
      'The kid of one key, the signature of another.',
      await sign({}, covered, 'dcann', nth(keys.stranger, 0)),
      'signature-invalid',
    ),
    invalid(
      'another-body',
      'The digest is not that of the body.',
      { given, input: { head, body: `${body} ` } },
      'digest-mismatch',
    ),
    wrong(
      'two-digests',
      'A second digest beside the first.',
      { ...head, content_digest: `${contentDigest(utf8(body))}, sha-512=:AA==:` },
      'digest-mismatch',
    ),
    malformed(
      'no-content-digest',
      'The body is not covered.',
      await sign({}, '"@method" "@target-uri" "content-type"'),
    ),
    malformed(
      'components-in-another-order',
      'The order of components is fixed.',
      await sign({}, '"@target-uri" "@method" "content-type" "content-digest"'),
    ),
    malformed('one-component-more', 'Exactly four are covered.', await sign({}, `${covered} "@authority"`)),
    malformed(
      'path-for-target',
      'A path says nothing of the host.',
      await sign({}, '"@method" "@path" "content-type" "content-digest"'),
    ),
    malformed('no-created', 'A parameter is missing.', await sign({ created: undefined })),
    malformed('no-nonce', 'A parameter is missing.', await sign({ nonce: undefined })),
    malformed('one-parameter-more', 'Exactly six are given.', await sign({ extra: '1' })),
    malformed('another-tag', 'A signature made for another protocol.', await sign({ tag: '"web-bot-auth"' })),
    malformed(
      'another-algorithm',
      'An algorithm that this protocol does not know.',
      await sign({ alg: '"rsa-pss-sha512"' }),
    ),
    malformed('short-nonce', 'A nonce of 15 bytes.', await sign({ nonce: `"${'A'.repeat(20)}"` })),
    malformed('created-as-a-decimal', 'Seconds are whole.', await sign({ created: `${now}.0` })),
    malformed('life-of-61-seconds', 'A minute is the longest.', await sign({ expires: `${now + 61}` })),
    malformed('life-that-runs-back', 'It expires before it is made.', await sign({ expires: `${now - 1}` })),
    malformed('another-label', 'The label is dcann.', other),
    malformed('second-signature-beside', 'A second signature in the same fields.', {
      ...head,
      signature_input: `${head.signature_input}, ${other.signature_input}`,
      signature: `${head.signature}, ${other.signature}`,
    }),
  ]

  async function reordered(): Promise<SignedHead> {
    const value = `(${covered})${Object.entries({ tag, ...rest })
      .map(([name, text]) => `;${name}=${text}`)
      .join('')}`
    const base = [
      `"@method": POST`,
      `"@target-uri": ${uri}`,
      `"content-type": ${head.content_type}`,
      `"content-digest": ${head.content_digest}`,
      `"@signature-params": ${value}`,
    ].join('\n')
    const signature = btoa(String.fromCharCode(...(await signer.sign(utf8(base)))))
    return { ...head, signature_input: `dcann=${value}`, signature: `dcann=:${signature}:` }
  }
}

/** What a zone says of a name, by a key of `given.keys`. */
export async function statementVectors(): Promise<NamedVector[]> {
  const { valid, invalid } = vectorsOf('statement')
  const log = nth(keys.countryLog, 0)
  const given = { keys: [log.key] }
  const statement: Statement = { v: 1, zone: 'EE', name: 'EE/node/tallinn', record: id, ttl: 3600, at }
  const sign = async (change: Change, by: Signer = log): Promise<unknown> =>
    await signAny(statementNoun.typ, changed(statement, change), [by])
  const right = async (name: string, about: string, change: Change = {}): Promise<NamedVector> =>
    valid(
      name,
      about,
      { given, input: await sign(change) },
      { id: base64Url(sha256(canonicalBytes({ ...statement, ...change }))) },
    )
  const wrong = async (name: string, about: string, change: Change): Promise<NamedVector> =>
    invalid(name, about, { given, input: await sign(change) }, 'schema-mismatch')
  return [
    await right('a-record', 'This record stands under this name.'),
    await right('nothing', 'Nothing stands under this name.', { record: null }),
    await wrong('ttl-too-short', 'Less than a minute.', { ttl: 59 }),
    await wrong('ttl-too-long', 'More than a day.', { ttl: 86_401 }),
    await wrong('zone-in-small-letters', 'Zones are in capitals.', { zone: 'ee' }),
    await wrong('without-a-record', 'It does not say whether there is one.', { record: undefined }),
    invalid(
      'by-another-log',
      'Signed by a key that is none of the zone.',
      { given, input: await sign({}, nth(keys.stranger, 0)) },
      'key-unknown',
    ),
  ]
}

/** A derived claim over `given.entries`. */
export function claimVectors(): NamedVector[] {
  const { valid, invalid } = vectorsOf('claim')
  const ride = (seconds: number, driver: 'experience' | 'intent' = 'experience'): KeptEntry => {
    const entry = { at: formatTime(now - seconds), body: { fare: '4.20' }, source: 'rides.csv' }
    return {
      ...entry,
      id: entryId('mobility.rides', entry),
      recorded: at,
      tags: [],
      moment: { driver, channel: 'offline' },
      assurance: 'fetched',
      about: 'holder',
    }
  }
  const person = (birth_date: string): KeptEntry => {
    const entry = { at: '2020-01-01T00:00:00Z', body: { birth_date }, source: 'wallet' }
    return {
      ...entry,
      id: entryId('profile.person', entry),
      recorded: at,
      tags: [],
      assurance: 'self',
      about: 'holder',
    }
  }
  const right = (
    name: string,
    about: string,
    claim: string,
    entries: readonly KeptEntry[],
    value: unknown,
    when = now,
  ): NamedVector => {
    const { of } = derive(claim, entries, when)
    return valid(name, about, { given: { entries }, input: { claim }, now: when }, { value, of })
  }
  const midnight = (text: string): number => Date.parse(`${text}T00:00:00Z`) / 1000
  const ninth = Array.from({ length: 9 }, (_, i) => ride(60 * (i + 1)))
  return [
    right('rides-none', 'No rides are 0.0 a week.', 'rides_per_week', [], '0.0'),
    right('rides-nine', 'Nine rides in 90 days are 0.7 a week.', 'rides_per_week', ninth, '0.7'),
    right('rides-exactly-90-days-ago', 'A ride exactly 90 days ago counts.', 'rides_per_week', [ride(90 * day)], '0.1'),
    right('rides-a-second-earlier', 'A second earlier it does not.', 'rides_per_week', [ride(90 * day + 1)], '0.0'),
    right('rides-now', 'What happens now does not count yet.', 'rides_per_week', [ride(0)], '0.0'),
    right('rides-searched-for', 'Searches are no rides.', 'rides_per_week', [ride(day, 'intent')], '0.0'),
    right(
      'age-on-the-birthday',
      'Eighteen from the first second of the day.',
      'age_over_18',
      [person('2008-11-23')],
      true,
      midnight('2026-11-23'),
    ),
    right(
      'age-the-second-before',
      'Seventeen until then.',
      'age_over_18',
      [person('2008-11-23')],
      false,
      midnight('2026-11-23') - 1,
    ),
    right(
      'age-29-february',
      'Who was born on 29 February is of age on 1 March.',
      'age_over_18',
      [person('2008-02-29')],
      true,
      midnight('2026-03-01'),
    ),
    right(
      'age-29-february-the-second-before',
      'And not on 28 February.',
      'age_over_18',
      [person('2008-02-29')],
      false,
      midnight('2026-03-01') - 1,
    ),
    right(
      'age-of-an-impossible-day',
      'A birth date that does not exist says nothing.',
      'age_over_18',
      [person('2001-02-30')],
      null,
    ),
    invalid(
      'unknown-claim',
      'There is no such claim.',
      { given: { entries: [] }, input: { claim: 'credit_score' } },
      'schema-mismatch',
    ),
  ]
}
