import { actNoun } from '@dcann/protocol/act'
import { bindingNoun } from '@dcann/protocol/binding'
import { base64Url } from '@dcann/protocol/bytes'
import { canonicalBytes } from '@dcann/protocol/canonical'
import { grantNoun } from '@dcann/protocol/agreement'
import { handleOf } from '@dcann/protocol/handle'
import { checkCharacters } from '@dcann/protocol/identifier'
import { type Signer, testSigner } from '@dcann/protocol/key'
import { headersOf, signHead } from '@dcann/protocol/request-signature'
import { signPayload } from '@dcann/protocol/signed'
import { formatTime } from '@dcann/protocol/time'
import { handleSigner } from '@dcann/sdk/wallet-keys'
import type { Federation } from '../../scripts/federation/parts.ts'
import { type Consented, offerOf, type Person, ridesTerm } from '../consented.ts'

export type Scene = {
  readonly federation: Federation
  readonly person: Person
  readonly other: Person
  readonly agreed: Consented
}

/** Somebody who means harm and has valid keys of their own. */
export type ConsentCase = {
  readonly name: string
  readonly attempt: (scene: Scene) => Promise<{ readonly status: number; readonly text: string }>
  readonly expect: readonly [status: number, code: string]
}

type Members = Readonly<Record<string, unknown>>

async function post(url: string, body: Uint8Array, headers: Readonly<Record<string, string>>) {
  const answer = await fetch(url, { method: 'POST', headers, body: body as Uint8Array<ArrayBuffer> })
  return { status: answer.status, text: await answer.text() }
}

/** A signed call of whatever members, right or wrong. */
async function call({ federation }: Scene, path: string, members: Members, signer: Signer) {
  const world = federation.world()
  const url = `${federation.tallinn.url}${path}`
  const body = canonicalBytes({ id: base64Url(world.random(16)), ...members })
  const head = await signHead(signer, url, body, Math.floor(world.now()), base64Url(world.random(16)))
  return await post(url, body, headersOf(head))
}

async function plain({ federation }: Scene, path: string, members: Members) {
  return await post(`${federation.tallinn.url}${path}`, canonicalBytes(members), { 'content-type': 'application/json' })
}

function insurer({ federation }: Scene): Signer {
  const [signer] = federation.cast.requesters.insurer.keys
  if (!signer) throw new Error('the insurer has no key')
  return signer
}

function rides({ federation }: Scene): Signer {
  const [signer] = federation.cast.requesters.rides.keys
  if (!signer) throw new Error('the ride company has no key')
  return signer
}

const query =
  (change: (scene: Scene) => Members, by: (scene: Scene) => Signer = insurer) =>
  async (scene: Scene) =>
    await call(
      scene,
      '/v1/requests',
      {
        from: 'EE/requester/insurer',
        to: scene.agreed.handle,
        agreement: scene.agreed.agreement,
        purpose: 'dpv:PersonalisedBenefits',
        items: [{ strand: 'mobility.rides', claims: ['rides_per_week'] }],
        ...change(scene),
      },
      by(scene),
    )

const items = (...asked: readonly Members[]) => query(() => ({ items: asked }))

/** Asking for more than was agreed, in every spelling. */
const overAsking: readonly ConsentCase[] = [
  ['whole entries where a claim was agreed', items({ strand: 'mobility.rides' })],
  ['a member that was not agreed', items({ strand: 'mobility.rides', claims: ['begin_address'] })],
  [
    'an agreed claim with one that was not',
    items({ strand: 'mobility.rides', claims: ['rides_per_week', 'begin_address'] }),
  ],
  [
    'an agreed item with one that was not',
    items({ strand: 'mobility.rides', claims: ['rides_per_week'] }, { strand: 'mobility.rides', claims: ['city'] }),
  ],
  ['another strand', items({ strand: 'interest.searches' })],
  ['a strand that begins like the agreed one', items({ strand: 'mobility.rides.private', claims: ['rides_per_week'] })],
  ['a strand that the agreed one begins with', items({ strand: 'mobility.ride', claims: ['rides_per_week'] })],
  ['a claim that begins like the agreed one', items({ strand: 'mobility.rides', claims: ['rides_per_week_x'] })],
  ['a claim named like a built-in', items({ strand: 'mobility.rides', claims: ['constructor'] })],
].map(
  ([name, attempt]) =>
    ({
      name: `over-asking: ${String(name)}`,
      attempt: attempt as ConsentCase['attempt'],
      expect: [403, 'over-asking'],
    }) as const,
)

/** Words that are no query at all. */
const malformed: readonly ConsentCase[] = [
  ['a wildcard strand', items({ strand: '*' })],
  ['a wildcard at the end', items({ strand: 'mobility.*', claims: ['rides_per_week'] })],
  ['a strand in capitals', items({ strand: 'Mobility.Rides', claims: ['rides_per_week'] })],
  ['a path for a strand', items({ strand: '../mobility.rides', claims: ['rides_per_week'] })],
  ['an object for a strand', items({ strand: { $ne: '' } })],
  ['a list for a strand', items({ strand: ['mobility.rides'] })],
  ['no claims at all in a list', items({ strand: 'mobility.rides', claims: [] })],
  ['a limit of 0', items({ strand: 'mobility.rides', claims: ['rides_per_week'], limit: 0 })],
  ['a limit beyond the most', items({ strand: 'mobility.rides', claims: ['rides_per_week'], limit: 1_000_000_000 })],
  ['a negative limit', items({ strand: 'mobility.rides', claims: ['rides_per_week'], limit: -1 })],
  ['30 February', items({ strand: 'mobility.rides', claims: ['rides_per_week'], from: '2026-02-30T00:00:00Z' })],
  ['a member nobody knows', query(() => ({ role: 'admin' }))],
  ['a purpose nobody knows', query(() => ({ purpose: 'dpv:Everything' }))],
  ['a list of purposes', query(() => ({ purpose: ['dpv:PersonalisedBenefits', 'dpv:Marketing'] }))],
  ['no items', query(() => ({ items: [] }))],
  ['17 items', items(...Array.from({ length: 17 }, () => ({ strand: 'mobility.rides', claims: ['rides_per_week'] })))],
  [
    'an identifier with a wrong check character',
    query(({ person }) => ({
      to: `${person.identifier.slice(0, 26)}${person.identifier.endsWith('00') ? '11' : '00'}`,
    })),
  ],
  ['an id of one character', query(() => ({ id: 'x' }))],
].map(
  ([name, attempt]) =>
    ({
      name: `malformed: ${String(name)}`,
      attempt: attempt as ConsentCase['attempt'],
      expect: [400, 'schema-mismatch'],
    }) as const,
)

const nobody = `IN${'0'.repeat(24)}`

/** Other people's things: one uniform answer. */
const foreign: readonly ConsentCase[] = [
  ['an agreement of somebody else', query(() => ({ from: 'IN/requester/rides' }), rides)],
  ['an agreement that is none', query(() => ({ agreement: 'A'.repeat(43) }))],
  ['an agreement under another handle', query(() => ({ to: handleOf(testSigner('another').key) }))],
  ["an agreement under another person's identifier", query(({ other }) => ({ to: other.identifier }))],
  ['a person without an agreement', query(({ other }) => ({ to: other.identifier, agreement: undefined }))],
  ['a person who does not exist', query(() => ({ to: nobody + checkCharacters(nobody), agreement: undefined }))],
  [
    'the chain of an agreement, by a company that is no party',
    async (scene: Scene) =>
      await call(
        scene,
        '/v1/agreements/events',
        { from: 'IN/requester/rides', agreement: scene.agreed.agreement },
        rides(scene),
      ),
  ],
  [
    'the chain of an agreement, by another holder',
    async (scene: Scene) =>
      await call(
        scene,
        '/v1/agreements/events',
        { from: scene.other.identifier, agreement: scene.agreed.agreement },
        scene.other.by.signer,
      ),
  ],
  [
    'evidence of an agreement, by another holder',
    async (scene: Scene) =>
      await call(
        scene,
        '/v1/evidence',
        { from: scene.other.identifier, agreement: scene.agreed.agreement, n: 1 },
        scene.other.by.signer,
      ),
  ],
  [
    "a passport's own chain, by a company",
    async (scene: Scene) =>
      await call(scene, '/v1/evidence', { from: 'EE/requester/insurer', agreement: null, n: 1 }, insurer(scene)),
  ],
  [
    "another's proposal",
    async (scene: Scene) =>
      await call(
        scene,
        '/v1/proposals/poll',
        { from: 'EE/requester/insurer', proposal: 'B'.repeat(43) },
        insurer(scene),
      ),
  ],
  [
    'a revoke by another holder',
    async (scene: Scene) => await plain(scene, '/v1/acts', { act: await act(scene, 'revoke', scene.other.by.signer) }),
  ],
  [
    'a revoke by the company',
    async (scene: Scene) => await plain(scene, '/v1/acts', { act: await act(scene, 'revoke', insurer(scene)) }),
  ],
  [
    "a company's act by the holder",
    async (scene: Scene) => await plain(scene, '/v1/acts', { act: await act(scene, 'retire', scene.agreed.handleKey) }),
  ],
].map(
  ([name, attempt]) =>
    ({
      name: `foreign: ${String(name)}`,
      attempt: attempt as ConsentCase['attempt'],
      expect: [404, 'not-found'],
    }) as const,
)

async function act({ agreed, federation }: Scene, kind: 'revoke' | 'retire', signer: Signer) {
  const world = federation.world()
  return await signPayload(
    actNoun,
    {
      v: 1,
      agreement: agreed.agreement,
      kind,
      at: formatTime(Math.floor(world.now())),
      nonce: base64Url(world.random(16)),
    },
    [signer],
  )
}

/** Speaking in somebody else's name. */
const impersonation: readonly ConsentCase[] = [
  ['a query in the name of another company', query(() => ({}), rides)],
  [
    "a holder's strands, by a company's key",
    async (scene: Scene) => await call(scene, '/v1/strands/list', { from: scene.person.identifier }, insurer(scene)),
  ],
  [
    "a holder's trail, by another holder's key",
    async (scene: Scene) => await call(scene, '/v1/trail', { from: scene.person.identifier }, scene.other.by.signer),
  ],
  [
    "a holder's asks, by a handle key",
    async (scene: Scene) => await call(scene, '/v1/asks', { from: scene.person.identifier }, scene.agreed.handleKey),
  ],
  ['a query in the name of a company that is not registered', query(() => ({ from: 'EE/requester/nobody' }))],
  [
    'a query by a holder',
    async (scene: Scene) =>
      await call(
        scene,
        '/v1/requests',
        {
          from: scene.person.identifier,
          to: scene.agreed.handle,
          purpose: 'dpv:Marketing',
          items: [{ strand: 'mobility.rides' }],
        },
        scene.person.by.signer,
      ),
  ],
].map(
  ([name, attempt]) =>
    ({
      name: `impersonation: ${String(name)}`,
      attempt: attempt as ConsentCase['attempt'],
      expect: [401, 'key-unknown'],
    }) as const,
)

/** Agreements that nobody made. */
const forged: readonly ConsentCase[] = [
  {
    name: 'forged: a grant with a binding signed by its own handle key',
    expect: [403, 'not-entitled'],
    attempt: async (scene) =>
      await plain(
        scene,
        '/v1/grants',
        await pairOf(scene, { bindingBy: handleSigner(scene.other.seed, 'EE/requester/insurer', 900) }),
      ),
  },
  {
    name: "forged: a grant over somebody else's passport",
    expect: [403, 'not-entitled'],
    attempt: async (scene) =>
      await plain(scene, '/v1/grants', await pairOf(scene, { passport: scene.person.identifier })),
  },
  {
    name: 'forged: a grant of a term that was not offered',
    expect: [403, 'rule-broken'],
    attempt: async (scene) => await plain(scene, '/v1/grants', await pairOf(scene, { terms: ['rate', 'everything'] })),
  },
  {
    name: 'forged: a grant for longer than offered',
    expect: [403, 'rule-broken'],
    attempt: async (scene) => await plain(scene, '/v1/grants', await pairOf(scene, { days: 10_000 })),
  },
  {
    name: 'forged: a grant dated an hour ago',
    expect: [400, 'time-invalid'],
    attempt: async (scene) => await plain(scene, '/v1/grants', await pairOf(scene, { ago: 3_600 })),
  },
  {
    name: 'forged: a grant pinned to another control',
    expect: [403, 'not-active'],
    attempt: async (scene) => await plain(scene, '/v1/grants', await pairOf(scene, { epoch: 7 })),
  },
  {
    name: "forged: an offer signed by another company's key",
    expect: [401, 'key-unknown'],
    attempt: async (scene) => await plain(scene, '/v1/grants', await pairOf(scene, { offerBy: rides(scene) })),
  },
  {
    name: 'forged: a purpose that was not agreed',
    expect: [403, 'purpose-mismatch'],
    attempt: query(() => ({ purpose: 'dpv:Marketing' })),
  },
  {
    name: 'forged: a cursor of nobody',
    expect: [403, 'over-asking'],
    attempt: items({ strand: 'mobility.rides', cursor: 'AAAA' }),
  },
  {
    name: 'forged: further back than agreed',
    expect: [412, 'bound-crossed'],
    attempt: items({ strand: 'mobility.rides', claims: ['rides_per_week'], from: '1990-01-01T00:00:00Z' }),
  },
]

type Forgery = {
  readonly bindingBy?: Signer
  readonly passport?: string
  readonly terms?: string[]
  readonly days?: number
  readonly ago?: number
  readonly epoch?: number
  readonly offerBy?: Signer
}

async function pairOf({ federation, other }: Scene, forgery: Forgery) {
  const world = federation.world()
  const now = Math.floor(world.now()) - (forgery.ago ?? 0)
  const { insurer: requester } = federation.cast.requesters
  const offer = await offerOf(world, forgery.offerBy ? { ...requester, keys: [forgery.offerBy] } : requester, [
    ridesTerm('rate', ['rides_per_week']),
  ]).catch(async () => {
    // the SDK refuses to make it; whoever means harm has other tools
    const good = await offerOf(world, requester, [ridesTerm('rate', ['rides_per_week'])])
    const { offerNoun } = await import('@dcann/protocol/offer')
    return { ...good, signed: await signPayload(offerNoun, good.payload, forgery.offerBy ? [forgery.offerBy] : []) }
  })
  const key = handleSigner(other.seed, 'EE/requester/insurer', 900)
  const grant = await signPayload(
    grantNoun,
    {
      v: 1,
      offer: offer.id,
      terms: forgery.terms ?? ['rate'],
      handle: handleOf(key.key),
      key: key.key,
      control: { epoch: forgery.epoch ?? 1, parent: null },
      at: formatTime(now),
      until: formatTime(now + (forgery.days ?? 30) * 86_400),
      prior: null,
      ring_fence: false,
    },
    [key],
  )
  const binding = await signPayload(
    bindingNoun,
    {
      v: 1,
      handle: handleOf(key.key),
      key: key.key,
      passport: forgery.passport ?? other.identifier,
      requester: 'EE/requester/insurer',
      at: formatTime(now),
      salt: base64Url(world.random(16)),
    },
    [forgery.bindingBy ?? other.by.signer],
  )
  return { offer: offer.signed, grant, binding }
}

/** Every attack on consent, each refused in its own way. */
export const consentCases: readonly ConsentCase[] = [
  ...overAsking,
  ...malformed,
  ...foreign,
  ...impersonation,
  ...forged,
]
